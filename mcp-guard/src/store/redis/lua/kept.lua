-- What is kept beside the records. All of it follows from them:
--   business:<id>   the operation that holds, or last held, the business key
--   meter:<id>      the entries of a budget, by the time until which they count
--   meter:<id>:sum  the sum of exactly those entries
--   open            the operations that are claimed or unknown, in the order of their ids
--   due             the operations in which the sweeper has something to drop, by when

local OPEN, DUE = prefix .. 'open', prefix .. 'due'

local function count(reservation, time)
  if redis.call('ZADD', reservation.meter, digits(time), reservation.entry) == 1 then
    redis.call('INCRBY', reservation.meter .. ':sum', reservation.amount)
  end
end

local function drop_sum_of_nothing(meter)
  if redis.call('EXISTS', meter) == 0 then
    redis.call('DEL', meter .. ':sum')
  end
end

local function give_back(reservation)
  if redis.call('ZREM', reservation.meter, reservation.entry) == 1 then
    redis.call('DECRBY', reservation.meter .. ':sum', reservation.amount)
    drop_sum_of_nothing(reservation.meter)
  end
end

-- What is held and spent of a budget now. Each entry that counts no more is dropped once.
local function used(meter)
  local sum = tonumber(redis.call('GET', meter .. ':sum'))
  if not sum then
    if redis.call('EXISTS', meter) == 1 then
      error('UNREADABLE: ' .. meter .. ' has lost its sum')
    end
    return 0
  end
  local expired = redis.call('ZRANGEBYSCORE', meter, '-inf', digits(now))
  if #expired == 0 then
    return sum
  end
  local freed = 0
  for _, entry in ipairs(expired) do
    freed = freed + tonumber(entry:match(':(%d+)$'))
  end
  if freed > sum then
    error('UNREADABLE: ' .. meter .. ' has a sum below its parts')
  end
  redis.call('ZREMRANGEBYSCORE', meter, '-inf', digits(now))
  redis.call('DECRBY', meter .. ':sum', digits(freed))
  drop_sum_of_nothing(meter)
  return sum - freed
end

local function leave_business_key(record)
  if record.business then
    local business = key('business', record.business)
    if redis.call('GET', business) == record.operation then
      redis.call('DEL', business)
    end
  end
end

-- When there is something of a record to drop: its answer, or all of it. Or nil.
local function due_at(record)
  if is_tentative(record) then
    return record.lease_until
  end
  if record.state == 'recorded' and not record.digest then
    return record.retain_until
  end
  if record.state == 'recorded' or record.state == 'released' then
    return record.forget_at
  end
  return nil
end

local function keep_due(record)
  local due = due_at(record)
  if due and due < NEVER then
    redis.call('ZADD', DUE, digits(due), record.operation)
  else
    redis.call('ZREM', DUE, record.operation)
  end
end

-- Brings what is kept beside a record to what its state says.
local function keep(record)
  for _, reservation in ipairs(reservations(record)) do
    local time = counts_until(record, reservation)
    if time then
      count(reservation, time)
    else
      give_back(reservation)
    end
  end
  if record.business and may_act(record) then
    redis.call('SET', key('business', record.business), record.operation)
  else
    leave_business_key(record)
  end
  if record.state == 'claimed' or record.state == 'unknown' then
    redis.call('ZADD', OPEN, 0, record.operation)
  else
    redis.call('ZREM', OPEN, record.operation)
  end
  keep_due(record)
end

-- Drops a record with all that is kept beside it.
local function erase(record)
  for _, reservation in ipairs(reservations(record)) do
    give_back(reservation)
  end
  leave_business_key(record)
  redis.call('ZREM', OPEN, record.operation)
  redis.call('ZREM', DUE, record.operation)
  redis.call('DEL', key('operation', record.operation))
end
