-- Deletes a shelf that still is what the backup was made of. A call that was carried out already says so again.
-- KEYS: shelf, shelves, steps   ARGV: id, length, newest job, oldest job, for how many milliseconds it is known
if redis.call('HEXISTS', KEYS[3], 'dropped') == 1 then return 1 end
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[2]) or redis.call('LINDEX', KEYS[1], 0) ~= ARGV[3] or redis.call('LINDEX', KEYS[1], -1) ~= ARGV[4] then
  return 0
end
redis.call('UNLINK', KEYS[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[3], 'dropped', '1')
redis.call('PEXPIRE', KEYS[3], ARGV[5])
return 1
