-- Begins each script on a state that was opened. ARGV[1]: the version of the schema, ARGV[2]: which state it is.
local meta, revisions, records, changes, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local have = redis.call('HMGET', meta, 'schema', 'id', 'revision', 'mark')
if have[1] ~= ARGV[1] or have[2] ~= ARGV[2] then
  return {'other', have[1] or '', have[2] or ''}
end
local at = tonumber(have[3])
-- Lua would write large numbers with an exponent.
local function text(number)
  return string.format('%.0f', number)
end
-- Whether a commit with this number and this mark is in the history. Before the first one, everything is.
local function known(revision, mark)
  if revision == '0' then return true end
  if revision == have[3] then return mark == have[4] end
  local entry = redis.call('XRANGE', changes, revision .. '-0', revision .. '-0')[1]
  return entry ~= nil and entry[2][2] == mark
end
