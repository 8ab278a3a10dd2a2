-- Some records. ARGV[3..]: their names. A record that is not there has an empty revision.
local answer = {'records'}
for index = 3, #ARGV do
  answer[#answer + 1] = redis.call('HGET', revisions, ARGV[index]) or ''
  answer[#answer + 1] = redis.call('HGET', records, ARGV[index]) or ''
end
return answer
