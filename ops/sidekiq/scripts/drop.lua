-- Deletes a shelf that still is what the backup was made of, or as many of its newest jobs as are said, and their unique locks in the same moment: what is left
-- has its own. Says whether it did, and how many locks were released. A call that was carried out already says so again.
-- KEYS: shelf, shelves, steps, the deletion's own mark, digests, expiring digests, and each lock's
-- ARGV: id, length, how many are left, newest and oldest job that go, record of what is left, for how many milliseconds the mark is known, and for each lock:
--       the job's id, the digest
if redis.call('HGET', KEYS[4], 'left') == ARGV[3] then return {1, tonumber(redis.call('HGET', KEYS[4], 'unlocked'))} end
local go = tonumber(ARGV[2]) - tonumber(ARGV[3])
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[2]) or redis.call('LINDEX', KEYS[1], 0) ~= ARGV[4] or redis.call('LINDEX', KEYS[1], go - 1) ~= ARGV[5] then
  return {0, 0}
end
if ARGV[3] == '0' then
  redis.call('UNLINK', KEYS[1], KEYS[3])
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('LTRIM', KEYS[1], go, -1)
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[6])
end
local unlocked = 0
for i = 1, (#ARGV - 7) / 2 do
  unlocked = unlocked + release(KEYS[5], KEYS[6], KEYS[6 + i], ARGV[6 + 2 * i], ARGV[7 + 2 * i])
end
redis.call('HSET', KEYS[4], 'left', ARGV[3], 'unlocked', unlocked)
redis.call('PEXPIRE', KEYS[4], ARGV[7])
return {1, unlocked}
