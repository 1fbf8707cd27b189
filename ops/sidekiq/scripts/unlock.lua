-- Releases unique locks, each only if the job in question holds it.
-- KEYS: digests, expiring digests, and each lock's   ARGV: for each lock: the job's id, the digest
local n = 0
for i = 1, #ARGV / 2 do
  n = n + release(KEYS[1], KEYS[2], KEYS[2 + i], ARGV[2 * i - 1], ARGV[2 * i])
end
return n
