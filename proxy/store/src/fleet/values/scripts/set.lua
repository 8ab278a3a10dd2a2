-- Puts a value under a key. KEYS: values and names of the store, bytes of all stores of its plugin. ARGV: key, value,
-- most bytes. Lua would write large numbers with an exponent.
local had = 0
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  had = #ARGV[1] + redis.call('HSTRLEN', KEYS[1], ARGV[1])
end
local bytes = string.format('%.0f', (redis.call('GET', KEYS[3]) or 0) - had + #ARGV[1] + #ARGV[2])
if tonumber(bytes) > tonumber(ARGV[3]) then return {'full', bytes} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
redis.call('SET', KEYS[3], bytes)
return {'done'}
