-- Puts a portion of a list back at the end of a queue, the oldest first, as if it were enqueued now.
-- A shelf whose record is gone was restored meanwhile: then nothing is done.
-- A shelf that is sorted, and is so no more because Redis has forgotten some of it, is left as it is.
-- KEYS: queue, list, shelves, queues, shelf, steps
-- ARGV: most jobs, most bytes, id, record that stays ('' for none), the queue's name, how many stay on the shelf (-1 where it is not sorted)
if redis.call('HEXISTS', KEYS[3], ARGV[3]) == 0 then return {0, 0} end
local stay = tonumber(ARGV[6])
if stay >= 0 and (redis.call('HEXISTS', KEYS[6], 'step') == 1 or redis.call('LLEN', KEYS[5]) ~= stay) then return {-1, 0} end
local fed = move(KEYS[2], KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]))
if fed > 0 then redis.call('SADD', KEYS[4], ARGV[5]) end
local left = redis.call('LLEN', KEYS[2])
if left > 0 then return {left, fed} end
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[3], ARGV[3])
else
  redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
end
return {0, fed}
