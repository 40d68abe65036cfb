-- Paths, one a line, come from the file in the first argument; with several, each connection asks for the next one.
local requests = {}

function init(args)
  for path in io.lines(args[1]) do requests[#requests + 1] = wrk.format("GET", path) end
  if #requests == 1 then
    wrk.path = io.lines(args[1])()
    return
  end
  local at = 0
  request = function()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    'SUMMARY {"microseconds":%d,"requests":%d,"bytes":%d,"failures":%d,"p99Microseconds":%d}',
    summary.duration, summary.requests, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(99)))
end
