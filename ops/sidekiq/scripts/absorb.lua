-- Restores a parked list behind a queue's back: what has arrived in the queue goes to the newest end of the parked list, a portion a call, in its
-- order; when nothing is left in the queue, the parked list takes its place in the same moment.
-- A shelf whose record is gone was restored meanwhile: then nothing is done.
-- KEYS: queue, list, shelves, queues   ARGV: most jobs, most bytes, id, record that stays ('' for none), the queue's name
if redis.call('HEXISTS', KEYS[3], ARGV[3]) == 0 then return {0, 0} end
move(KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]))
local left, size = redis.call('LLEN', KEYS[1]), redis.call('LLEN', KEYS[2])
if left > 0 then return {left, size} end
if size > 0 then
  redis.call('RENAME', KEYS[2], KEYS[1])
  redis.call('SADD', KEYS[4], ARGV[5])
end
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[3], ARGV[3])
else
  redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
end
return {0, size}
