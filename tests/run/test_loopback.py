import pytest

from leadflip.run.loopback import open_url
from tests.servers.http import HttpServer


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_open_url_takes_no_proxy(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    with HttpServer() as server, HttpServer() as other:
        monkeypatch.setenv(proxy, other.url)
        with open_url(server.url, 5) as answer:
            assert answer.status == 200
        assert len(server.requests) == 1
        assert not other.requests
