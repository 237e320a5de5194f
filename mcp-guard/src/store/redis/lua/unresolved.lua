-- Looks at no more than `batch` operations at once: between two looks, others have their turn.
local args = arguments()
local from = args.after and '(' .. args.after or '-'
local batch = redis.call('ZRANGEBYLEX', OPEN, from, '+', 'LIMIT', 0, args.batch)
local found, last = {}, batch[#batch] or ''
for _, operation in ipairs(batch) do
  -- One that cannot be read may be unknown. It keeps none of the others from being found.
  local readable, record = pcall(load, operation)
  if not readable then
    local why = type(record) == 'table' and record.err or record
    found[#found + 1] = { now, operation, (why:gsub('^.*UNREADABLE: ', '')) }
  elseif record and is_unknown(record) then
    found[#found + 1] = { now, operation, record.flat }
  end
  if #found == tonumber(args.limit) then
    return { found, '' }
  end
end
-- Where the next look begins, if there is more to look at.
return { found, #batch == tonumber(args.batch) and last or '' }
