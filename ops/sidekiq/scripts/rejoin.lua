-- Ends a filter on a living queue: what arrived meanwhile follows what was kept, in its order.
-- One that is ended already is left alone, and so is one that is not filtered to its end, because Redis has forgotten that.
-- KEYS: queue, arrivals, steps, shelves, queues, list   ARGV: most jobs, most bytes, id, the queue's name
if redis.call('HEXISTS', KEYS[4], ARGV[3]) == 0 then return 0 end
if redis.call('EXISTS', KEYS[6]) == 1 then return -1 end
divert(KEYS[1], KEYS[2], redis.call('HGET', KEYS[3], 'mark'))
if move(KEYS[2], KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])) > 0 then
  redis.call('HSET', KEYS[3], 'mark', redis.call('LINDEX', KEYS[1], 0))
  redis.call('SADD', KEYS[5], ARGV[4])
end
local left = redis.call('LLEN', KEYS[2])
if left == 0 then
  redis.call('HDEL', KEYS[4], ARGV[3])
  redis.call('DEL', KEYS[3])
end
return left
