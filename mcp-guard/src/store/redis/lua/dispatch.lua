local lease = arguments()
local record = at_attempt(lease)
if not record or record.state ~= 'claimed' or is_forgotten(record) or now >= record.lease_until then
  return { 'superseded' }
end
make_room(record, { 'lease_until' })
change(record, { lease_until = after(now, tonumber(lease.length)), tentative = '0' })
keep(record)
return { 'applied' }
