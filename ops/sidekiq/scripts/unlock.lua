-- Releases unique locks of sidekiq-unique-jobs, each only if the job in question holds it.
-- KEYS: digests, expiring digests, and each lock's digest   ARGV: for each lock: the job's id, the digest as the set has it
local n = 0
for i = 1, #ARGV / 2 do
  local key, jid, member = KEYS[2 + i], ARGV[2 * i - 1], ARGV[2 * i]
  if redis.call('HEXISTS', key .. ':LOCKED', jid) == 1 then
    redis.call('HDEL', key .. ':LOCKED', jid)
    redis.call('LREM', key .. ':QUEUED', 0, jid)
    redis.call('LREM', key .. ':PRIMED', 0, jid)
    if redis.call('HLEN', key .. ':LOCKED') == 0 then
      redis.call('DEL', key, key .. ':LOCKED', key .. ':QUEUED', key .. ':PRIMED', key .. ':INFO')
      redis.call('ZREM', KEYS[1], member)
      redis.call('ZREM', KEYS[2], member)
    end
    n = n + 1
  end
end
return n
