-- How an operation ends, for whoever may say so.

-- What a settlement is worth when an earlier attempt may have acted.
local function doubt(settlement)
  if settlement.state == 'recorded' then
    settlement.acted = '1'
  else
    settlement.state = 'unknown'
  end
end

local function longest_window(record)
  local longest = 0
  for _, reservation in ipairs(reservations(record)) do
    longest = math.max(longest, reservation.window)
  end
  return longest
end

local function ended(settlement, least)
  local retain_until = after(now, tonumber(settlement.retain))
  local forget_at = after(retain_until, tonumber(settlement.tombstone))
  return {
    state = settlement.state,
    ended_at = now,
    retain_until = retain_until,
    forget_at = math.max(forget_at, after(now, least)),
  }
end

local function outcome(record, settlement)
  if settlement.state == 'unknown' then
    return { state = 'unknown', since = now }
  end
  if settlement.state == 'released' then
    return ended(settlement, 0)
  end
  local fields = ended(settlement, settlement.acted == '1' and longest_window(record) or 0)
  fields.reply = settlement.reply
  fields.is_error = settlement.is_error
  fields.acted = settlement.acted
  return fields
end

local function settled(record, settlement)
  local gone = { 'lease_until', 'tentative', 'since' }
  -- Nobody reconciles what has ended.
  if settlement.state ~= 'unknown' then
    gone[#gone + 1] = 'arguments'
  end
  make_room(record, gone)
  change(record, outcome(record, settlement))
  keep(record)
end

-- Whether a settlement is the one that the record already has: its acknowledgement was lost.
local function says_the_same(record, settlement)
  if record.state ~= settlement.state then
    return false
  end
  if record.state ~= 'recorded' then
    return record.state == 'released'
  end
  local same = record.reply == settlement.reply
  if record.digest then
    same = record.digest == redis.sha1hex(settlement.reply)
  end
  return same and record.is_error == settlement.is_error and record.acted == settlement.acted
end
