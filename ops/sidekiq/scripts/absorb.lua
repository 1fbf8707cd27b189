-- Restores a parked list behind a queue's back: what has arrived in the queue goes to the newest end of the parked list, a portion a call, in its
-- order; when nothing is left in the queue, the parked list takes its place in the same moment.
-- KEYS: queue, list, shelves, queues   ARGV: most jobs, most bytes, id, record that stays ('' for none), the queue's name
local most, room = tonumber(ARGV[1]), tonumber(ARGV[2])
while most > 0 and room > 0 do
  local n = math.min(most, 50)
  local jobs = redis.call('LRANGE', KEYS[1], -n, -1)
  if #jobs == 0 then break end
  redis.call('LTRIM', KEYS[1], 0, -#jobs - 1)
  local oldest = {}
  for i = #jobs, 1, -1 do
    oldest[#oldest + 1] = jobs[i]
    room = room - #jobs[i]
  end
  redis.call('LPUSH', KEYS[2], unpack(oldest))
  most = most - #jobs
end
local left = redis.call('LLEN', KEYS[1])
if left > 0 then return {left, redis.call('LLEN', KEYS[2])} end
local size = redis.call('LLEN', KEYS[2])
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
