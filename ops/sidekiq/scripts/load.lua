-- Puts a portion of a backup onto a shelf. A call that was carried out already is known by its number and does nothing.
-- KEYS: shelf, steps, shelves   ARGV: step, id, record, side ('l' or 'r'), and the jobs
local step = tonumber(redis.call('HGET', KEYS[2], 'step') or '0')
if step ~= tonumber(ARGV[1]) then return {-1, step} end
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
for i = 5, #ARGV do
  redis.call(ARGV[4] == 'l' and 'LPUSH' or 'RPUSH', KEYS[1], ARGV[i])
end
return {redis.call('HINCRBY', KEYS[2], 'step', 1), redis.call('LLEN', KEYS[1])}
