-- Draws numbers as a line of text. A script for the command line as well as for CGI: what was asked
-- for is in variables, and what it prints is the answer.

local STEPS = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

local numbers = {}
for word in (os.getenv("QUERY_STRING") or ""):gmatch("[^,]+") do
  numbers[#numbers + 1] = tonumber(word)
end

if #numbers == 0 or #numbers > 1000 then
  print("Status: 400\nContent-Type: text/plain; charset=utf-8\n")
  print("write up to 1000 numbers: ?3,1,4,1,5")
  return
end

local least, most = math.huge, -math.huge
for _, each in ipairs(numbers) do
  least, most = math.min(least, each), math.max(most, each)
end

local line = {}
for at, each in ipairs(numbers) do
  local share = most > least and (each - least) / (most - least) or 0
  line[at] = STEPS[math.floor(share * 7 + 0.5) + 1]
end
print("Content-Type: text/plain; charset=utf-8\n")
print(table.concat(line))
