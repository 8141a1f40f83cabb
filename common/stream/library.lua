#!lua name=ark_1
-- The function library: every write of the suite to Redis is one call of a function here.
--
-- The rule that everything rests on (STREAMS 3): a commit first looks at everything that could
-- refuse it and only then writes, so that it happens whole or not at all. Nothing after the first
-- write can fail: numbers are checked when the operations are read, and what is under each key (a
-- person may have put anything there) before the first of them writes.
--
-- Names carry the version of the library: two releases work side by side on one Redis, each
-- with its own. Change what a function means, or the state it writes, and the number goes up.
--
-- What costs in here is not Redis but Lua: tables and texts. So commits are read where they stand
-- in argv, a text is made once, and loops count.

local P = 'ark:{0}:'
local MIN_OUTPUT_TOKENS = 64          -- SPEC 15.8: below this a reservation is refused
local MAX_FIELDS = 128                -- texts of one entry
local MAX_SUMS = 6000                 -- texts of one tally; Lua can unpack some 8000
local MAX_IDS = 1024                  -- entries that one commit answers
local MAX_NUMBER = 2 ^ 53             -- beyond it a Lua number is not exact
local TRIM_STEP = 16                  -- entries read at once to find where a run's stream begins
local MAIL_LENGTH = 100               -- wake-ups kept for one process
local MAIL_TTL_MS = 60000
local MARK_TTL_MS = 86400000          -- as long as a task may take (SPEC 6.5)
local SETTLED_TTL_MS = 86400000       -- a settlement that arrives later than this corrects nothing
local PARK_AFTER = 10                 -- deliveries without a commit (STREAMS 5.5)
local STEAL_PAGES = 16                -- of pending entries, looked through in one call
local ADMITTED_AT_ONCE = 100          -- runs that the end of one lets in, when the limit was raised
local MANY_CONSUMERS = 32             -- from then on those are forgotten that hold nothing ...
local CONSUMER_IDLE_MS = 3600000      -- ... and have not read for so long

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function whole(n)               -- a Lua number as Redis wants it, without exponent
  return string.format('%d', n)
end

local function refuse(...)            -- our caller's mistake, or foreign bytes under our keys
  error(redis.error_reply('ERR ' .. string.format(...)), 0)
end

-- The number that a text is, when it is a whole one and exact.
local function number(text)
  if not text or not string.find(text, '^%-?%d+$') then return nil end
  local n = tonumber(text)
  if n > -MAX_NUMBER and n < MAX_NUMBER then return n end
end

local function need_number(text, least, what)
  local n = number(text)
  if not n or n < least then refuse('%s: not a number from %s on', what, whole(least)) end
  return n
end

-- ---- what is under a key ---------------------------------------------------------------------
-- `seen` remembers the type that this call needs at each key: two operations that need different
-- ones would fail in the middle. Keys have their prefix; people are told them without.

local function short(key) return string.sub(key, #P + 1) end

local function note(seen, key, kind)
  local known = seen[key]
  if known and known ~= kind then refuse('%s: as %s and as %s', short(key), known, kind) end
  seen[key] = kind
  return known
end

local function need(seen, key, kind)
  if note(seen, key, kind) then return end
  local is = redis.call('TYPE', key).ok
  if is ~= kind and is ~= 'none' then
    error(redis.error_reply('WRONGTYPE ' .. short(key) .. ': ' .. is .. ', not ' .. kind), 0)
  end
end

-- The numbers in fields of a hash; 0 where there is none. Wrong types are refused by the read.
local function need_numbers(seen, key, ...)
  note(seen, key, 'hash')
  local values = redis.call('HMGET', key, ...)
  for i = 1, #values do
    local n = values[i] and number(values[i])
    if values[i] and not n then refuse('%s %s: not a number', short(key), select(i, ...)) end
    values[i] = n or 0
  end
  return values
end

local function pairs_of(row)          -- an answer of name, value, ... as a table
  local t = {}
  for i = 1, #row, 2 do t[row[i]] = row[i + 1] end
  return t
end

local function groups(key)            -- of a stream, each as a table
  local list = {}
  if redis.call('EXISTS', key) == 0 then return list end
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', key)) do list[#list + 1] = pairs_of(row) end
  return list
end

local function group_of(key, name)
  for _, g in ipairs(groups(key)) do
    if g.name == name then return g end
  end
end

-- Appends an entry to a stream, named without prefix: type first, then when Redis took it, then
-- the other fields.
local function append(stream, now, fields)
  redis.call('XADD', P .. stream, '*', fields[1], fields[2], 'at', whole(now), unpack(fields, 3))
end

local function after(id)              -- the smallest id larger than id
  local ms, n = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. whole(tonumber(n) + 1)
end

-- ---- the stream of a run (STREAMS 6.3) -------------------------------------------------------
-- Each entry has sum_bytes and sum_tokens: what was written to the stream so far, itself included.
-- What is kept is the difference of two entries: nothing beside the stream has to be kept in step
-- with it, and as long as less was written than may be kept, nothing is looked at.

local SUMS = 5                        -- where they are, behind type and at

-- What was written up to an entry. One that is not ours counts for nothing.
local function sums_of(fields)
  if fields[SUMS] ~= 'sum_bytes' or fields[SUMS + 2] ~= 'sum_tokens' then
    return { bytes = 0, tokens = 0 }
  end
  return { bytes = number(fields[SUMS + 1]) or 0, tokens = number(fields[SUMS + 3]) or 0 }
end

-- What was written before an entry. All its texts count, but for the sums.
local function sums_before(fields, upto)
  local bytes = upto.bytes
  for i = 1, #fields do
    if i < SUMS or i > SUMS + 3 then bytes = bytes - #fields[i] end
  end
  return { bytes = bytes, tokens = upto.tokens - (fields[2] == 'token' and 1 or 0) }
end

-- Where the stream begins when all up to `sums` shall fit; nil when it does already. The newest
-- entry is kept in any case.
local function first_kept(key, sums, max_bytes, max_tokens)
  local function fits(before)
    return sums.bytes - before.bytes <= max_bytes and sums.tokens - before.tokens <= max_tokens
  end
  local id, from = nil, '-'
  repeat
    local rows = redis.call('XRANGE', key, from, '+', 'COUNT', TRIM_STEP)
    for i = 1, #rows do
      local upto = sums_of(rows[i][2])
      if not id and fits(sums_before(rows[i][2], upto)) then return nil end
      id = rows[i][1]
      if fits(upto) then return after(id) end
    end
    from = id and '(' .. id
  until #rows < TRIM_STEP
  return id and after(id)
end

-- ---- the ledger (SPEC 15.6 to 15.10) ---------------------------------------------------------
-- account:<name>      hash: limit, reserved, spent, all in tokens
-- reservation:<call>  hash: state open|expired|settled, amount, accounts (a comma list)
--
-- Only accounts with a limit are touched: one that is gone (its window closed, its run was swept)
-- must not come back without its limit and stay for ever.

local SPEND_TIMERS = P .. 'timers:spend'

local function account_names(list)
  return string.gmatch(list, '[^,]+')
end

local function need_accounts(seen, list)
  for name in account_names(list) do
    need_numbers(seen, P .. 'account:' .. name, 'limit', 'reserved', 'spent')
  end
end

local function need_reservation(seen, call)
  local key = P .. 'reservation:' .. call
  need(seen, SPEND_TIMERS, 'zset')
  note(seen, key, 'hash')
  local r = redis.call('HMGET', key, 'state', 'amount', 'accounts')
  if not r[1] then return end
  if not number(r[2]) or not r[3] then refuse('%s: makes no sense', short(key)) end
  need_accounts(seen, r[3])
end

-- Adds to both sides of each account that still is one.
local function book(accounts, reserved, spent)
  for name in account_names(accounts) do
    local key = P .. 'account:' .. name
    if redis.call('HEXISTS', key, 'limit') == 1 then
      if reserved ~= 0 then redis.call('HINCRBY', key, 'reserved', whole(reserved)) end
      if spent ~= 0 then redis.call('HINCRBY', key, 'spent', whole(spent)) end
    end
  end
end

-- All accounts or none. The output cap is lowered to what fits.
local function reserve(call, accounts, input, cap, ttl_ms, now)
  local key = P .. 'reservation:' .. call
  local old = redis.call('HMGET', key, 'state', 'amount')
  if old[1] then return { 'again', old[1], whole(tonumber(old[2]) - input) } end
  local names, listed = {}, {}
  for name in account_names(accounts) do
    local v = redis.call('HMGET', P .. 'account:' .. name, 'limit', 'reserved', 'spent')
    if v[1] and not listed[name] then
      local used = (tonumber(v[2]) or 0) + (tonumber(v[3]) or 0)
      local room = tonumber(v[1]) - used
      if room - input < math.min(cap, MIN_OUTPUT_TOKENS) then
        return { 'refused', name, v[1], whole(used) }
      end
      cap = math.min(cap, room - input)
      listed[name] = true
      names[#names + 1] = name
    end
  end
  accounts = table.concat(names, ',')
  book(accounts, input + cap, 0)
  redis.call('HSET', key, 'state', 'open', 'amount', whole(input + cap), 'accounts', accounts)
  redis.call('ZADD', SPEND_TIMERS, whole(now + ttl_ms), 'expire|' .. call)
  return { 'granted', whole(cap) }
end

local function close(call, state)
  redis.call('HSET', P .. 'reservation:' .. call, 'state', state)
  redis.call('PEXPIRE', P .. 'reservation:' .. call, SETTLED_TTL_MS)
  redis.call('ZREM', SPEND_TIMERS, 'expire|' .. call)
end

-- Charges `usage` tokens instead of what was reserved, or of what was charged at expiry. Once.
local function settle(call, usage)
  local r = redis.call('HMGET', P .. 'reservation:' .. call, 'state', 'amount', 'accounts')
  if not r[1] or r[1] == 'settled' then return 0 end
  local amount = tonumber(r[2])
  if r[1] == 'open' then
    book(r[3], -amount, usage)
  else
    book(r[3], 0, usage - amount)
  end
  close(call, 'settled')
  return 1
end

-- Nobody renewed it: the whole reservation is charged (SPEC 15.10).
local function lapse(call)
  local r = redis.call('HMGET', P .. 'reservation:' .. call, 'state', 'amount', 'accounts')
  if r[1] ~= 'open' then return end
  book(r[3], -tonumber(r[2]), tonumber(r[2]))
  close(call, 'expired')
end

-- ---- the commit (STREAMS 3) ------------------------------------------------------------------
-- Each operation says what its arguments are (`takes`), how it may refuse (`look`, before any
-- write), and what it writes. Operations run in the order given. What an argument may be:
--
--   key            any key: what is under it does not matter, or `look` reads it
--   hash zset      a key, and what must be under it, if anything
--   stream         the same; not that of a run: that is what show is for
--   text           anything
--   version delta  a whole number; a version is not negative
--   amount time    a whole number from 0 on; time is in ms
--   ttl most       from 1 on: with a ttl of 0, Redis would refuse it or drop the key
--   run            <namespace>.<run>
--   entry          a number N and N texts, field and value in turn, type first
--   sums           a number N and N texts, field and delta in turn
--
-- `look` and `write` get argv, where in it their arguments begin, and c, what belongs to the call:
--
--   c.seen      what is needed under each key
--   c.counts    what is counted up, by hash
--   c.tallies   whether the hash of a tally is new
--   c.runs      what was written to streams of runs, by key
--   c.now c.at  the time of Redis in ms, as number and as text; when writing begins
--
-- Before `look`, keys get their prefix, and each N becomes a number; both stay in argv.

local op = {}

local function has_version(argv, a, c)
  note(c.seen, argv[a], 'hash')
  local v = redis.call('HGET', argv[a], 'v') or '0'
  if v ~= argv[a + 1] then return { 'conflict', short(argv[a]) } end
end

-- state KEY VERSION DATA: the state still has the version that was read ('0': there was none)
op.state = {
  takes = 'key version text', look = has_version,
  write = function(argv, a)
    redis.call('HSET', argv[a], 'v', whole(tonumber(argv[a + 1]) + 1), 'd', argv[a + 2])
  end,
}
-- check KEY VERSION: read, not written, and must not have changed
op.check = { takes = 'key version', look = has_version }
-- forget KEY VERSION: the state goes
op.forget = {
  takes = 'key version', look = has_version,
  write = function(argv, a) redis.call('UNLINK', argv[a]) end,
}
-- mark KEY WORD: whoever holds the state, or will be the first to, is refused and finds the word.
-- It expires: its holder may be done already and never look.
op.mark = {
  takes = 'key text',
  look = function(argv, a, c) need_numbers(c.seen, argv[a], 'v') end,
  write = function(argv, a)
    redis.call('HINCRBY', argv[a], 'v', 1)
    redis.call('HSET', argv[a], 'mark', argv[a + 1])
    redis.call('PEXPIRE', argv[a], MARK_TTL_MS)
  end,
}
-- free KEY: no such key yet
op.free = {
  takes = 'key',
  look = function(argv, a)
    if redis.call('EXISTS', argv[a]) == 1 then return { 'exists', short(argv[a]) } end
  end,
}
-- once KEY TTL_MS VALUE: done only once; a second time answers the value of the first
op.once = {
  takes = 'key ttl text',
  look = function(argv, a, c)
    note(c.seen, argv[a], 'string')
    local v = redis.call('GET', argv[a])
    if v then return { 'once', v } end
  end,
  write = function(argv, a) redis.call('SET', argv[a], argv[a + 2], 'PX', argv[a + 1]) end,
}
-- below HASH FIELD LIMIT: the counter is below the limit
op.below = {
  takes = 'key text amount',
  look = function(argv, a, c)
    if need_numbers(c.seen, argv[a], argv[a + 1])[1] >= tonumber(argv[a + 2]) then
      return { 'full', argv[a + 1] }
    end
  end,
}

-- The entry whose N is argv[n]: all but its type.
local function rest_of(argv, n) return unpack(argv, n + 3, n + argv[n]) end

-- append STREAM N FIELD VALUE ...
op.append = {
  takes = 'stream entry',
  write = function(argv, a, c)
    redis.call('XADD', argv[a], '*', 'type', argv[a + 3], 'at', c.at, rest_of(argv, a + 1))
  end,
}
-- show RUN MAX_BYTES MAX_TOKENS N FIELD VALUE ...: an event for the readers of a run; of the oldest
-- so many go that what is left, with this one, is within both limits (SPEC 13.15)
op.show = {
  takes = 'run most most entry',
  look = function(argv, a, c)
    local key = P .. 'run:' .. argv[a]
    argv[a] = key
    if note(c.seen, key, 'stream') then return end
    local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
    c.runs = c.runs or {}
    c.runs[key] = sums_of(last and last[2] or {})
    c.runs[key].is_there = last ~= nil
  end,
  write = function(argv, a, c)
    local key, n, sums, max_bytes, max_tokens = argv[a], a + 3, c.runs[argv[a]], nil, nil
    if c.tells and not sums.is_there then return end
    local bytes = sums.bytes + #'at' + #c.at
    for i = n + 1, n + argv[n] do bytes = bytes + #argv[i] end
    sums.bytes = bytes
    if argv[n + 2] == 'token' then sums.tokens = sums.tokens + 1 end
    max_bytes, max_tokens = tonumber(argv[a + 1]), tonumber(argv[a + 2])
    local first = (bytes > max_bytes or sums.tokens > max_tokens) and
                  first_kept(key, sums, max_bytes, max_tokens)
    if first then redis.call('XTRIM', key, 'MINID', '=', first) end
    redis.call('XADD', key, '*', 'type', argv[n + 2], 'at', c.at, 'sum_bytes', whole(bytes),
               'sum_tokens', whole(sums.tokens), rest_of(argv, n))
    sums.shown = true
  end,
}
-- wake PROCESS N FIELD VALUE ...: mail, capped and expiring
op.wake = {
  takes = 'text entry',
  look = function(argv, a, c)
    argv[a] = P .. 'mail:' .. argv[a]
    need(c.seen, argv[a], 'stream')
  end,
  write = function(argv, a, c)
    redis.call('XADD', argv[a], 'MAXLEN', '~', MAIL_LENGTH, '*', 'type', argv[a + 3], 'at', c.at,
               rest_of(argv, a + 1))
    redis.call('PEXPIRE', argv[a], MAIL_TTL_MS)
  end,
}
-- timer SET MEMBER AT_MS, after SET MEMBER DELAY_MS, untimer SET MEMBER
local TASK_TIMERS, TASK_ENTRIES = P .. 'timers:tasks', P .. 'timers:tasks:entries'

local function need_timers(argv, a, c)
  argv[a] = P .. 'timers:' .. argv[a]
  need(c.seen, argv[a], 'zset')
end
op.timer = {
  takes = 'text text time', look = need_timers,
  write = function(argv, a) redis.call('ZADD', argv[a], argv[a + 2], argv[a + 1]) end,
}
op.after = {
  takes = 'text text time', look = need_timers,
  write = function(argv, a, c)
    redis.call('ZADD', argv[a], whole(c.now + tonumber(argv[a + 2])), argv[a + 1])
  end,
}
op.untimer = {
  takes = 'text text',
  look = function(argv, a, c)
    need_timers(argv, a, c)
    if argv[a] == TASK_TIMERS then need(c.seen, TASK_ENTRIES, 'hash') end
  end,
  write = function(argv, a)
    redis.call('ZREM', argv[a], argv[a + 1])
    if argv[a] == TASK_TIMERS then redis.call('HDEL', TASK_ENTRIES, argv[a + 1]) end
  end,
}
-- later STREAM DELAY_MS MEMBER N FIELD VALUE ...: appends the entry after a while (STREAMS 4.5)
op.later = {
  takes = 'stream time text entry',
  look = function(_, _, c)
    need(c.seen, TASK_TIMERS, 'zset')
    need(c.seen, TASK_ENTRIES, 'hash')
  end,
  write = function(argv, a, c)
    local n = a + 3
    redis.call('HSET', TASK_ENTRIES, argv[a + 2],
               cjson.encode({ short(argv[a]), { unpack(argv, n + 1, n + argv[n]) } }))
    redis.call('ZADD', TASK_TIMERS, whole(c.now + tonumber(argv[a + 1])), argv[a + 2])
  end,
}
-- text KEY TTL_MS TEXT, drop KEY, ttl KEY TTL_MS
op.text = {
  takes = 'key ttl text',
  look = function(argv, a, c) note(c.seen, argv[a], 'string') end,
  write = function(argv, a) redis.call('SET', argv[a], argv[a + 2], 'PX', argv[a + 1]) end,
}
op.drop = { takes = 'key', write = function(argv, a) redis.call('UNLINK', argv[a]) end }
op.ttl = {
  takes = 'key ttl',
  write = function(argv, a) redis.call('PEXPIRE', argv[a], argv[a + 1]) end,
}
-- count HASH FIELD DELTA, set HASH FIELD TEXT, unset HASH FIELD
op.count = {
  takes = 'key text delta',
  look = function(argv, a, c)
    local key, field = argv[a], argv[a + 1]
    note(c.seen, key, 'hash')
    if c.tallies and c.tallies[key] ~= nil then refuse('%s: counted twice', short(key)) end
    c.counts = c.counts or {}
    local h = c.counts[key] or { fields = {}, deltas = {} }
    c.counts[key] = h
    if not h.deltas[field] then h.fields[#h.fields + 1] = field end
    h.deltas[field] = (h.deltas[field] or 0) + tonumber(argv[a + 2])
  end,
  write = function(argv, a, c) -- all counts of a hash with the first of them
    local h, texts = c.counts[argv[a]], {}
    if not h.values then return end
    for i = 1, #h.fields do
      texts[2 * i - 1] = h.fields[i]
      texts[2 * i] = whole(h.values[i] + h.deltas[h.fields[i]])
    end
    redis.call('HSET', argv[a], unpack(texts))
    h.values = nil
  end,
}
-- tally HASH TTL_MS N FIELD DELTA ...: many fields of a hash are counted up; a new one gets an end
op.tally = {
  takes = 'key ttl sums',
  look = function(argv, a, c)
    local key, n, fields, is_new = argv[a], a + 2, {}, true
    c.tallies = c.tallies or {}
    if c.tallies[key] ~= nil or c.counts and c.counts[key] then
      refuse('%s: counted twice', short(key))
    end
    for i = n + 1, n + argv[n], 2 do fields[#fields + 1] = argv[i] end
    local values = need_numbers(c.seen, key, unpack(fields))
    for i = 1, #values do
      is_new = is_new and values[i] == 0
      argv[n + 2 * i] = whole(values[i] + tonumber(argv[n + 2 * i]))
    end
    c.tallies[key] = is_new
  end,
  write = function(argv, a, c)
    local n = a + 2
    redis.call('HSET', argv[a], unpack(argv, n + 1, n + argv[n]))
    if c.tallies[argv[a]] then redis.call('PEXPIRE', argv[a], argv[a + 1]) end
  end,
}
op.set = {
  takes = 'hash text text',
  write = function(argv, a) redis.call('HSET', argv[a], argv[a + 1], argv[a + 2]) end,
}
op.unset = {
  takes = 'hash text', write = function(argv, a) redis.call('HDEL', argv[a], argv[a + 1]) end,
}
-- index ZSET MEMBER SCORE, unindex ZSET MEMBER
op.index = {
  takes = 'zset text delta',
  write = function(argv, a) redis.call('ZADD', argv[a], argv[a + 2], argv[a + 1]) end,
}
op.unindex = {
  takes = 'zset text', write = function(argv, a) redis.call('ZREM', argv[a], argv[a + 1]) end,
}
-- cap ZSET MAX PREFIX: of more members the oldest go, and with each the key PREFIX<member>
op.cap = {
  takes = 'zset amount text',
  write = function(argv, a)
    local over = redis.call('ZCARD', argv[a]) - tonumber(argv[a + 1])
    if over > 0 then
      local gone = redis.call('ZPOPMIN', argv[a], math.min(over, 100))
      for i = 1, #gone, 2 do redis.call('UNLINK', P .. argv[a + 2] .. gone[i]) end
    end
  end,
}

local RUNS = P .. 'runs'
local ACTIVE, WAITING, ENDED = P .. 'runs:active', P .. 'runs:waiting', P .. 'runs:ended'

local function free_places(limit)
  return tonumber(limit) - redis.call('ZCARD', ACTIVE)
end

-- enter RUN LIMIT: the run takes a place among the active ones (SPEC 2.10), or has it already
op.enter = {
  takes = 'run amount',
  look = function(argv, a, c)
    note(c.seen, ACTIVE, 'zset')
    if free_places(argv[a + 1]) <= 0 and not redis.call('ZSCORE', ACTIVE, argv[a]) then
      return { 'full', 'active-runs' }
    end
  end,
  write = function(argv, a, c) redis.call('ZADD', ACTIVE, c.at, argv[a]) end,
}
-- wait RUN LIMIT: it waits for one; with a place free that would be for ever
op.wait = {
  takes = 'run amount',
  look = function(argv, a, c)
    note(c.seen, ACTIVE, 'zset')
    need(c.seen, WAITING, 'zset')
    if free_places(argv[a + 1]) > 0 then return { 'conflict', 'runs:active' } end
  end,
  write = function(argv, a, c) redis.call('ZADD', WAITING, c.at, argv[a]) end,
}
-- leave RUN LIMIT: the run has ended. Who waits longest is given the place at once, so that no
-- run that comes later takes it before run.admitted is read.
op.leave = {
  takes = 'run amount',
  look = function(_, _, c)
    need(c.seen, ACTIVE, 'zset')
    need(c.seen, WAITING, 'zset')
    need(c.seen, ENDED, 'zset')
    need(c.seen, RUNS, 'stream')
  end,
  write = function(argv, a, c)
    redis.call('ZREM', ACTIVE, argv[a])
    redis.call('ZREM', WAITING, argv[a])
    redis.call('ZADD', ENDED, c.at, argv[a])
    if redis.call('EXISTS', WAITING) == 0 then return end
    local free = math.min(free_places(argv[a + 1]), ADMITTED_AT_ONCE)
    if free <= 0 then return end
    local next = redis.call('ZPOPMIN', WAITING, free)
    for i = 1, #next, 2 do
      local namespace, run = string.match(next[i], '^([^.]+)%.(.+)$')
      if run then
        redis.call('ZADD', ACTIVE, c.at, next[i])
        append('runs', c.now, { 'type', 'run.admitted', 'namespace', namespace, 'run', run })
      end
    end
  end,
}
-- displace ZSET: the runs in it are asked to stop (SPEC 12.15, Replace)
op.displace = {
  takes = 'zset',
  look = function(_, _, c) need(c.seen, RUNS, 'stream') end,
  write = function(argv, a, c)
    local members = redis.call('ZRANGE', argv[a], 0, -1)
    for i = 1, #members do
      local namespace, run = string.match(members[i], '^([^.]+)%.(.+)$')
      if run then
        append('runs', c.now, { 'type', 'run.cancelled', 'namespace', namespace, 'run', run,
                                'by', 'gateway', 'reason', 'Replaced', 'message',
                                'replaced by a newer fire of its event' })
      end
    end
  end,
}
-- account NAME LIMIT: opens or changes an account
op.account = {
  takes = 'text amount',
  look = function(argv, a, c) need(c.seen, P .. 'account:' .. argv[a], 'hash') end,
  write = function(argv, a)
    redis.call('HSET', P .. 'account:' .. argv[a], 'limit', argv[a + 1])
  end,
}
-- settle CALL TOKENS, lapse CALL
local function look_at_reservation(argv, a, c) need_reservation(c.seen, argv[a]) end
op.settle = {
  takes = 'text amount', look = look_at_reservation,
  write = function(argv, a) settle(argv[a], tonumber(argv[a + 1])) end,
}
op.lapse = {
  takes = 'text', look = look_at_reservation, write = function(argv, a) lapse(argv[a]) end,
}
-- reserve CALL ACCOUNTS INPUT CAP TTL_MS: its verdict is the third item of the answer
op.reserve = {
  takes = 'text text amount amount ttl',
  look = function(argv, a, c)
    need_reservation(c.seen, argv[a])
    need_accounts(c.seen, argv[a + 1])
  end,
  write = function(argv, a, c)
    c.reservation = reserve(argv[a], argv[a + 1], tonumber(argv[a + 2]), tonumber(argv[a + 3]),
                            tonumber(argv[a + 4]), c.now)
  end,
}
-- keep: the entry stays pending for me (a claim, a recorded model turn)
op.keep = { takes = '', write = function(_, _, c) c.keep = true end }

local LEAST = { version = 0, amount = 0, time = 0, ttl = 1, most = 1, delta = -MAX_NUMBER }
local KEYS = { key = true, hash = true, zset = true, stream = true }

-- What an operation takes, as lists of where it stands and what that is; made with its first use, since a library
-- that is being loaded has no functions of Lua yet.
local function prepare(o)
  local count, numbers, keys = 0, {}, {}
  for word in string.gmatch(o.takes, '%a+') do
    if LEAST[word] then
      numbers[#numbers + 1], numbers[#numbers + 2] = count, LEAST[word]
    elseif KEYS[word] then
      keys[#keys + 1], keys[#keys + 2] = count, word
    elseif word == 'run' then
      o.run = count
    end
    if word == 'entry' or word == 'sums' then o.list = word else count = count + 1 end
  end
  o.count, o.numbers, o.keys = count, numbers, keys
end

-- The list whose N is argv[n] makes sense.
local function look_at_list(argv, n, word, name)
  local count = need_number(argv[n], 2, name)
  if count > (word == 'entry' and MAX_FIELDS or MAX_SUMS) or count % 2 ~= 0 or n + count > #argv then
    refuse('%s: wrong number of fields', name)
  end
  if word == 'sums' then
    for i = n + 2, n + count, 2 do need_number(argv[i], LEAST.delta, name) end
  elseif argv[n + 1] ~= 'type' then
    refuse('%s: an entry begins with its type', name)
  end
  argv[n] = count
end

-- The arguments of an operation make sense, and under its keys is what it takes.
local function look_at_arguments(argv, a, o, name, c)
  if a + o.count - 1 > #argv then refuse('%s: too few arguments', name) end
  local numbers, keys = o.numbers, o.keys
  for k = 1, #numbers, 2 do need_number(argv[a + numbers[k]], numbers[k + 1], name) end
  if o.run and not string.find(argv[a + o.run], '^[^.]+%..') then
    refuse('%s: not a run: %s', name, argv[a + o.run])
  end
  for k = 1, #keys, 2 do
    local i, kind = a + keys[k], keys[k + 1]
    if kind == 'stream' and string.sub(argv[i], 1, 4) == 'run:' then
      refuse('%s: to the stream of a run: that is what show does', name)
    end
    argv[i] = P .. argv[i]
    if kind ~= 'key' then need(c.seen, argv[i], kind) end
  end
end

-- Looks at the operations of argv from position i on: everything that may refuse, before the first
-- write. Answers the refusal, if any. only: the one operation that may be there.
local function look(argv, i, c, only)
  while i <= #argv do
    local name, a = argv[i], i + 1
    local o = op[name]
    if not o then refuse('unknown operation %s', name) end
    if not o.count then prepare(o) end
    if only and name ~= only then refuse('%s: only %s', name, only) end
    look_at_arguments(argv, a, o, name, c)
    i = a + o.count
    if o.list then
      look_at_list(argv, i, o.list, name)
      i = i + argv[i] + 1
    end
    local refused = o.look and o.look(argv, a, c)
    if refused then return refused end
  end
  -- What is counted up is read once for each hash, and later written once.
  for key, h in pairs(c.counts or {}) do
    h.values = need_numbers(c.seen, key, unpack(h.fields))
  end
end

-- Carries out what was looked at. Nothing here may fail.
local function write(argv, i, c)
  c.now = now_ms()
  c.at = whole(c.now)
  while i <= #argv do
    local o, a = op[argv[i]], i + 1
    i = a + o.count
    if o.list then i = i + argv[i] + 1 end
    if o.write then o.write(argv, a, c) end
  end
  -- Readers of runs are woken once (STREAMS 2.9).
  for key, sums in pairs(c.runs or {}) do
    if sums.shown then redis.call('PUBLISH', key, '') end
  end
end

-- Are all these entries pending for me? ids is in the order of the stream.
local function all_mine(key, group, me, ids)
  local rows = redis.call('XPENDING', key, group, ids[1], ids[#ids], #ids, me)
  if #ids == 1 then return rows[1] ~= nil end
  local mine = {}
  for i = 1, #rows do mine[rows[i][1]] = true end
  for i = 1, #ids do
    -- Entries of earlier batches may stand between.
    if not mine[ids[i]] and not redis.call('XPENDING', key, group, ids[i], ids[i], 1, me)[1] then
      return false
    end
  end
  return true
end

local function ids_of(list)
  if not string.find(list, ',', 1, true) then return { list } end
  local ids = {}
  for id in string.gmatch(list, '[^,]+') do ids[#ids + 1] = id end
  return ids
end

-- argv: STREAM GROUP ME IDS, then operations. IDS: one, or several with commas between that are
-- answered together; '-': nothing to acknowledge.
-- Answers {'ok', now, reservation}, {'lost'}, {'conflict', key}, {'once', value}, {'exists', key},
-- {'full', limit}.
local function commit(_, argv)
  local stream, group, me, ids, c = P .. argv[1], argv[2], argv[3], nil, { seen = {} }
  if argv[4] ~= '-' then
    ids = ids_of(argv[4])
    if #ids == 0 or #ids > MAX_IDS then refuse('commit: wrong number of entries') end
    if not all_mine(stream, group, me, ids) then return { 'lost' } end
    c.seen[stream] = 'stream'
  end
  local refused = look(argv, 5, c)
  if refused then return refused end
  write(argv, 5, c)
  if ids and not c.keep then redis.call('XACK', stream, group, unpack(ids)) end
  return { 'ok', c.at, c.reservation or false }
end

-- ---- timers (STREAMS 4) ----------------------------------------------------------------------

-- What a member of timers:tasks stands for: stream and fields; nil when that makes no sense.
local function delayed(text)
  local fine, entry = pcall(cjson.decode, text)
  if not fine or type(entry) ~= 'table' or type(entry[1]) ~= 'string' then return nil end
  local fields = entry[2]
  if type(fields) ~= 'table' or #fields < 2 or #fields > MAX_FIELDS then return nil end
  for _, f in ipairs(fields) do
    if type(f) ~= 'string' then return nil end
  end
  local is = redis.call('TYPE', P .. entry[1]).ok
  if is ~= 'stream' and is ~= 'none' then return nil end
  return entry[1], fields
end

-- SET MAX: moves what is due into its inbox; answers how many, and in how many ms the next is due
-- (-1: there is none). A timer that cannot be kept goes to `dead`: it must not stop those behind.
local function fire(_, argv)
  local set, key, seen, now = argv[1], P .. 'timers:' .. argv[1], {}, now_ms()
  local max = need_number(argv[2], 1, 'fire')
  local due = redis.call('ZRANGEBYSCORE', key, '-inf', whole(now), 'LIMIT', 0, max)
  if #due > 0 then
    if set == 'tasks' then need(seen, TASK_ENTRIES, 'hash') else need(seen, P .. set, 'stream') end
    need(seen, P .. 'dead', 'stream')
  end
  for _, member in ipairs(due) do
    if set == 'tasks' then
      local text = redis.call('HGET', key .. ':entries', member)
      local stream, fields = delayed(text or '')
      if stream then
        append(stream, now, fields)
      elseif text then
        append('dead', now, { 'type', 'entry.parked', 'from', 'timers:tasks', 'group', 'timers',
                              'entry', '0-0', 'reason', 'a timer that makes no sense',
                              'deliveries', '1', 'content', cjson.encode({ member, text }) })
      end
      redis.call('HDEL', key .. ':entries', member)
    else
      append(set, now, { 'type', 'timer.fired', 'timer', member })
    end
    redis.call('ZREM', key, member)
  end
  local next = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return { #due, next[2] and math.max(0, tonumber(next[2]) - now) or -1 }
end

-- ---- reading, taking over, giving up (STREAMS 5) ---------------------------------------------

-- What giving up writes to.
local function need_parking()
  local seen = {}
  need(seen, P .. 'dead', 'stream')
  need(seen, RUNS, 'stream')
  need_numbers(seen, P .. 'counters', 'pending')
end

-- A run that was asked for by an entry that is given up: without a state it is pending no more, its
-- name is free again, and it keeps no other fire of its event from starting.
local function forget_request(f)
  local run = (f.namespace or '') .. '.' .. (f.run or '')
  if redis.call('EXISTS', P .. 'run-state:' .. run) == 1 then return end
  if (number(redis.call('HGET', P .. 'counters', 'pending')) or 0) > 0 then
    redis.call('HINCRBY', P .. 'counters', 'pending', -1)
  end
  redis.call('UNLINK', P .. 'admitted:' .. run)
  local fires = P .. 'event-runs:' .. (f.namespace or '') .. '.' .. (f.trigger or '')
  if redis.call('TYPE', fires).ok == 'zset' then redis.call('ZREM', fires, run) end
end

local function park(stream, group, id, fields, reason, words, deliveries, now)
  append('dead', now, {
    'type', 'entry.parked', 'from', stream, 'group', group, 'entry', id, 'reason', reason,
    'message', words, 'deliveries', tostring(deliveries), 'content', cjson.encode(fields),
  })
  redis.call('XACK', P .. stream, group, id)
  local f = pairs_of(fields)
  if f.type == 'run.requested' then forget_request(f) end
  -- Whoever waits for the outcome of a task hears that there will be none.
  if f.type == 'task.requested' and f.namespace and f.run and f.step and f.task then
    append('runs', now, {
      'type', 'task.finished', 'cause', id, 'namespace', f.namespace, 'run', f.run, 'step', f.step,
      'task', f.task, 'outcome', 'failed', 'reason', 'AgentError',
      'message', 'the task was given up: ' .. words,
    })
  end
end

-- STREAM GROUP ME ID WORDS: an entry that cannot be decoded or handled
local function give_up(_, argv)
  local key = P .. argv[1]
  local row = redis.call('XPENDING', key, argv[2], argv[4], argv[4], 1, argv[3])[1]
  if not row then return { 'lost' } end
  need_parking()
  local entry = redis.call('XRANGE', key, argv[4], argv[4])[1]
  if entry then
    park(argv[1], argv[2], argv[4], entry[2], 'WrongInput', argv[5], row[4], now_ms())
  else
    redis.call('XACK', key, argv[2], argv[4])
  end
  return { 'ok' }
end

-- The entry of a pending row, now mine; nil when it is gone, or kills whoever handles it: then it
-- is parked.
local function claim(stream, group, me, row)
  local key = P .. stream
  if row[4] >= PARK_AFTER then
    local entry = redis.call('XRANGE', key, row[1], row[1])[1]
    if entry then
      park(stream, group, row[1], entry[2], 'NeverCommitted',
           'ten deliveries did not get it committed', row[4], now_ms())
      return nil
    end
  end
  local entry = redis.call('XCLAIM', key, group, me, 0, row[1])[1]
  if not entry then redis.call('XACK', key, group, row[1]) end
  return entry
end

-- STREAM GROUP ME IDLE_MS MAX: for deciders, entries idle for so long, twice as long after each
-- delivery; the one that ten did not get committed is parked.
local function steal(_, argv)
  local stream, group, me, got, from = argv[1], argv[2], argv[3], {}, '-'
  local idle, max = need_number(argv[4], 1, 'steal'), need_number(argv[5], 1, 'steal')
  -- Those that are not idle long enough yet must not hide those behind them.
  for _ = 1, STEAL_PAGES do
    local rows = redis.call('XPENDING', P .. stream, group, 'IDLE', idle, from, '+', max)
    if rows[1] then need_parking() end
    for _, row in ipairs(rows) do
      if row[3] >= idle * 2 ^ (row[4] - 1) then
        got[#got + 1] = claim(stream, group, me, row)
        if #got == max then return got end
      end
    end
    if #rows < max then break end
    from = '(' .. rows[#rows][1]
  end
  return got
end

-- STREAM GROUP ME MAX: what is pending for me; not a delivery, so nothing counts
local function mine(_, argv)
  local key, got, max = P .. argv[1], {}, need_number(argv[4], 1, 'mine')
  for _, row in ipairs(redis.call('XPENDING', key, argv[2], '-', '+', max, argv[3])) do
    local entry = redis.call('XRANGE', key, row[1], row[1])[1]
    if entry then got[#got + 1] = entry else redis.call('XACK', key, argv[2], row[1]) end
  end
  return got
end

-- GROUP ME [SERVES]: a sign of life, and whom I serve; answers those of the whole group. No two signs
-- are ever the same: who was buried and comes back must not look as if it had not moved.
local function beat(_, argv)
  local sign = whole(redis.call('INCR', P .. 'beats'))
  if argv[3] then sign = sign .. ' ' .. argv[3] end
  redis.call('HSET', P .. 'heartbeats:' .. argv[1], argv[2], sign)
  return redis.call('HGETALL', P .. 'heartbeats:' .. argv[1])
end

-- The number of a boot. No two of the suite have the same, so nothing has to be kept for each name.
local function boot()
  return redis.call('INCR', P .. 'boots')
end

-- The heartbeat of a process moved since it was SEEN ('-': it has none).
local function lives(group, name, seen)
  return (redis.call('HGET', P .. 'heartbeats:' .. group, name) or '-') ~= seen
end

-- Whether a dead process holds 'more' than these rows of at most MAX. 'none': it holds nothing more,
-- and is forgotten as a consumer; 'unknown': it was none.
local function left(stream, group, dead, rows, max)
  if #rows == max then return 'more' end
  for _, c in ipairs(redis.call('XINFO', 'CONSUMERS', P .. stream, group)) do
    if c[2] == dead then
      redis.call('XGROUP', 'DELCONSUMER', P .. stream, group, dead)
      return 'none'
    end
  end
  return 'unknown'
end

-- STREAM GROUP ME DEAD SEEN MAX: what a dead process holds, unless it lives. Answers {'alive'}, or
-- {'ok', entries, left}.
local function takeover(_, argv)
  local stream, group, me, dead, seen = argv[1], argv[2], argv[3], argv[4], argv[5]
  local max = need_number(argv[6], 1, 'takeover')
  if me == dead then refuse('takeover: from myself') end
  need_parking()
  if lives(group, dead, seen) then return { 'alive' } end
  local rows, got = redis.call('XPENDING', P .. stream, group, '-', '+', max, dead), {}
  for _, row in ipairs(rows) do got[#got + 1] = claim(stream, group, me, row) end
  return { 'ok', got, left(stream, group, dead, rows, max) }
end

-- The entry of a pending row goes to the end of its queue, and takes along how often it was
-- delivered: one that kills whoever handles it is parked as in `claim`. Answers whether it waits.
local function put_back(stream, group, row, now)
  local entry = redis.call('XRANGE', P .. stream, row[1], row[1])[1]
  local fields, deliveries, words = {}, row[4], nil
  for i = 1, entry and #entry[2] or 0, 2 do
    local name, text = entry[2][i], entry[2][i + 1]
    if name == 'deliveries' then
      deliveries = deliveries + (number(text) or 0)
    elseif name ~= 'at' then
      fields[#fields + 1], fields[#fields + 2] = name, text
    end
  end
  if deliveries >= PARK_AFTER then words = 'ten deliveries did not get it committed' end
  if #fields == 0 or #fields > MAX_FIELDS then words = 'it is no task' end
  if entry and words then
    park(stream, group, row[1], entry[2], 'NeverCommitted', words, deliveries, now)
    return false
  end
  if entry then
    fields[#fields + 1], fields[#fields + 2] = 'deliveries', whole(deliveries)
    append(stream, now, fields)
  end
  redis.call('XACK', P .. stream, group, row[1])
  return entry ~= nil
end

-- STREAM GROUP DEAD SEEN MAX: what a dead process holds is queued again, so that `lag` shows it and
-- whoever comes next does it (SPEC 7.3). Answers {'alive'}, or {'ok', number, left}. That of two
-- callers only one has an effect, and that DEAD, should it come back, is refused, are one thing:
-- afterwards nothing is pending for it.
local function requeue(_, argv)
  local stream, group, dead, now = argv[1], argv[2], argv[3], now_ms()
  local max, count = need_number(argv[5], 1, 'requeue'), 0
  need_parking()
  need({}, P .. stream, 'stream')
  if lives(group, dead, argv[4]) then return { 'alive' } end
  if not group_of(P .. stream, group) then return { 'ok', 0, 'unknown' } end
  local rows = redis.call('XPENDING', P .. stream, group, '-', '+', max, dead)
  for _, row in ipairs(rows) do
    if put_back(stream, group, row, now) then count = count + 1 end
  end
  return { 'ok', count, left(stream, group, dead, rows, max) }
end

-- GROUP DEAD SEEN: forgets the heartbeat of a process that holds nothing any more
local function bury(_, argv)
  local key = P .. 'heartbeats:' .. argv[1]
  if redis.call('HGET', key, argv[2]) ~= argv[3] then return 0 end
  redis.call('UNLINK', P .. 'mail:' .. argv[2])
  return redis.call('HDEL', key, argv[2])
end

-- STREAM GROUP ME ID STATE, then show operations: a worker tells the readers of a run something,
-- as long as the entry is its own and nobody marked the task's state (SPEC 13.13). A stream that
-- is not there any more is not made again: nothing would ever clean it.
local function tell(_, argv)
  local c = { seen = {}, tells = true }
  if not all_mine(P .. argv[1], argv[2], argv[3], { argv[4] }) then return { 'lost' } end
  if argv[5] ~= '-' and redis.call('HGET', P .. argv[5], 'mark') then return { 'marked' } end
  look(argv, 6, c, 'show')
  write(argv, 6, c)
  return { 'ok' }
end

-- ---- trimming (STREAMS 6) --------------------------------------------------------------------

-- The oldest entry that the group still needs.
local function needed(key, group, last_delivered)
  local p = redis.call('XPENDING', key, group)
  return p[1] > 0 and p[2] or after(last_delivered)
end

local function older(a, b)            -- ids by value
  local am, an = string.match(a, '^(%d+)-(%d+)$')
  local bm, bn = string.match(b, '^(%d+)-(%d+)$')
  if am ~= bm then return tonumber(am) < tonumber(bm) end
  return tonumber(an) < tonumber(bn)
end

-- A decider's name is new with every start, and nobody takes over from it by name.
local function forget_consumers(key, group)
  for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', key, group)) do
    local c = pairs_of(row)
    if c.pending == 0 and c.idle >= CONSUMER_IDLE_MS then
      redis.call('XGROUP', 'DELCONSUMER', key, group, c.name)
    end
  end
end

-- STREAM [KEEP_MS KEEP]: an inbox, from its old end up to what its group still needs. What was
-- handled stays for people to read for so long, as long as the inbox is no longer than KEEP.
local function trim(_, argv)
  local key, min = P .. argv[1], nil
  local keep_ms = need_number(argv[2] or '0', 0, 'trim')
  local keep = need_number(argv[3] or '0', 0, 'trim')
  for _, g in ipairs(groups(key)) do
    local id = needed(key, g.name, g['last-delivered-id'])
    if not min or older(id, min) then min = id end
    if g.consumers > MANY_CONSUMERS then forget_consumers(key, g.name) end
  end
  if min and keep > 0 and redis.call('XLEN', key) <= keep then
    local recent = whole(math.max(0, now_ms() - keep_ms)) .. '-0'
    if older(recent, min) then min = recent end
  end
  return min and redis.call('XTRIM', key, 'MINID', min) or 0
end

-- STREAM KEEP_MS KEEP_COUNT: a log of facts, by age and number, never what a group still needs
local function trim_facts(_, argv)
  local key = P .. argv[1]
  local keep_ms, keep = need_number(argv[2], 0, 'trim_facts'), need_number(argv[3], 0, 'trim_facts')
  if redis.call('EXISTS', key) == 0 then return 0 end
  local min = whole(math.max(0, now_ms() - keep_ms)) .. '-0'
  local over = redis.call('XLEN', key) - keep
  if over > 0 then
    local rows = redis.call('XRANGE', key, '-', '+', 'COUNT', math.min(over, 1000))
    local last = after(rows[#rows][1])
    if older(min, last) then min = last end
  end
  for _, g in ipairs(groups(key)) do
    local id = needed(key, g.name, g['last-delivered-id'])
    if older(id, min) then min = id end
    if g.consumers > MANY_CONSUMERS then forget_consumers(key, g.name) end
  end
  return redis.call('XTRIM', key, 'MINID', min)
end

local function count_after(key, id)   -- entries newer than id, without reading all at once
  local n = 0
  repeat
    local rows = redis.call('XRANGE', key, '(' .. id, '+', 'COUNT', 256)
    n = n + #rows
    id = rows[1] and rows[#rows][1]
  until #rows < 256
  return n
end

-- STREAM GROUP: a lag that Redis lost count of is counted anew. Its log does not say of a read how
-- many entries it was: after a replay lag is NULL, or, where it had been repaired before, too large
-- by all that was read since.
local function repair(_, argv)
  local key = P .. argv[1]
  local g = group_of(key, argv[2])
  if not g or g.lag == 0 then return 0 end
  local last = g['last-delivered-id']
  local waiting = count_after(key, last)
  if g.lag == waiting then return 0 end
  local added = pairs_of(redis.call('XINFO', 'STREAM', key))['entries-added']
  redis.call('XGROUP', 'SETID', key, argv[2], last, 'ENTRIESREAD', whole(added - waiting))
  return 1
end

-- STREAM GROUP AFTER MAX: tells the runner which tasks wait in a queue that nobody reads (SPEC 10.2),
-- from behind entry AFTER on. Answers the id of the last one that it looked at, and how many there
-- were.
local function waiting(_, argv)
  local key, from, now, seen = P .. argv[1], argv[3], now_ms(), {}
  local max = need_number(argv[4], 1, 'waiting')
  need(seen, key, 'stream')
  need(seen, RUNS, 'stream')
  local group = group_of(key, argv[2])
  if group and older(from, group['last-delivered-id']) then from = group['last-delivered-id'] end
  local rows = redis.call('XRANGE', key, '(' .. from, '+', 'COUNT', max)
  for _, row in ipairs(rows) do
    local f = pairs_of(row[2])
    if f.type == 'task.requested' and f.namespace and f.run and f.step and f.task then
      append('runs', now, { 'type', 'task.waiting', 'cause', row[1], 'namespace', f.namespace,
                            'run', f.run, 'step', f.step, 'task', f.task })
    end
    from = row[1]
  end
  return { from, #rows }
end

-- ---- leaders and objects (STREAMS 7) ---------------------------------------------------------

-- ROLE ME TTL_MS: takes or keeps the lead. Answers {'leader', epoch} or {'other', epoch}. A new epoch
-- is larger than any before, also when what Redis knew of those is gone: who led sees that, too.
local function lead(_, argv)
  local key, now, ttl = P .. 'leader:' .. argv[1], now_ms(), need_number(argv[3], 1, 'lead')
  local old = need_numbers({}, key, 'till', 'epoch')
  local r = redis.call('HMGET', key, 'who', 'epoch')
  local held = r[1] and old[1] > now
  if held and r[1] ~= argv[2] then return { 'other', r[2] } end
  local epoch = held and r[2] or whole(math.max(old[2] + 1, now))
  redis.call('HSET', key, 'who', argv[2], 'till', whole(now + ttl), 'epoch', epoch)
  return { 'leader', epoch }
end

-- ROLE ME: gives the lead back at once
local function step_down(_, argv)
  local key = P .. 'leader:' .. argv[1]
  if redis.call('HGET', key, 'who') ~= argv[2] then return 0 end
  return redis.call('HSET', key, 'till', '0')
end

local function leads(role, epoch)
  return redis.call('HGET', P .. 'leader:' .. role, 'epoch') == epoch
end

-- ROLE EPOCH, then per object KIND NAMESPACE NAME VERSION UID GENERATION JSON: what is new is
-- stored and told; an unchanged version says nothing. An empty VERSION: the object is gone.
local function publish(_, argv)
  local now, said, seen = now_ms(), 0, {}
  if (#argv - 2) % 7 ~= 0 then refuse('publish: wrong number of arguments') end
  if not leads(argv[1], argv[2]) then return { 'old' } end
  need(seen, P .. 'snapshot', 'hash')
  need(seen, P .. 'snapshot:versions', 'hash')
  need(seen, P .. 'objects', 'stream')
  for i = 3, #argv, 7 do
    local kind, namespace, name, version = argv[i], argv[i + 1], argv[i + 2], argv[i + 3]
    local field = kind .. '/' .. namespace .. '/' .. name
    local old = redis.call('HGET', P .. 'snapshot:versions', field)
    if version == '' and old then
      redis.call('HDEL', P .. 'snapshot:versions', field)
      redis.call('HDEL', P .. 'snapshot', field)
      append('objects', now, { 'type', 'object.deleted', 'kind', kind, 'namespace', namespace,
                               'name', name })
      said = said + 1
    elseif version ~= '' and old ~= version then
      redis.call('HSET', P .. 'snapshot:versions', field, version)
      redis.call('HSET', P .. 'snapshot', field, argv[i + 6])
      append('objects', now, { 'type', 'object.changed', 'kind', kind, 'namespace', namespace,
                               'name', name, 'uid', argv[i + 4], 'generation', argv[i + 5],
                               'version', version })
      said = said + 1
    end
  end
  return { 'ok', said }
end

-- ---- the ledger, without a commit ------------------------------------------------------------

-- CALL ACCOUNTS INPUT CAP TTL_MS; CALL TOKENS: as the operations of these names
local function alone(name, argv)
  local c, all = { seen = {} }, { name, unpack(argv) }
  look(all, 1, c)
  return c, all
end

local function reserve_alone(_, argv)
  local c, all = alone('reserve', argv)
  write(all, 1, c)
  return c.reservation
end

local function settle_alone(_, argv)
  alone('settle', argv)
  return settle(argv[1], tonumber(argv[2]))
end

-- CALL TTL_MS: the call still goes on. Answers 0 when the reservation is not open any more, or its
-- time has come already.
local function renew(_, argv)
  local member, ttl = 'expire|' .. argv[1], need_number(argv[2], 1, 'renew')
  if redis.call('HGET', P .. 'reservation:' .. argv[1], 'state') ~= 'open' or
     not redis.call('ZSCORE', P .. 'timers:spend', member) then
    return 0
  end
  redis.call('ZADD', P .. 'timers:spend', whole(now_ms() + ttl), member)
  return 1
end

-- ---- names -----------------------------------------------------------------------------------

-- The texts that a function has at least.
local function register(name, fn, least, flags)
  redis.register_function {
    function_name = 'ark_1_' .. name,
    callback = function(keys, argv)
      if #argv < least then refuse('%s: too few arguments', name) end
      return fn(keys, argv)
    end,
    flags = flags or {},
  }
end

-- Out of memory, Redis refuses what admits new work; what finishes work goes on, and frees.
local finishes = { 'allow-oom' }
register('admit', commit, 4)
register('commit', commit, 4, finishes)
register('fire', fire, 2, finishes)
register('give_up', give_up, 5, finishes)
register('steal', steal, 5, finishes)
register('takeover', takeover, 6, finishes)
register('requeue', requeue, 5, finishes)
register('waiting', waiting, 4, finishes)
register('bury', bury, 3, finishes)
register('mine', mine, 4, finishes)
register('beat', beat, 2, finishes)
register('boot', boot, 0, finishes)
register('tell', tell, 5)
register('trim', trim, 1, finishes)
register('trim_facts', trim_facts, 3, finishes)
register('repair', repair, 2, finishes)
register('lead', lead, 3, finishes)
register('step_down', step_down, 2, finishes)
register('publish', publish, 2)
register('reserve', reserve_alone, 5)
register('settle', settle_alone, 2, finishes)
register('renew', renew, 2, finishes)
