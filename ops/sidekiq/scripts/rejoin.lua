-- Ends a filter on a living queue: what arrived meanwhile follows what was kept, in its order.
-- KEYS: queue, arrivals, steps, shelves, queues   ARGV: most jobs, most bytes, id, the queue's name
local mark = redis.call('HGET', KEYS[3], 'mark')
local new, at = {}, 0
while at < 2000 do
  local chunk = redis.call('LRANGE', KEYS[1], at, at + 99)
  for i = 1, #chunk do
    if chunk[i] == mark then at = -1 break end
    new[#new + 1] = chunk[i]
  end
  if at < 0 or #chunk < 100 then
    redis.call('LTRIM', KEYS[1], #new, -1)
    for i = #new, 1, -1 do redis.call('LPUSH', KEYS[2], new[i]) end
    break
  end
  at = at + 100
end
local most, room = tonumber(ARGV[1]), tonumber(ARGV[2])
while most > 0 and room > 0 do
  local jobs = redis.call('LRANGE', KEYS[2], -50, -1)
  if #jobs == 0 then break end
  redis.call('LTRIM', KEYS[2], 0, -#jobs - 1)
  for i = #jobs, 1, -1 do
    redis.call('LPUSH', KEYS[1], jobs[i])
    room = room - #jobs[i]
  end
  redis.call('HSET', KEYS[3], 'mark', jobs[1])
  most = most - #jobs
end
if redis.call('LLEN', KEYS[1]) > 0 then redis.call('SADD', KEYS[5], ARGV[4]) end
local left = redis.call('LLEN', KEYS[2])
if left == 0 then
  redis.call('HDEL', KEYS[4], ARGV[3])
  redis.call('DEL', KEYS[3])
end
return left
