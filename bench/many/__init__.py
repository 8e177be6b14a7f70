"""Many distribution jobs with all that belongs to them, as the product would have written them.

`bench.many.load.load` fills a database; `python -m bench.many N` and `make load-jobs N=…` call it. What
it makes looks like two months of an account: 100 partners of unequal size, five entities with two profiles
each, leads that went to nobody, retries, refusals for good, answers in the portal.
"""
