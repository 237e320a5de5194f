-- The first proposal is the secret of all.
redis.call('SET', prefix .. 'secret', arguments().proposal, 'NX')
return { redis.call('GET', prefix .. 'secret') }
