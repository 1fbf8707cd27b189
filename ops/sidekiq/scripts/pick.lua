-- Takes jobs out of a sorted set, each if it still is there, and puts them where they belong. Says which were there, of as
-- many as there was time for.
-- KEYS: set, dead, queues, and the lists of the queues   ARGV: mode (delete, retry, kill), score, and for each job: itself, its new text, the number of
-- its queue's key, the queue's name
local out = {}
for i = 3, #ARGV, 4 do
  if #out > 0 and late() then break end
  local there = redis.call('ZREM', KEYS[1], ARGV[i])
  out[#out + 1] = there
  if there == 1 then
    if ARGV[1] == 'retry' then
      redis.call('SADD', KEYS[3], ARGV[i + 3])
      redis.call('LPUSH', KEYS[3 + tonumber(ARGV[i + 2])], ARGV[i + 1])
    elseif ARGV[1] == 'kill' then
      redis.call('ZADD', KEYS[2], ARGV[2], ARGV[i + 1])
    end
  end
end
return out
