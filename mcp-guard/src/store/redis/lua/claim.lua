local claim = arguments()

local function granted(record)
  return { 'granted', record.operation, record.epoch }
end

-- The first reservation for which there is no room, counted from 0.
local function over_budget(wanted)
  local place = 0
  for cap in claim.caps:gmatch('%d+') do
    local reservation = wanted[place + 1]
    if used(reservation.meter) + tonumber(reservation.amount) > tonumber(cap) then
      return place
    end
    place = place + 1
  end
  return nil
end

local decision = decide(claim)

if decision.to == 'stand' then
  return decision.answer
end

if decision.to == 'own' then
  return granted(decision.record)
end

if decision.to == 'retake' then
  -- What the first attempt took of budgets and business key stays with the operation.
  local record = decision.record
  change(record, {
    epoch = record.epoch + 1,
    owner = claim.owner,
    retaken = '1',
    claimed_at = now,
    state = 'claimed',
    lease_until = after(now, tonumber(claim.lease)),
    tentative = '0',
  })
  keep(record)
  return granted(record)
end

local place = over_budget(reservations(claim))
if place then
  return { 'over_budget', place }
end

-- What is forgotten or released takes nothing over to the next attempt but its epoch.
local before = load(claim.operation)
if before then
  erase(before)
end
local record = { operation = claim.operation }
change(record, {
  principal = claim.principal,
  tool = claim.tool,
  fingerprint = claim.fingerprint,
  business = claim.business,
  reservations = claim.reservations,
  arguments = claim.arguments,
  epoch = decision.last_epoch + 1,
  owner = claim.owner,
  retaken = '0',
  claimed_at = now,
  state = 'claimed',
  lease_until = after(now, tonumber(claim.lease)),
  tentative = claim.tentative,
})
keep(record)
return granted(record)
