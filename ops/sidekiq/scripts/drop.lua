-- Deletes a shelf that still is what the backup was made of.
-- KEYS: shelf, shelves   ARGV: id, length, newest job, oldest job
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[2]) or redis.call('LINDEX', KEYS[1], 0) ~= ARGV[3] or redis.call('LINDEX', KEYS[1], -1) ~= ARGV[4] then
  return 0
end
redis.call('UNLINK', KEYS[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
