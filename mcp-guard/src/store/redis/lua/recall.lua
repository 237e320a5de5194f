local decision = decide(arguments())
return decision.answer or { 'free' }
