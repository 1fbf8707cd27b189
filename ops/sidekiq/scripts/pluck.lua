-- Takes single jobs out of a list, each if it still is among its oldest, and puts them where they belong. Says which were there, of as many as there was
-- time for.
-- KEYS: list, target, queues   ARGV: mode (list, set), score, the target's name ('' if it is no queue), among how many of the oldest, and for each job:
--                                    itself, its new text
local out = {}
for i = 5, #ARGV, 2 do
  if #out > 0 and late() then break end
  local there = 0
  if redis.call('LPOS', KEYS[1], ARGV[i], 'RANK', -1, 'MAXLEN', ARGV[4]) then
    there = redis.call('LREM', KEYS[1], -1, ARGV[i])
  end
  out[#out + 1] = there
  if there == 1 then
    if ARGV[1] == 'list' then
      if ARGV[3] ~= '' then redis.call('SADD', KEYS[3], ARGV[3]) end
      redis.call('LPUSH', KEYS[2], ARGV[i + 1])
    elseif ARGV[1] == 'set' then
      redis.call('ZADD', KEYS[2], ARGV[2], ARGV[i + 1])
    end
  end
end
return out
