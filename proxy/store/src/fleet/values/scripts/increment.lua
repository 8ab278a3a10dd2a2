-- Adds to the number under a key. KEYS: values and names of the store, bytes of all stores of its plugin. ARGV: key,
-- what to add, most bytes. The number stays a text: those of Lua are exact up to 53 bits only.
local key = ARGV[1]
local before = redis.call('HGET', KEYS[1], key)
if before and before ~= '0' and not string.find(before, '^[1-9]%d*$') then return {'number'} end
local added = redis.pcall('HINCRBY', KEYS[1], key, ARGV[2])
if type(added) == 'table' then
  -- It takes more than 63 bits, before or after; else memory is out, or this is a replica.
  local over = string.find(added.err, 'overflow') or string.find(added.err, 'integer')
  return over and {'over'} or added
end
local after = redis.call('HGET', KEYS[1], key)
local had = before and #key + #before or 0
local bytes = string.format('%.0f', (redis.call('GET', KEYS[3]) or 0) - had + #key + #after)
if tonumber(bytes) > tonumber(ARGV[3]) then
  if before then
    redis.call('HSET', KEYS[1], key, before)
  else
    redis.call('HDEL', KEYS[1], key)
  end
  return {'full', bytes}
end
redis.call('ZADD', KEYS[2], 0, key)
redis.call('SET', KEYS[3], bytes)
return {'sum', after}
