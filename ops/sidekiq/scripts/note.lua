-- Writes down what is about to be done to a shelf.
-- KEYS: shelves   ARGV: id, record
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
