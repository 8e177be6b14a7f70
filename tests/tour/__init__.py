"""Screenshots of every page for docs/tour.md: `make screenshots`."""
