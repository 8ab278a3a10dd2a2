-- Puts other records in the place of all. KEYS[6]: where they are. ARGV[3..8]: the mark, the audit line, 1 if records
-- may go, a revision to be above of, how many records come, how many changes to keep.
local there = redis.call('HLEN', records)
if there > 0 and ARGV[5] == '0' then return {'full', there} end
if redis.call('HLEN', KEYS[6]) ~= tonumber(ARGV[7]) then return {'gone'} end
local revision = text(math.max(at, tonumber(ARGV[6])) + 1)
redis.call('DEL', changes)
redis.call('XADD', changes, 'MAXLEN', '~', ARGV[8], revision .. '-0', 'mark', ARGV[3])
redis.call('XADD', audit, revision .. '-0', 'line', ARGV[4])
redis.call('DEL', revisions, records)
if ARGV[7] ~= '0' then
  redis.call('RENAME', KEYS[6], records)
  redis.call('PERSIST', records)
  for _, name in ipairs(redis.call('HKEYS', records)) do
    redis.call('HSET', revisions, name, revision)
  end
end
redis.call('HMSET', meta, 'revision', revision, 'mark', ARGV[3], 'imported', '1')
return {'made', revision}
