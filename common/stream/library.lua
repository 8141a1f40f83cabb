#!lua name=ark_1
-- The function library: every write of the suite to Redis is one call of a function here.
--
-- The rule that everything rests on (STREAMS 3): a commit first looks at everything that could
-- refuse it and only then writes, so that it happens whole or not at all. Nothing after the first
-- write can fail.
--
-- Names carry the version of the library: two releases work side by side on one Redis, each
-- with its own. Change what a function means, or the state it writes, and the number goes up.

local P = 'ark:{0}:'
local MIN_OUTPUT_TOKENS = 64          -- SPEC 15.8: below this a reservation is refused
local MAX_FIELDS = 128                -- texts of one entry
local RUN_EVENTS = 100000             -- SPEC 13.15: kept of one run
local MAIL_LENGTH = 100               -- wake-ups kept for one process
local MAIL_TTL_MS = 60000
local MARK_TTL_MS = 86400000          -- as long as a task may take (SPEC 6.5)
local MAX_PENDING_ROWS = 4096         -- a consumer's pending entries between two of one batch
local PARK_AFTER = 10                 -- deliveries without a commit (STREAMS 5.4)

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function whole(n)               -- a Lua number as Redis wants it, without exponent
  return string.format('%.0f', n)
end

-- Appends an entry: type first, then when Redis took it, then the other fields.
local function append(stream, now, fields)
  if string.sub(stream, 1, 4) ~= 'run:' then
    redis.call('XADD', P .. stream, '*', fields[1], fields[2], 'at', whole(now), unpack(fields, 3))
    return
  end
  redis.call('XADD', P .. stream, 'MAXLEN', '~', RUN_EVENTS, '*', fields[1], fields[2], 'at',
             whole(now), unpack(fields, 3))
  redis.call('PUBLISH', P .. stream, '') -- STREAMS 2.9: readers of a run are woken
end

-- ---- the ledger (SPEC 15.6 to 15.10) ---------------------------------------------------------
-- account:<name>      hash: limit, reserved, spent, all in tokens
-- reservation:<call>  hash: state open|expired|settled, amount, accounts (a comma list)

local function account_names(list)
  return string.gmatch(list, '[^,]+')
end

local function account_room(name)
  local v = redis.call('HMGET', P .. 'account:' .. name, 'limit', 'reserved', 'spent')
  if not v[1] then return nil end
  local used = (tonumber(v[2]) or 0) + (tonumber(v[3]) or 0)
  return tonumber(v[1]) - used, v[1], used
end

-- All accounts or none. The output cap is lowered to what fits.
local function reserve(call, accounts, input, cap, ttl_ms, now)
  local key = P .. 'reservation:' .. call
  local old = redis.call('HMGET', key, 'state', 'amount')
  if old[1] then return { 'again', old[1], tostring(tonumber(old[2]) - input) } end
  for name in account_names(accounts) do
    local room, limit, used = account_room(name)
    if room then
      if room - input < math.min(cap, MIN_OUTPUT_TOKENS) then
        return { 'refused', name, limit, whole(used) }
      end
      cap = math.min(cap, room - input)
    end
  end
  local amount = whole(input + cap)
  for name in account_names(accounts) do
    redis.call('HINCRBY', P .. 'account:' .. name, 'reserved', amount)
  end
  redis.call('HSET', key, 'state', 'open', 'amount', amount, 'accounts', accounts)
  redis.call('ZADD', P .. 'timers:spend', whole(now + ttl_ms), 'expire|' .. call)
  return { 'granted', whole(cap) }
end

-- Charges `usage` tokens instead of what was reserved, or of what was charged at expiry. Once.
local function settle(call, usage)
  local key = P .. 'reservation:' .. call
  local r = redis.call('HMGET', key, 'state', 'amount', 'accounts')
  if not r[1] or r[1] == 'settled' then return false end
  for name in account_names(r[3]) do
    local account = P .. 'account:' .. name
    if r[1] == 'open' then
      redis.call('HINCRBY', account, 'reserved', '-' .. r[2])
      redis.call('HINCRBY', account, 'spent', whole(usage))
    else
      redis.call('HINCRBY', account, 'spent', whole(usage - tonumber(r[2])))
    end
  end
  redis.call('HSET', key, 'state', 'settled')
  redis.call('PEXPIRE', key, 86400000)
  redis.call('ZREM', P .. 'timers:spend', 'expire|' .. call)
  return true
end

-- Nobody renewed it: the whole reservation is charged (SPEC 15.10).
local function expire(call)
  local key = P .. 'reservation:' .. call
  local r = redis.call('HMGET', key, 'state', 'amount', 'accounts')
  if r[1] ~= 'open' then return false end
  for name in account_names(r[3]) do
    redis.call('HINCRBY', P .. 'account:' .. name, 'reserved', '-' .. r[2])
    redis.call('HINCRBY', P .. 'account:' .. name, 'spent', r[2])
  end
  redis.call('HSET', key, 'state', 'expired')
  redis.call('PEXPIRE', key, 86400000)
  redis.call('ZREM', P .. 'timers:spend', 'expire|' .. call)
  return true
end

-- ---- the commit (STREAMS 3) ------------------------------------------------------------------
-- Each operation: how many arguments it takes, how it may refuse (`look`, before any write), and
-- what it writes. Operations run in the order given.

local op = {}

-- state KEY VERSION DATA: the state still has the version that was read ('0': there was none)
op.state = {
  args = 3,
  look = function(a)
    local v = redis.call('HGET', P .. a[1], 'v') or '0'
    if v ~= a[2] then return { 'conflict', a[1] } end
  end,
  write = function(a)
    redis.call('HSET', P .. a[1], 'v', whole(tonumber(a[2]) + 1), 'd', a[3])
  end,
}
-- check KEY VERSION: read, not written, and must not have changed
op.check = { args = 2, look = op.state.look, write = function() end }
-- forget KEY VERSION: the state goes
op.forget = {
  args = 2, look = op.state.look,
  write = function(a) redis.call('UNLINK', P .. a[1]) end,
}
-- mark KEY WORD: whoever holds the state, or will be the first to, is refused and finds the word.
-- It expires: its holder may be done already and never look.
op.mark = {
  args = 2,
  write = function(a)
    redis.call('HINCRBY', P .. a[1], 'v', 1)
    redis.call('HSET', P .. a[1], 'mark', a[2])
    redis.call('PEXPIRE', P .. a[1], MARK_TTL_MS)
  end,
}
-- free KEY: no such key yet
op.free = {
  args = 1,
  look = function(a)
    if redis.call('EXISTS', P .. a[1]) == 1 then return { 'exists', a[1] } end
  end,
  write = function() end,
}
-- once KEY TTL_MS VALUE: done only once; a second time answers the value of the first
op.once = {
  args = 3,
  look = function(a)
    local v = redis.call('GET', P .. a[1])
    if v then return { 'once', v } end
  end,
  write = function(a) redis.call('SET', P .. a[1], a[3], 'PX', a[2]) end,
}
-- below KEY FIELD LIMIT: the counter is below the limit
op.below = {
  args = 3,
  look = function(a)
    if tonumber(redis.call('HGET', P .. a[1], a[2]) or 0) >= tonumber(a[3]) then
      return { 'full', a[2] }
    end
  end,
  write = function() end,
}
-- append STREAM N FIELD VALUE ...: an entry of N texts, the type first
op.append = {
  write = function(a, now) append(a[1], now, a.fields) end,
}
-- wake PROCESS N FIELD VALUE ...: mail, capped and expiring
op.wake = {
  write = function(a, now)
    local key = P .. 'mail:' .. a[1]
    redis.call('XADD', key, 'MAXLEN', '~', MAIL_LENGTH, '*', a.fields[1], a.fields[2], 'at',
               whole(now), unpack(a.fields, 3))
    redis.call('PEXPIRE', key, MAIL_TTL_MS)
  end,
}
-- timer SET MEMBER AT_MS, after SET MEMBER DELAY_MS, untimer SET MEMBER
op.timer = {
  args = 3,
  write = function(a) redis.call('ZADD', P .. 'timers:' .. a[1], a[3], a[2]) end,
}
op.after = {
  args = 3,
  write = function(a, now)
    redis.call('ZADD', P .. 'timers:' .. a[1], whole(now + tonumber(a[3])), a[2])
  end,
}
op.untimer = {
  args = 2,
  write = function(a) redis.call('ZREM', P .. 'timers:' .. a[1], a[2]) end,
}
-- later STREAM DELAY_MS MEMBER N FIELD VALUE ...: appends the entry after a while (STREAMS 4.5)
op.later = {
  write = function(a, now)
    redis.call('HSET', P .. 'timers:tasks:entries', a[3], cjson.encode({ a[1], a.fields }))
    redis.call('ZADD', P .. 'timers:tasks', whole(now + tonumber(a[2])), a[3])
  end,
}
-- text KEY TTL_MS TEXT, drop KEY, ttl KEY TTL_MS
op.text = {
  args = 3,
  write = function(a) redis.call('SET', P .. a[1], a[3], 'PX', a[2]) end,
}
op.drop = { args = 1, write = function(a) redis.call('UNLINK', P .. a[1]) end }
op.ttl = { args = 2, write = function(a) redis.call('PEXPIRE', P .. a[1], a[2]) end }
-- count HASH FIELD DELTA, set HASH FIELD TEXT, unset HASH FIELD
op.count = {
  args = 3, write = function(a) redis.call('HINCRBY', P .. a[1], a[2], a[3]) end,
}
op.set = { args = 3, write = function(a) redis.call('HSET', P .. a[1], a[2], a[3]) end }
op.unset = { args = 2, write = function(a) redis.call('HDEL', P .. a[1], a[2]) end }
-- index ZSET MEMBER SCORE, unindex ZSET MEMBER
op.index = {
  args = 3, write = function(a) redis.call('ZADD', P .. a[1], a[3], a[2]) end,
}
op.unindex = { args = 2, write = function(a) redis.call('ZREM', P .. a[1], a[2]) end }
-- cap ZSET MAX PREFIX: of more members the oldest go, and with each the key PREFIX<member>
op.cap = {
  args = 3,
  write = function(a)
    local over = redis.call('ZCARD', P .. a[1]) - tonumber(a[2])
    if over > 0 then
      local gone = redis.call('ZPOPMIN', P .. a[1], math.min(over, 100))
      for i = 1, #gone, 2 do redis.call('UNLINK', P .. a[3] .. gone[i]) end
    end
  end,
}
-- enter RUN LIMIT: the run takes a place among the active ones (SPEC 2.10)
op.enter = {
  args = 2,
  look = function(a)
    if redis.call('ZCARD', P .. 'runs:active') >= tonumber(a[2]) then
      return { 'full', 'active-runs' }
    end
  end,
  write = function(a, now) redis.call('ZADD', P .. 'runs:active', whole(now), a[1]) end,
}
-- wait RUN LIMIT: it waits for one; with a place free that would be for ever
op.wait = {
  args = 2,
  look = function(a)
    if redis.call('ZCARD', P .. 'runs:active') < tonumber(a[2]) then
      return { 'conflict', 'runs:active' }
    end
  end,
  write = function(a, now) redis.call('ZADD', P .. 'runs:waiting', whole(now), a[1]) end,
}
-- leave RUN LIMIT: the run has ended; the one that waits longest is admitted
op.leave = {
  args = 2,
  write = function(a, now)
    redis.call('ZREM', P .. 'runs:active', a[1])
    redis.call('ZREM', P .. 'runs:waiting', a[1])
    redis.call('ZADD', P .. 'runs:ended', whole(now), a[1])
    if redis.call('EXISTS', P .. 'runs:waiting') == 0 then return end
    if redis.call('ZCARD', P .. 'runs:active') >= tonumber(a[2]) then return end
    local next = redis.call('ZPOPMIN', P .. 'runs:waiting')[1]
    local namespace, run = string.match(next, '^([^.]*)%.(.*)$')
    append('runs', now, { 'type', 'run.admitted', 'namespace', namespace, 'run', run })
  end,
}
-- account NAME LIMIT: opens or changes an account; settle CALL TOKENS; lapse CALL
op.account = {
  args = 2,
  write = function(a)
    redis.call('HSET', P .. 'account:' .. a[1], 'limit', a[2])
  end,
}
op.settle = { args = 2, write = function(a) settle(a[1], tonumber(a[2])) end }
op.lapse = { args = 1, write = function(a) expire(a[1]) end }
-- reserve CALL ACCOUNTS INPUT CAP TTL_MS: its verdict is the third item of the answer
op.reserve = {
  args = 5,
  write = function(a, now)
    return reserve(a[1], a[2], tonumber(a[3]), tonumber(a[4]), tonumber(a[5]), now)
  end,
}
-- keep: the entry stays pending for me (a claim, a recorded model turn)
op.keep = { args = 0, write = function() end }

local variable = { append = 1, wake = 1, later = 3 } -- arguments before N

-- The operations of argv from position i on, or nil and what is wrong.
local function parse(argv, i)
  local list = {}
  while i <= #argv do
    local name, o = argv[i], op[argv[i]]
    if not o then return nil, 'unknown operation ' .. tostring(name) end
    local args, before = {}, variable[name]
    local n = before or o.args
    if i + n > #argv then return nil, name .. ': too few arguments' end
    for j = 1, n do args[j] = argv[i + j] end
    i = i + n + 1
    if before then
      local count = tonumber(argv[i])
      if not count or count < 2 or count > MAX_FIELDS or count % 2 ~= 0 or i + count > #argv then
        return nil, name .. ': wrong number of fields'
      end
      args.fields = {}
      for j = 1, count do args.fields[j] = argv[i + j] end
      i = i + count + 1
    end
    list[#list + 1] = { name = name, op = o, args = args }
  end
  return list
end

-- Are all these entries pending for me? ids is in the order of the stream.
local function all_mine(key, group, me, ids)
  local rows = redis.call('XPENDING', key, group, ids[1], ids[#ids], MAX_PENDING_ROWS, me)
  local mine = {}
  for _, row in ipairs(rows) do mine[row[1]] = true end
  for _, id in ipairs(ids) do
    if not mine[id] then return false end
  end
  return true
end

-- argv: STREAM GROUP ME IDS, then operations. IDS: one, or several with commas between that are
-- answered together; '-': nothing to acknowledge.
-- Answers {'ok', now, reservation}, {'lost'}, {'conflict', key}, {'once', value}, {'exists', key},
-- {'full', limit}.
local function commit(_, argv)
  local stream, group, me, ids = argv[1], argv[2], argv[3], {}
  local list, wrong = parse(argv, 5)
  if not list then return redis.error_reply('ERR ' .. wrong) end
  if argv[4] ~= '-' then
    for id in string.gmatch(argv[4], '[^,]+') do ids[#ids + 1] = id end
    if not all_mine(P .. stream, group, me, ids) then return { 'lost' } end
  end
  for _, o in ipairs(list) do
    local refused = o.op.look and o.op.look(o.args)
    if refused then return refused end
    if o.name == 'keep' then ids = {} end
  end
  local now, reservation = now_ms(), false
  for _, o in ipairs(list) do
    local answer = o.op.write(o.args, now)
    if o.name == 'reserve' then reservation = answer end
  end
  if #ids > 0 then redis.call('XACK', P .. stream, group, unpack(ids)) end
  return { 'ok', whole(now), reservation }
end

-- ---- timers (STREAMS 4) ----------------------------------------------------------------------

-- SET MAX: moves what is due into its inbox; answers how many, and in how many ms the next is due
-- (-1: there is none).
local function fire(_, argv)
  local set, key, now = argv[1], P .. 'timers:' .. argv[1], now_ms()
  local due = redis.call('ZRANGEBYSCORE', key, '-inf', whole(now), 'LIMIT', 0, argv[2])
  for _, member in ipairs(due) do
    local entry = set == 'tasks' and redis.call('HGET', key .. ':entries', member)
    if entry then
      entry = cjson.decode(entry)
      append(entry[1], now, entry[2])
      redis.call('HDEL', key .. ':entries', member)
    elseif set ~= 'tasks' then
      append(set, now, { 'type', 'timer.fired', 'timer', member })
    end
    redis.call('ZREM', key, member)
  end
  local next = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return { #due, next[2] and math.max(0, tonumber(next[2]) - now) or -1 }
end

-- ---- reading, taking over, giving up (STREAMS 5) ---------------------------------------------

local function park(stream, group, id, fields, reason, deliveries, now)
  append('dead', now, {
    'type', 'entry.parked', 'from', stream, 'group', group, 'entry', id, 'reason', reason,
    'deliveries', tostring(deliveries), 'content', cjson.encode(fields),
  })
  redis.call('XACK', P .. stream, group, id)
end

-- STREAM GROUP ME ID REASON: an entry that cannot be decoded or handled
local function give_up(_, argv)
  local key = P .. argv[1]
  local row = redis.call('XPENDING', key, argv[2], argv[4], argv[4], 1, argv[3])[1]
  if not row then return { 'lost' } end
  local entry = redis.call('XRANGE', key, argv[4], argv[4])[1]
  if entry then
    park(argv[1], argv[2], argv[4], entry[2], argv[5], row[4], now_ms())
  else
    redis.call('XACK', key, argv[2], argv[4])
  end
  return { 'ok' }
end

local function claim(key, group, me, row)
  return redis.call('XCLAIM', key, group, me, 0, row[1])[1]
end

-- STREAM GROUP ME IDLE_MS MAX: for deciders, entries idle for so long, twice as long after each
-- delivery; the one that ten did not get committed kills whoever handles it and is parked.
local function steal(_, argv)
  local stream, group, me, idle = argv[1], argv[2], argv[3], tonumber(argv[4])
  local key, got, now = P .. stream, {}, nil
  local rows = redis.call('XPENDING', key, group, 'IDLE', argv[4], '-', '+', argv[5])
  for _, row in ipairs(rows) do
    if row[3] >= idle * 2 ^ (row[4] - 1) then
      local entry = redis.call('XRANGE', key, row[1], row[1])[1]
      if not entry then
        redis.call('XACK', key, group, row[1])
      elseif row[4] >= PARK_AFTER then
        now = now or now_ms()
        park(stream, group, row[1], entry[2], 'NeverCommitted', row[4], now)
      else
        got[#got + 1] = claim(key, group, me, row)
      end
    end
  end
  return got
end

-- GROUP ME: counts up my heartbeat; answers all heartbeats of the group
local function beat(_, argv)
  redis.call('HINCRBY', P .. 'heartbeats:' .. argv[1], argv[2], 1)
  return redis.call('HGETALL', P .. 'heartbeats:' .. argv[1])
end

-- PROCESS: the number of this boot, from 1
local function boot(_, argv)
  return redis.call('HINCRBY', P .. 'boots', argv[1], 1)
end

-- STREAM GROUP ME DEAD SEEN MAX: what a dead process holds, unless its heartbeat moved since it
-- was SEEN ('-': it has none). Answers {'alive'}, or {'ok', entries, 1 when it holds nothing more
-- and is forgotten as a consumer}.
local function takeover(_, argv)
  local key, group, me, dead = P .. argv[1], argv[2], argv[3], argv[4]
  local count = redis.call('HGET', P .. 'heartbeats:' .. group, dead) or '-'
  if count ~= argv[5] then return { 'alive' } end
  local rows, got = redis.call('XPENDING', key, group, '-', '+', argv[6], dead), {}
  for _, row in ipairs(rows) do got[#got + 1] = claim(key, group, me, row) end
  if #rows == tonumber(argv[6]) then return { 'ok', got, 0 } end
  for _, c in ipairs(redis.call('XINFO', 'CONSUMERS', key, group)) do
    if c[2] == dead then
      redis.call('XGROUP', 'DELCONSUMER', key, group, dead)
      return { 'ok', got, 1 }
    end
  end
  return { 'ok', got, 0 }
end

-- GROUP DEAD SEEN: forgets the heartbeat of a process that holds nothing any more
local function bury(_, argv)
  local key = P .. 'heartbeats:' .. argv[1]
  if redis.call('HGET', key, argv[2]) ~= argv[3] then return 0 end
  redis.call('UNLINK', P .. 'mail:' .. argv[2])
  return redis.call('HDEL', key, argv[2])
end

-- STREAM GROUP ME ID STATE N FIELD VALUE ...: a worker tells the readers of a run something, as
-- long as the entry is its own and nobody marked the task's state (SPEC 13.13)
local function tell(_, argv)
  if #redis.call('XPENDING', P .. argv[1], argv[2], argv[4], argv[4], 1, argv[3]) == 0 then
    return { 'lost' }
  end
  if argv[5] ~= '-' and redis.call('HGET', P .. argv[5], 'mark') then return { 'marked' } end
  local list, wrong = parse(argv, 6)
  if not list then return redis.error_reply('ERR ' .. wrong) end
  local now = now_ms()
  for _, o in ipairs(list) do
    if o.name ~= 'append' then return redis.error_reply('ERR tell only appends') end
  end
  for _, o in ipairs(list) do o.op.write(o.args, now) end
  return { 'ok' }
end

-- ---- trimming (STREAMS 6) --------------------------------------------------------------------

local function after(id)              -- the smallest id larger than id
  local ms, n = string.match(id, '^(%d+)-(%d+)$')
  return ms .. '-' .. whole(tonumber(n) + 1)
end

-- The oldest entry that the group still needs.
local function needed(key, group, last_delivered)
  local p = redis.call('XPENDING', key, group)
  return p[1] > 0 and p[2] or after(last_delivered)
end

local function groups(key)
  local list = {}
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local g = {}
    for i = 1, #row, 2 do g[row[i]] = row[i + 1] end
    list[#list + 1] = g
  end
  return list
end

local function older(a, b)            -- ids by value
  local am, an = string.match(a, '^(%d+)-(%d+)$')
  local bm, bn = string.match(b, '^(%d+)-(%d+)$')
  if am ~= bm then return tonumber(am) < tonumber(bm) end
  return tonumber(an) < tonumber(bn)
end

-- STREAM: an inbox, from its old end up to what its group still needs
local function trim(_, argv)
  local key = P .. argv[1]
  if redis.call('EXISTS', key) == 0 then return 0 end
  local min
  for _, g in ipairs(groups(key)) do
    local id = needed(key, g.name, g['last-delivered-id'])
    if not min or older(id, min) then min = id end
  end
  return min and redis.call('XTRIM', key, 'MINID', min) or 0
end

-- STREAM KEEP_MS KEEP_COUNT: a log of facts, by age and number, never what a group still needs
local function trim_facts(_, argv)
  local key = P .. argv[1]
  if redis.call('EXISTS', key) == 0 then return 0 end
  local min = whole(now_ms() - tonumber(argv[2])) .. '-0'
  local over = redis.call('XLEN', key) - tonumber(argv[3])
  if over > 0 then
    local rows = redis.call('XRANGE', key, '-', '+', 'COUNT', math.min(over, 1000))
    local last = after(rows[#rows][1])
    if older(min, last) then min = last end
  end
  for _, g in ipairs(groups(key)) do
    local id = needed(key, g.name, g['last-delivered-id'])
    if older(id, min) then min = id end
  end
  return redis.call('XTRIM', key, 'MINID', min)
end

-- STREAM GROUP: a lag that Redis lost count of (after AOF replay) is counted anew
local function repair(_, argv)
  local key = P .. argv[1]
  for _, g in ipairs(redis.call('EXISTS', key) == 1 and groups(key) or {}) do
    if g.name == argv[2] and not g.lag then
      local info, added = redis.call('XINFO', 'STREAM', key), nil
      for i = 1, #info, 2 do if info[i] == 'entries-added' then added = info[i + 1] end end
      local left = #redis.call('XRANGE', key, '(' .. g['last-delivered-id'], '+')
      redis.call('XGROUP', 'SETID', key, argv[2], g['last-delivered-id'], 'ENTRIESREAD',
                 whole(added - left))
      return 1
    end
  end
  return 0
end

-- ---- leaders and objects (STREAMS 7) ---------------------------------------------------------

-- ROLE ME TTL_MS: takes or keeps the lead. Answers {'leader', epoch} or {'other', epoch}.
local function lead(_, argv)
  local key, now = P .. 'leader:' .. argv[1], now_ms()
  local r = redis.call('HMGET', key, 'who', 'till', 'epoch')
  local held = r[1] and tonumber(r[2]) > now
  if held and r[1] ~= argv[2] then return { 'other', r[3] } end
  local epoch = held and r[3] or whole(redis.call('HINCRBY', key, 'epoch', 1))
  redis.call('HSET', key, 'who', argv[2], 'till', whole(now + tonumber(argv[3])))
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
  if not leads(argv[1], argv[2]) then return { 'old' } end
  local now, said = now_ms(), 0
  for i = 3, #argv - 6, 7 do
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

-- ---- names -----------------------------------------------------------------------------------

local function register(name, fn, flags)
  redis.register_function { function_name = 'ark_1_' .. name, callback = fn, flags = flags or {} }
end

-- Out of memory, Redis refuses what admits new work; what finishes work goes on, and frees.
local finishes = { 'allow-oom' }
register('admit', commit)
register('commit', commit, finishes)
register('fire', fire, finishes)
register('give_up', give_up, finishes)
register('steal', steal, finishes)
register('takeover', takeover, finishes)
register('bury', bury, finishes)
register('beat', beat, finishes)
register('boot', boot, finishes)
register('tell', tell)
register('trim', trim, finishes)
register('trim_facts', trim_facts, finishes)
register('repair', repair, finishes)
register('lead', lead, finishes)
register('step_down', step_down, finishes)
register('publish', publish)
register('reserve', function(_, a)
  return reserve(a[1], a[2], tonumber(a[3]), tonumber(a[4]), tonumber(a[5]), now_ms())
end)
register('settle', function(_, a) return settle(a[1], tonumber(a[2])) and 1 or 0 end, finishes)
register('renew', function(_, a)
  if redis.call('HGET', P .. 'reservation:' .. a[1], 'state') ~= 'open' then return 0 end
  redis.call('ZADD', P .. 'timers:spend', 'XX', whole(now_ms() + tonumber(a[2])), 'expire|' .. a[1])
  return 1
end, finishes)
