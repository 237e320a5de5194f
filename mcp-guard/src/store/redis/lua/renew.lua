local lease = arguments()
local record = at_attempt(lease)
if not record or record.state ~= 'claimed' or is_forgotten(record) then
  return { 'superseded' }
end
make_room(record, { 'lease_until' })
change(record, { lease_until = after(now, tonumber(lease.length)) })
-- Beside any other claim, nothing is kept that its lease's end would move.
if is_tentative(record) then
  keep(record)
end
return { 'applied' }
