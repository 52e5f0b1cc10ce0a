-- For wrk: requests the paths in the file $PATHS in turn, and prints "answered REQUESTS NOT_200 P50 P90 P99", times in ms.
local paths = {}
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
local threads, at = 0, 0
-- Two threads begin half of the list apart, so that they do not ask for the same at a time.
setup = function(thread) thread:set("half", threads) threads = threads + 1 end
init = function() at = half * math.floor(#paths / 2) end
request = function() at = at % #paths + 1 return wrk.format("GET", paths[at]) end
done = function(summary, latency)
  io.write(string.format("answered %d %d %.1f %.1f %.1f\n", summary.requests, summary.errors.status,
    latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000))
end
