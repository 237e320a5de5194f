-- Drops answers that can no longer be replayed and records that need not be remembered. One that
-- is unknown or may come to be is never due.
local batch = arguments().batch
local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', digits(now), 'LIMIT', 0, batch)
for _, operation in ipairs(due) do
  local readable, record = pcall(load, operation)
  if not readable or not record then
    redis.call('ZREM', DUE, operation)
  elseif is_forgotten(record) then
    erase(record)
  else
    if record.state == 'recorded' and now >= record.retain_until and not record.digest then
      make_room(record, { 'reply' })
      -- Enough to know a repeated settlement by.
      change(record, { digest = redis.sha1hex(record.reply), reply = '' })
    end
    keep_due(record)
  end
end
return { #due }
