-- Which store this is: whoever comes first makes it. It stands alone, before a store is known.
if ARGV[1] ~= '' then
  redis.call('SET', KEYS[1], ARGV[1], 'NX')
end
return redis.call('GET', KEYS[1])
