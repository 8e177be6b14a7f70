"""`make proof-caps`: sixteen routers at once, killed at random, and the count of places after each run."""
