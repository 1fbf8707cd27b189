-- What the scripts below have in common. Lists run from the newest job on the left to the oldest on the right, which workers take.

-- The first key is the claim on the queue that the act works on; the first two arguments are what this act writes there ('' for no claim) and for how many
-- milliseconds. Nothing is done under another act's claim.
local claim, token, life = table.remove(KEYS, 1), table.remove(ARGV, 1), table.remove(ARGV, 1)
if token ~= '' then
  local other = redis.call('GET', claim)
  if other and other ~= token then return redis.error_reply('VMTUI-CLAIMED ' .. redis.call('PTTL', claim) .. ' ' .. other) end
  redis.call('SET', claim, token, 'PX', life)
end

-- A call is to take a few milliseconds of Redis's time, however large the jobs and however busy the machine are: what goes round looks at the clock, and
-- leaves the rest to the next call. A Redis whose clock stands still within a script is bounded by the numbers alone.
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
local began = clock()
local function took() return clock() - began end
local function late() return took() > 4000 end

-- Puts jobs, the oldest first, behind what a list has.
local function push(key, jobs)
  for i = 1, #jobs, 200 do
    redis.call('LPUSH', key, unpack(jobs, i, math.min(i + 199, #jobs)))
  end
end

-- Moves jobs from the oldest end of one list to the newest of another, in their order, until most or as many bytes are moved, or it is late. Says how many.
local function move(from, to, most, room)
  local moved = 0
  while moved < most and room > 0 do
    local jobs = redis.call('LRANGE', from, -math.min(most - moved, 50), -1)
    if #jobs == 0 then break end
    redis.call('LTRIM', from, 0, -#jobs - 1)
    local oldest = {}
    for i = #jobs, 1, -1 do
      oldest[#oldest + 1] = jobs[i]
      room = room - #jobs[i]
    end
    push(to, oldest)
    moved = moved + #jobs
    if late() then break end
  end
  return moved
end

-- Puts what has arrived in a queue since the job that is the mark onto a list of its own. More than 2000 do not arrive between two calls; a queue that
-- is longer and does not have our mark was put there by somebody else, and stays.
local function divert(queue, later, mark)
  local new, at = {}, 0
  while at < 2000 do
    local chunk = redis.call('LRANGE', queue, at, at + 99)
    for i = 1, #chunk do
      if chunk[i] == mark then at = -1 break end
      new[#new + 1] = chunk[i]
    end
    if at < 0 or #chunk < 100 then
      local oldest = {}
      for i = #new, 1, -1 do oldest[#oldest + 1] = new[i] end
      redis.call('LTRIM', queue, #new, -1)
      push(later, oldest)
      return
    end
    at = at + 100
  end
end

-- Releases a unique lock of sidekiq-unique-jobs if the job in question holds it, and says how many were: 1 or 0. It goes with the step that ends the job, so
-- that no Redis knows of the one and not of the other. The key is that of the lock; the sets have the digest without a namespace.
local function release(digests, expiring, key, jid, digest)
  if redis.call('HEXISTS', key .. ':LOCKED', jid) == 0 then return 0 end
  redis.call('HDEL', key .. ':LOCKED', jid)
  redis.call('LREM', key .. ':QUEUED', 0, jid)
  redis.call('LREM', key .. ':PRIMED', 0, jid)
  if redis.call('HLEN', key .. ':LOCKED') == 0 then
    redis.call('DEL', key, key .. ':LOCKED', key .. ':QUEUED', key .. ':PRIMED', key .. ':INFO')
    redis.call('ZREM', digests, digest)
    redis.call('ZREM', expiring, digest)
  end
  return 1
end
