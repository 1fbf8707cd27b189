-- Puts a whole queue aside under a new name, and writes down that it did.
-- KEYS: queue, shelf, shelves   ARGV: id, record
if redis.call('EXISTS', KEYS[2]) == 1 or redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then
  return -1
end
local n = redis.call('LLEN', KEYS[1])
if n > 0 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
end
return n
