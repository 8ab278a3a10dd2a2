-- Makes a commit. KEYS[6]: how it went, for who lost the answer. ARGV[3..6]: its mark, the audit line, seconds to
-- remember how it went, how many changes to keep. ARGV[7]: the number of records read; then name and revision of
-- each; then for each that is written its name, 1 or 0 for removed, and the value.
local answered = redis.call('GET', KEYS[6])
if answered == 'refused' then return {'refused'} end
if answered then return {'made', answered} end
local index = 8
for _ = 1, tonumber(ARGV[7]) do
  local found = redis.call('HGET', revisions, ARGV[index]) or '0'
  if found ~= ARGV[index + 1] then return {'conflict', ARGV[index], ARGV[index + 1], found} end
  index = index + 2
end
local revision = text(at + 1)
local entry = {'mark', ARGV[3]}
for write = index, #ARGV, 3 do
  entry[#entry + 1] = 'name'
  entry[#entry + 1] = ARGV[write]
end
-- These first: they alone could fail, where somebody else has written below the prefix. Lua hands on some thousands of
-- values at once; who follows a commit of more loads everything, as after an import.
if #entry > 6000 then
  redis.call('DEL', changes)
  entry = {'mark', ARGV[3]}
end
redis.call('XADD', changes, 'MAXLEN', '~', ARGV[6], revision .. '-0', unpack(entry))
redis.call('XADD', audit, revision .. '-0', 'line', ARGV[4])
for write = index, #ARGV, 3 do
  if ARGV[write + 1] == '1' then
    redis.call('HSET', records, ARGV[write], ARGV[write + 2])
    redis.call('HSET', revisions, ARGV[write], revision)
  else
    redis.call('HDEL', records, ARGV[write])
    redis.call('HDEL', revisions, ARGV[write])
  end
end
redis.call('HMSET', meta, 'revision', revision, 'mark', ARGV[3])
redis.call('SET', KEYS[6], revision, 'EX', ARGV[5])
return {'made', revision}
