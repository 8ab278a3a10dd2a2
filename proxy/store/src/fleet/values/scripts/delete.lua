-- Removes a key. KEYS: values and names of the store, bytes of all stores of its plugin. ARGV: key.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return {'done'} end
local had = #ARGV[1] + redis.call('HSTRLEN', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
local bytes = (redis.call('GET', KEYS[3]) or 0) - had
if bytes > 0 then
  redis.call('SET', KEYS[3], string.format('%.0f', bytes))
else
  redis.call('DEL', KEYS[3])
end
return {'done'}
