-- Guests who buy without a pause, each in a thread of its own: `wrk -tN -cN -s purchases.lua URL -- PURCHASES`
-- The file has three lines for each purchase that can be made: the bodies of addToCart, setCartDetails and checkout. Which
-- one it is, chance says each time, as in scripts/checkout.sql. The first answer gives the token that goes with the other
-- two requests, and the last body a key in place of IDEMPOTENCY_KEY. Whoever is refused anything stops.

local ADD, CHECK_OUT, STEPS = 1, 3, 3
local threads, bodies = {}, {}
local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
local chance = io.open("/dev/urandom", "rb")
local purchase, step, key
purchases, refused = 0, ""

local function hexadecimal(bytes)
  return (bytes:gsub(".", function(byte) return string.format("%02x", byte:byte()) end))
end

local function as_json(text)
  return '"' .. text:gsub('[%c"\\]', function(sign) return string.format("\\u%04x", sign:byte()) end) .. '"'
end

local function begin()
  purchase, step, key = math.random(#bodies / STEPS), ADD, hexadecimal(chance:read(16))
  headers["Guest-Token"] = nil
end

local function is_good(status, body)
  return status == 200 and not body:find('"errors":', 1, true) and not body:find('"message":', 1, true)
end

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  for body in io.lines(arguments[1]) do
    table.insert(bodies, body)
  end
  math.randomseed(tonumber(hexadecimal(chance:read(4)), 16))
  begin()
end

-- wrk asks for one request that it does not send, so that it is the answers that lead on to the next step.
function request()
  local body = bodies[STEPS * (purchase - 1) + step]
  if step == CHECK_OUT then
    body = body:gsub("IDEMPOTENCY_KEY", key)
  end
  return wrk.format("POST", nil, headers, body)
end

function response(status, _headers, body)
  if step == ADD then
    headers["Guest-Token"] = body:match('"guestToken":"([^"]+)"')
  end
  if not is_good(status, body) or not headers["Guest-Token"] then
    refused = status .. " " .. body
    wrk.thread:stop()
  elseif step == CHECK_OUT then
    purchases = purchases + 1
    begin()
  else
    step = step + 1
  end
end

function done(summary, _latency, _requests)
  local errors, whole, answer = summary.errors, 0, ""
  for _, thread in ipairs(threads) do
    whole = whole + thread:get("purchases")
    answer = answer == "" and thread:get("refused") or answer
  end
  io.write(string.format(
    '\nresult {"purchases": %d, "microseconds": %d, "unanswered": %d, "refused": %s}\n',
    whole, summary.duration, errors.connect + errors.read + errors.write + errors.timeout, as_json(answer)
  ))
end
