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

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'result {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"status_errors":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
