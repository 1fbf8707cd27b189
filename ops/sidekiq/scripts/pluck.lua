-- Takes single jobs out of a list, each if it still is among its oldest, and puts them where they belong; with one that is given up, its unique lock goes. Says
-- of each, of as many as there was time for: 0 it was not there, 1 it was, 2 its lock was released too.
-- KEYS: list, target, queues, digests, expiring digests, and locks, which the jobs name by a number
-- ARGV: mode (list, set), score, the target's name ('' if it is no queue), among how many of the oldest, and for each job: itself, its new text, the number of
--       its lock's key (0 for none), its id, the digest
local out = {}
for i = 5, #ARGV, 5 do
  if #out > 0 and late() then break end
  local there = 0
  if redis.call('LPOS', KEYS[1], ARGV[i], 'RANK', -1, 'MAXLEN', ARGV[4]) then
    there = redis.call('LREM', KEYS[1], -1, ARGV[i])
  end
  if there == 1 then
    if ARGV[1] == 'list' then
      if ARGV[3] ~= '' then redis.call('SADD', KEYS[3], ARGV[3]) end
      redis.call('LPUSH', KEYS[2], ARGV[i + 1])
    elseif ARGV[1] == 'set' then
      redis.call('ZADD', KEYS[2], ARGV[2], ARGV[i + 1])
    end
    local lock = tonumber(ARGV[i + 2])
    if lock > 0 then there = there + release(KEYS[4], KEYS[5], KEYS[5 + lock], ARGV[i + 3], ARGV[i + 4]) end
  end
  out[#out + 1] = there
end
return out
