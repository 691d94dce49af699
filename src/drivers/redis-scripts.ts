/**
 * The count of permits in Redis, each question one script, so that nothing comes between. Keys of one count, which all have its hash in braces, so that a
 * cluster keeps them together:
 *
 * - `permits`: ids by when they end, `since`: the same ids by when they were given
 * - `seen`: ids in line by when they are forgotten, `line`: the same ids by when they came
 * - `learned`: permits at most, since the server let in no more lately
 *
 * Times are those of Redis alone, whose clock is the only one that all who ask have in common. Redis 5 or newer: the scripts look at the clock and write.
 */
export const keyNames = ["permits", "since", "line", "seen", "learned"] as const;

const prelude = `
local permits, since, line, seen, learned = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local nowExactly = time[1] * 1000000 + time[2]

local function text(number) return string.format('%.0f', number) end
local function holderOf(id) return string.match(id, '^[^.]*') end

local function forget(ends, times)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', text(now))) do redis.call('ZREM', times, id) end
  redis.call('ZREMRANGEBYSCORE', ends, '-inf', text(now))
end

local function put(id, ends, at, times, exactly)
  redis.call('ZADD', ends, text(at), id)
  redis.call('ZADD', times, 'NX', text(exactly), id)
  local last = text(tonumber(redis.call('ZREVRANGE', ends, 0, 0, 'WITHSCORES')[2]))
  redis.call('PEXPIREAT', ends, last)
  redis.call('PEXPIREAT', times, last)
end

local function remove(id)
  for _, key in ipairs({ permits, since, line, seen }) do redis.call('ZREM', key, id) end
end

local function most(limit)
  return math.min(tonumber(limit), tonumber(redis.call('GET', learned) or limit))
end

local function permitsByHolder()
  local count = {}
  for _, id in ipairs(redis.call('ZRANGE', permits, 0, -1)) do
    local holder = holderOf(id)
    count[holder] = (count[holder] or 0) + 1
  end
  return count
end

forget(permits, since)
forget(seen, line)
`;

/** Arguments: id, limit, milliseconds of a permit, milliseconds of a place in line, when it came. Answer: granted, when it came, how many come first. */
export const takeScript: string = `${prelude}
local id, limit, permitMs, placeMs, joined = ARGV[1], most(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if joined == 0 then joined = nowExactly end
if not redis.call('ZSCORE', permits, id) then
  local count = permitsByHolder()
  local mine = count[holderOf(id)] or 0
  local ahead = 0
  local waiting = redis.call('ZRANGE', line, 0, -1, 'WITHSCORES')
  for i = 1, #waiting, 2 do
    local other, at = waiting[i], tonumber(waiting[i + 1])
    local theirs = count[holderOf(other)] or 0
    local isEarlier = at < joined or (at == joined and other < id)
    if other ~= id and (theirs < mine or (theirs == mine and isEarlier)) then ahead = ahead + 1 end
  end
  if ahead >= limit - redis.call('ZCARD', permits) then
    put(id, seen, now + placeMs, line, joined)
    return { 0, joined, ahead }
  end
  remove(id)
end
put(id, permits, now + permitMs, since, nowExactly)
return { 1, joined, 0 }
`;

/** Arguments: holder, limit, milliseconds of a permit, ids. Answer: own permits, others who wait, fewest permits of one of them, older permits, and for each id whether it goes on. */
export const renewScript: string = `${prelude}
local holder, limit, permitMs = ARGV[1], most(ARGV[2]), tonumber(ARGV[3])
local held = {}
for i = 4, #ARGV do
  local id = ARGV[i]
  local goesOn = redis.call('ZSCORE', permits, id) or redis.call('ZCARD', permits) < limit
  if goesOn then put(id, permits, now + permitMs, since, nowExactly) end
  held[#held + 1] = goesOn and 1 or 0
end
local count = permitsByHolder()
local waiting, fewest = 0, -1
for _, id in ipairs(redis.call('ZRANGE', line, 0, -1)) do
  local other = holderOf(id)
  if other ~= holder then
    local theirs = count[other] or 0
    waiting = waiting + 1
    if fewest < 0 or theirs < fewest then fewest = theirs end
  end
end
local room = math.max(0, limit - redis.call('ZCARD', permits))
local older = 0
for _, id in ipairs(redis.call('ZRANGE', since, 0, -1)) do
  if holderOf(id) == holder then break end
  older = older + 1
end
return { count[holder] or 0, math.max(0, waiting - room), math.max(0, fewest), older, unpack(held) }
`;

/** Arguments: for how many milliseconds the server's refusal counts, ids. */
export const releaseScript: string = `${prelude}
for i = 2, #ARGV do remove(ARGV[i]) end
local refusedForMs = tonumber(ARGV[1])
if refusedForMs > 0 then
  local left = math.max(1, redis.call('ZCARD', permits))
  redis.call('SET', learned, text(most(left)), 'PX', text(refusedForMs))
end
return 0
`;
