-- Gives the claim back.
return redis.call('DEL', claim)
