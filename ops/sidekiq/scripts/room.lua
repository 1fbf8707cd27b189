-- A Redis whose memory is full lets no script begin with something new, and lets each go on that has changed anything. What an act writes for itself is little, and it takes nothing
-- more: jobs only move, or go. So it changes nothing, first of all.
redis.call('DEL', KEYS[1] .. ':none')

