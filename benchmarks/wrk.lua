-- Sends the bodies of a file, one a line, in turn. `wrk -s wrk.lua URL -- BODIES HEADERS [check]`
-- The second file has a header of one request after another (`Name: value`), or nothing.
-- With `check` it also looks into each answer for errors, which costs the load generator time.

local threads = {}
local requests = {}
local index = 0
answers_with_errors = 0

function lines(path)
  local found = {}
  for line in io.lines(path) do
    table.insert(found, line)
  end
  return found
end

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
  local bodies, others = lines(arguments[1]), lines(arguments[2])
  for number = 0, math.max(#bodies, #others) - 1 do
    if #others > 0 then
      local name, value = others[number % #others + 1]:match("^(.-): (.*)$")
      headers[name] = value
    end
    table.insert(requests, wrk.format("POST", nil, headers, bodies[number % #bodies + 1]))
  end
  if arguments[3] == "check" then
    response = function(status, _headers, body)
      if status ~= 200 or body:find('"errors"', 1, true) then
        answers_with_errors = answers_with_errors + 1
      end
    end
  end
end

function request()
  index = index % #requests + 1
  return requests[index]
end

function done(summary, latency, _requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  for _, thread in ipairs(threads) do
    failures = failures + thread:get("answers_with_errors")
  end
  io.write(string.format(
    '\nresult {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failures": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failures
  ))
end
