"""The request's header: what is in it, and what never gets into it."""

import pytest
from yarl import URL

from delivery.http.exchange import head

WHERE = URL("https://bücher.example:8443/a b?q=ü")


def test_header_is_written_whole() -> None:
    assert head("PUT", WHERE, {"x-key": "k"}, 12) == (
        b"PUT /a%20b?q=%C3%BC HTTP/1.1\r\nhost: xn--bcher-kva.example:8443\r\ncontent-length: 12\r\n"
        b"accept: */*\r\nx-key: k\r\n\r\n"
    )


@pytest.mark.parametrize("name", ["accept", "Accept", "ACCEPT"])
def test_own_accept_is_the_only_one(name: str) -> None:
    written = head("POST", WHERE, {name: "text/x"}, 0).lower()
    assert written.count(b"accept:") == 1
    assert b"accept: text/x" in written


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\0"])
@pytest.mark.parametrize("place", ["name", "value"])
def test_line_break_is_refused_without_saying_what(mark: str, place: str) -> None:
    pair = {f"x{mark}y": "token-8f2e"} if place == "name" else {"x-key": f"token-8f2e{mark}host: other"}
    with pytest.raises(ValueError, match=r"^A header holds a line break\.$"):
        head("POST", WHERE, pair, 0)
