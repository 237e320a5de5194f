local settlement = arguments()
local record = at_attempt(settlement)
if record and record.retaken == '1' then
  doubt(settlement)
end
if not record or is_tentative(record) and is_forgotten(record) then
  return { 'superseded' }
end
if record.state == 'unknown' and settlement.state == 'unknown' then
  return { 'applied' }
end
if record.state == 'claimed' or record.state == 'unknown' then
  settled(record, settlement)
  return { 'applied' }
end
return { says_the_same(record, settlement) and 'applied' or 'superseded' }
