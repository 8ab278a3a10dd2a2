-- Says how a commit went whose answer was lost, and refuses it from now on if it has not run: it may still be on its
-- way. KEYS[6]: how it went. ARGV[3]: seconds to remember.
local answered = redis.call('GET', KEYS[6])
if answered and answered ~= 'refused' then return {'made', answered} end
redis.call('SET', KEYS[6], 'refused', 'EX', ARGV[3])
return {'refused'}
