local record = load(arguments().operation)
if not record or is_forgotten(record) then
  return {}
end
return { now, record.operation, record.flat }
