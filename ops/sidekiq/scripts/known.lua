-- Makes a queue known to Sidekiq.
-- KEYS: queues   ARGV: its name
return redis.call('SADD', KEYS[1], ARGV[1])
