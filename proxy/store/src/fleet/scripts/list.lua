-- All names with revisions and lengths of values. ARGV[3..4]: a revision and mark; says whether history has them.
local answer = {'list', have[3], have[4], known(ARGV[3], ARGV[4]) and '1' or '0'}
local all = redis.call('HGETALL', revisions)
for index = 1, #all, 2 do
  answer[#answer + 1] = all[index]
  answer[#answer + 1] = all[index + 1]
  answer[#answer + 1] = redis.call('HSTRLEN', records, all[index])
end
return answer
