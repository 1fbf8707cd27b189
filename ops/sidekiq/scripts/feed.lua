-- Puts a portion of a list back at the end of a queue, the oldest first, as if it were enqueued now.
-- KEYS: queue, list, shelves, queues   ARGV: most jobs, most bytes, id, record that stays ('' for none), the queue's name
local most, room, fed = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
while most > 0 and room > 0 do
  local n = math.min(most, 50)
  local jobs = redis.call('LRANGE', KEYS[2], -n, -1)
  if #jobs == 0 then break end
  redis.call('LTRIM', KEYS[2], 0, -#jobs - 1)
  local oldest = {}
  for i = #jobs, 1, -1 do
    oldest[#oldest + 1] = jobs[i]
    room = room - #jobs[i]
  end
  redis.call('LPUSH', KEYS[1], unpack(oldest))
  most, fed = most - #jobs, fed + #jobs
end
if fed > 0 then redis.call('SADD', KEYS[4], ARGV[5]) end
local left = redis.call('LLEN', KEYS[2])
if left == 0 then
  if ARGV[4] == '' then
    redis.call('HDEL', KEYS[3], ARGV[3])
  else
    redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
  end
end
return {left, fed}
