-- Asks for /dev/p0, /dev/p1, … in turn, as many as the environment's COUNT says, with the headers of the command line.
local count = tonumber(os.getenv('COUNT'))
local requests, at = {}, 0

function init(args)
  for number = 0, count - 1 do
    requests[number] = wrk.format('GET', '/dev/p' .. number)
  end
end

function request()
  at = (at + 1) % count
  return requests[at]
end

-- The report is that of every run.
dofile(debug.getinfo(1, 'S').source:match('^@(.*/)') .. 'wrk.lua')
