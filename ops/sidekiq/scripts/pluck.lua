-- Takes single jobs out of a list, each if it still is there, and puts them where they belong. Says which were there. Looks from the oldest on.
-- KEYS: list, target, queues   ARGV: mode (list, set), score, the target's name ('' if it is no queue), and for each job: itself, its new text
local out = {}
for i = 4, #ARGV, 2 do
  local there = redis.call('LREM', KEYS[1], -1, ARGV[i])
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
