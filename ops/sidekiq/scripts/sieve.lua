-- Carries out a filter on a list that nobody else touches, a page a call: each of its oldest jobs goes on to where it belongs, in its order, or not at
-- all. Gives the next page, and how long it took, in microseconds. A call that was carried out already is known by its number and does nothing.
-- When what is kept goes to a living queue, jobs that have arrived there since the last call are newer than all of it: they wait in a list of their own.
-- A Redis that does not know the shelf has forgotten the act, and does nothing. What became of the jobs is counted beside the step.
-- KEYS: list, kept to, arrivals, steps, meant to, shelves, digests, expiring digests, and the lock of each that has one to be released
-- ARGV: step, verdicts (k or m, the oldest first), jobs of the next page, what becomes of the meant (drop, list, set), score, living ('1' or ''),
--       id, how many locks are to be released, and for each of these the job's id and the digest; then, where jobs are changed, for each that is meant its new text
if redis.call('HEXISTS', KEYS[6], ARGV[7]) == 0 then return {-3, 0} end
local function count(what) return tonumber(redis.call('HGET', KEYS[4], what) or '0') end
local step = tonumber(redis.call('HGET', KEYS[4], 'step') or '0')
if step ~= tonumber(ARGV[1]) then return {-1, step, count('kept'), count('meant'), count('unlocked')} end
local n = #ARGV[2]
if n > 0 then
  local jobs = redis.call('LRANGE', KEYS[1], -n, -1)
  if #jobs ~= n then return {-2, #jobs} end
  if ARGV[6] == '1' then divert(KEYS[2], KEYS[3], redis.call('HGET', KEYS[4], 'mark')) end
  redis.call('LTRIM', KEYS[1], 0, -n - 1)
  local kept, meant, texts, unlocked = {}, {}, 9 + 2 * tonumber(ARGV[8]), 0
  for i = 1, n do
    local job = jobs[n - i + 1]
    if string.sub(ARGV[2], i, i) == 'k' then
      kept[#kept + 1] = job
    elseif ARGV[4] ~= 'drop' then
      meant[#meant + 1] = ARGV[texts + #meant] or job
    end
  end
  push(KEYS[2], kept)
  if ARGV[4] == 'list' then
    push(KEYS[5], meant)
  elseif ARGV[4] == 'set' then
    for i = 1, #meant do redis.call('ZADD', KEYS[5], ARGV[5], meant[i]) end
  end
  if #kept > 0 then redis.call('HSET', KEYS[4], 'mark', kept[#kept]) end
  for i = 1, tonumber(ARGV[8]) do
    unlocked = unlocked + release(KEYS[7], KEYS[8], KEYS[8 + i], ARGV[7 + 2 * i], ARGV[8 + 2 * i])
  end
  if unlocked > 0 then redis.call('HINCRBY', KEYS[4], 'unlocked', unlocked) end
  redis.call('HINCRBY', KEYS[4], 'kept', #kept)
  redis.call('HINCRBY', KEYS[4], 'meant', n - #kept)
  step = redis.call('HINCRBY', KEYS[4], 'step', 1)
end
local page = redis.call('LRANGE', KEYS[1], -tonumber(ARGV[3]), -1)
return {step, redis.call('LLEN', KEYS[1]), page, took(), count('kept'), count('meant'), count('unlocked')}
