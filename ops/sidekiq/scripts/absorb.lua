-- Restores a parked list behind a queue's back: what has arrived in the queue goes to the newest end of the parked list, a portion a call, in its
-- order; when nothing is left in the queue, the parked list takes its place in the same moment.
-- A shelf whose record is gone was restored meanwhile: then nothing is done.
-- A shelf that is sorted, and is so no more because Redis has forgotten some of it, is left as it is.
-- KEYS: queue, list, shelves, queues, shelf, steps
-- ARGV: most jobs, most bytes, id, record that stays ('' for none), the queue's name, how many stay on the shelf (-1 where it is not sorted)
if redis.call('HEXISTS', KEYS[3], ARGV[3]) == 0 then return {0, 0} end
local stay = tonumber(ARGV[6])
if stay >= 0 and (redis.call('HEXISTS', KEYS[6], 'step') == 1 or redis.call('LLEN', KEYS[5]) ~= stay) then return {-1, 0} end
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
