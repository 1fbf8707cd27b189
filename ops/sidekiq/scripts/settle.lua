-- Ends a filter on a shelf: what stays takes the shelf's name again, or the shelf is gone.
-- One that is ended already is left alone, and so is one that is not filtered to its end, because Redis has forgotten that.
-- KEYS: shelf, stayed, steps, shelves   ARGV: id, record that stays while a part of it is still to be put back ('' for none)
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('EXISTS', KEYS[3]) == 1 and -1 or redis.call('LLEN', KEYS[1]) end
local n = redis.call('LLEN', KEYS[2])
if n > 0 then redis.call('RENAME', KEYS[2], KEYS[1]) end
redis.call('DEL', KEYS[3])
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[4], ARGV[1], ARGV[2])
elseif n == 0 then
  redis.call('HDEL', KEYS[4], ARGV[1])
end
return n
