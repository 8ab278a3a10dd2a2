-- Says which state there is. ARGV: an id for a new one, whether to make one where there is none, its schema.
local meta = KEYS[1]
if redis.call('EXISTS', meta) == 0 then
  for index = 2, #KEYS do
    if redis.call('EXISTS', KEYS[index]) == 1 then return {'foreign', KEYS[index]} end
  end
  if ARGV[2] == '0' then return {'none'} end
  redis.call('HMSET', meta, 'schema', ARGV[3], 'id', ARGV[1], 'revision', '0', 'mark', '0')
end
local have = redis.call('HMGET', meta, 'schema', 'id', 'revision', 'imported')
return {'state', have[1], have[2], have[3], have[4] or '0'}
