-- What every script begins with: the store, the time, the keys, and what a record says by its
-- state. The rules are those of `store/record/`; so are the names.

local prefix = KEYS[1]:sub(1, -(#'store' + 1))

-- Whoever knew a store and finds another one, or none, must not begin anew: its records are gone.
if redis.call('GET', KEYS[1]) ~= ARGV[2] then
  error('REPLACED')
end

-- Later than every time that comes. Up to here, a number of Lua's is exact.
local NEVER = 2 ^ 53

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function after(time, length)
  return math.min(time + length, NEVER)
end

-- A whole number in all its digits: Lua itself would round one as long as NEVER.
local function digits(number)
  return string.format('%.0f', number)
end

local function key(kind, id)
  return prefix .. kind .. ':' .. id
end

-- The arguments from the third on are names and values.
local function arguments()
  local args = {}
  for i = 3, #ARGV, 2 do
    args[ARGV[i]] = ARGV[i + 1]
  end
  return args
end

local NUMBERS = {
  'epoch', 'claimed_at', 'lease_until', 'since', 'ended_at', 'retain_until', 'forget_at',
}
local REQUIRED = {
  claimed = { 'lease_until', 'tentative' },
  recorded = { 'reply', 'is_error', 'acted', 'ended_at', 'retain_until', 'forget_at' },
  released = { 'ended_at', 'retain_until', 'forget_at' },
  unknown = { 'since' },
}
local ALWAYS = {
  'principal', 'tool', 'fingerprint', 'reservations', 'epoch', 'owner', 'retaken', 'claimed_at',
}

local function require_fields(record, names)
  for _, name in ipairs(names) do
    if not record[name] then
      error('UNREADABLE: ' .. record.operation .. ' has no ' .. name)
    end
  end
end

-- The record of an operation, or nil. One that is not whole is refused.
local function load(operation)
  local flat = redis.call('HGETALL', key('operation', operation))
  if #flat == 0 then
    return nil
  end
  local record = {}
  for i = 1, #flat, 2 do
    record[flat[i]] = flat[i + 1]
  end
  record.operation = operation
  for _, name in ipairs(NUMBERS) do
    record[name] = tonumber(record[name])
  end
  require_fields(record, ALWAYS)
  require_fields(record, REQUIRED[record.state] or { 'state that is known' })
  record.flat = flat
  return record
end

local function change(record, fields)
  local flat = {}
  for name, value in pairs(fields) do
    record[name] = value
    flat[#flat + 1] = name
    flat[#flat + 1] = type(value) == 'number' and digits(value) or value
  end
  redis.call('HSET', key('operation', record.operation), unpack(flat))
end

-- Drops fields before others are written. A script that has begun to write is not stopped for want
-- of memory, and to drop is always allowed: what is claimed must come to its end on a full server.
local function make_room(record, fields)
  redis.call('HDEL', key('operation', record.operation), unpack(fields))
end

local function reservations(record)
  local list = {}
  for meter, amount, window in record.reservations:gmatch('(%x+) (%d+) (%d+)') do
    list[#list + 1] = {
      meter = key('meter', meter),
      -- The amount is a part of the entry, so that whoever drops it knows it.
      entry = record.operation .. ':' .. amount,
      amount = amount,
      window = tonumber(window),
    }
  end
  return list
end

local function is_tentative(record)
  return record.state == 'claimed' and record.tentative == '1'
end

-- Whether nobody else was given what a tentative claim holds. While its lease stands that is so;
-- it is looked at for a clock that was set back after somebody saw the lease run out.
local function keeps_its_place(record)
  if record.business and redis.call('GET', key('business', record.business)) ~= record.operation then
    return false
  end
  for _, reservation in ipairs(reservations(record)) do
    if not redis.call('ZSCORE', reservation.meter, reservation.entry) then
      return false
    end
  end
  return true
end

local function is_forgotten(record)
  if record.state == 'recorded' or record.state == 'released' then
    return now >= record.forget_at
  end
  return is_tentative(record) and (now >= record.lease_until or not keeps_its_place(record))
end

local function is_unknown(record)
  if record.state == 'claimed' then
    return record.tentative ~= '1' and now >= record.lease_until
  end
  return record.state == 'unknown'
end

local function may_act(record)
  if record.state == 'recorded' then
    return record.acted == '1'
  end
  return record.state ~= 'released'
end

local function holds_business_key(record)
  return may_act(record) and not is_forgotten(record)
end

-- Until when a reservation counts, or nil.
local function counts_until(record, reservation)
  if is_tentative(record) then
    return record.lease_until
  end
  if record.state == 'claimed' or record.state == 'unknown' then
    return NEVER
  end
  if record.state == 'recorded' and record.acted == '1' then
    return after(record.ended_at, reservation.window)
  end
  return nil
end

-- The record of an attempt, if it is at that attempt.
local function at_attempt(args)
  local record = load(args.operation)
  if record and record.epoch == tonumber(args.epoch) and record.owner == args.owner then
    return record
  end
  return nil
end
