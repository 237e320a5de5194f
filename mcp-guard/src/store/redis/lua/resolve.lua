local settlement = arguments()
local record = at_attempt(settlement)
if not record or settlement.state == 'unknown' then
  return { 'superseded' }
end
if is_unknown(record) then
  settled(record, settlement)
  return { 'applied' }
end
return { says_the_same(record, settlement) and 'applied' or 'superseded' }
