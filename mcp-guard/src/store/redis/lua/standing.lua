-- How an operation stands, to one who would claim it.

local function free(last_epoch)
  return { to = 'free', last_epoch = last_epoch }
end

local function answer(...)
  return { to = 'stand', answer = { ... } }
end

local function unknown(record)
  return answer('unknown', record.operation, record.epoch, record.owner)
end

local function stands(record, claim)
  if record.state == 'claimed' and record.owner == claim.owner and not is_unknown(record) then
    return { to = 'own', record = record }
  end
  if record.fingerprint ~= claim.fingerprint then
    return answer('conflict')
  end
  if is_unknown(record) then
    if claim.retake == '1' then
      return { to = 'retake', record = record }
    end
    return unknown(record)
  end
  if record.state == 'recorded' then
    if now < record.retain_until then
      return answer('recorded', record.reply, record.is_error, record.ended_at, '')
    end
    return answer('expired')
  end
  if record.state == 'claimed' then
    return answer('in_flight', record.lease_until, now)
  end
  return free(record.epoch)
end

-- How the other operation that holds the claim's business key stands to it.
local function beside(claim)
  local holder = claim.business and redis.call('GET', key('business', claim.business))
  if not holder or holder == claim.operation then
    return free(0)
  end
  local record = load(holder)
  if not record or record.business ~= claim.business or not holds_business_key(record) then
    return free(0)
  end
  local foreign = record.principal ~= claim.principal
  local decision = stands(record, claim)
  if decision.to == 'retake' and foreign then
    return unknown(record)
  end
  local said = decision.answer and decision.answer[1]
  if said == 'expired' or (said == 'recorded' and foreign) then
    return answer('already_done')
  end
  if said == 'recorded' then
    decision.answer[5] = holder
  end
  return decision
end

local function decide(claim)
  local record = load(claim.operation)
  local own = free(0)
  if record and not is_forgotten(record) then
    own = stands(record, claim)
  end
  if own.to ~= 'free' and own.to ~= 'retake' then
    return own
  end
  local other = beside(claim)
  if other.to == 'free' then
    return own
  end
  -- Of two that may have acted, neither is carried out again.
  if own.to == 'retake' and other.to ~= 'stand' then
    return unknown(record)
  end
  return other
end
