"""What `make run`, `make test` and the management commands start: servers, processes, ports, state."""
