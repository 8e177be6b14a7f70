"""Measurements of the delivery: each puts ours beside something else in one run. See docs/performance.md."""
