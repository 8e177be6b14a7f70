"""HTTP to our own processes: never by way of a proxy that the environment names."""

import urllib.request
from http.client import HTTPResponse

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def open_url(request: str | urllib.request.Request, seconds: float) -> HTTPResponse:
    """The answer, to be closed. Raises urllib.error.HTTPError for 4xx and 5xx, OSError without one."""
    answer: HTTPResponse = _opener.open(request, timeout=seconds)
    return answer
