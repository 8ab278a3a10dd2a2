-- What has changed. ARGV[3..7]: the revision and mark to follow on from; most commits, records and bytes to answer.
local since, mark = ARGV[3], ARGV[4]
if not known(since, mark) then return {'old'} end
local behind = at - tonumber(since)
if behind < 0 or behind > tonumber(ARGV[5]) then return {'old'} end
local entries = behind > 0 and redis.call('XRANGE', changes, since .. '-1', '+') or {}
-- Some have left the stream, or an import came in between.
if #entries ~= behind then return {'old'} end
local answer, seen, count, size = {'changes', have[3], have[4]}, {}, 0, 0
for _, entry in ipairs(entries) do
  local fields = entry[2]
  for index = 4, #fields, 2 do
    local name = fields[index]
    if not seen[name] then
      seen[name] = true
      count = count + 1
      size = size + redis.call('HSTRLEN', records, name)
      if count > tonumber(ARGV[6]) or size > tonumber(ARGV[7]) then return {'old'} end
      answer[#answer + 1] = name
      answer[#answer + 1] = redis.call('HGET', revisions, name) or have[3]
      answer[#answer + 1] = redis.call('HGET', records, name)
    end
  end
end
return answer
