"""The partners' server, for what several parts do together."""

from tests.servers.fixtures import host, http_server

__all__ = ["host", "http_server"]
