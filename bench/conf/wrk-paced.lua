-- Sends RATE requests a second by a schedule that does not wait for answers, as long as a connection is free; without
-- RATE as fast as answers come. Every answer must have status 200 and one of the bodies in KNOWN, one a line.
local ffi = require('ffi')
ffi.cdef('typedef struct { long seconds, nanos; } paced_time; int clock_gettime(int clock, paced_time *time);')
local MONOTONIC = 1
local time = ffi.new('paced_time')

local threads = {}
local rate = tonumber(os.getenv('RATE'))
local known = {}
for body in os.getenv('KNOWN'):gmatch('[^\n]+') do
  known[body] = true
end

-- Read by `done`, so global. `late` counts requests that no connection was free for when they were due.
failed, late, first = 0, 0, ''

function setup(thread)
  threads[#threads + 1] = thread
end

local due
local function next_delay()
  ffi.C.clock_gettime(MONOTONIC, time)
  local now = tonumber(time.seconds) * 1e3 + tonumber(time.nanos) / 1e6
  due = due and due + 1e3 / rate or now
  if now - due > 1 then
    late = late + 1
  end
  return math.max(0, math.floor(due - now))
end

-- wrk looks whether there is a function of this name.
delay = rate and next_delay

function response(status, headers, body)
  if status ~= 200 or not known[body] then
    failed = failed + 1
    if first == '' then
      first = status .. ' ' .. body:sub(1, 80):gsub('[^%w ]', '.')
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  local broken = {errors.connect, errors.read, errors.write, errors.timeout}
  local wrong, behind, shown = broken[1] + broken[2] + broken[3] + broken[4], 0, ''
  if wrong > 0 then
    shown = string.format('%d connects, %d reads, %d writes failed, %d answers too late. ', unpack(broken))
  end
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get('failed')
    behind = behind + thread:get('late')
    shown = shown .. thread:get('first')
  end
  io.write(string.format(
    'result {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"p999":%d,"max":%d,"failed":%d,"late":%d,"first":"%s"}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    latency.max, wrong, behind, shown))
end
