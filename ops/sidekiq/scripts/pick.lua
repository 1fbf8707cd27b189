-- Takes jobs out of a sorted set, each if it still is there, and puts them where they belong; with one that ends, its unique lock goes. Says of each, of as
-- many as there was time for: 0 it was not there, 1 it was, 2 its lock was released too.
-- KEYS: set, dead, queues, digests, expiring digests, and what the jobs name by a number: the lists of queues, locks
-- ARGV: mode (delete, retry, kill), score, and for each job: itself, its new text, the number of its queue's key, the queue's name, the number of its lock's
--       key (0 for none), its id, the digest
local out = {}
for i = 3, #ARGV, 7 do
  if #out > 0 and late() then break end
  local there = redis.call('ZREM', KEYS[1], ARGV[i])
  if there == 1 then
    if ARGV[1] == 'retry' then
      redis.call('SADD', KEYS[3], ARGV[i + 3])
      redis.call('LPUSH', KEYS[5 + tonumber(ARGV[i + 2])], ARGV[i + 1])
    elseif ARGV[1] == 'kill' then
      redis.call('ZADD', KEYS[2], ARGV[2], ARGV[i + 1])
    end
    local lock = tonumber(ARGV[i + 4])
    if lock > 0 then there = there + release(KEYS[4], KEYS[5], KEYS[5 + lock], ARGV[i + 5], ARGV[i + 6]) end
  end
  out[#out + 1] = there
end
return out
