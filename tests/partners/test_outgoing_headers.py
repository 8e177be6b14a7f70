import pytest

from partners.outgoing import OutgoingError, check_headers


def test_usual_headers_pass() -> None:
    check_headers({"X-API-Key": "s3cret", "Authorization": "Bearer a b~!", "Accept": "application/json"})


def test_limits_pass_at_their_edge() -> None:
    check_headers({f"X-{index}": "v" * 4096 for index in range(20)})


@pytest.mark.parametrize(
    "name",
    [
        "Accept-Encoding",
        "connection",
        "Content-Length",
        "CONTENT-TYPE",
        "Cookie",
        "Expect",
        "Host",
        "Keep-Alive",
        "Proxy-Authorization",
        "svix-id",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "User-Agent",
        "webhook-id",
        "Webhook-Signature",
        "x-amz-date",
    ],
)
def test_forbidden_name(name: str) -> None:
    with pytest.raises(OutgoingError, match=name):
        check_headers({name: "v"})


@pytest.mark.parametrize(
    "name", ["", "X Key", "X-Key:", "X-Key\r\nX-Other", "Schlüssel", "X-Key\0", "(x)", "a" * 101]
)
def test_unusable_name(name: str) -> None:
    with pytest.raises(OutgoingError, match="letters, digits and hyphens"):
        check_headers({name: "v"})


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "geheim\r\nX-Other: 1",
        "geheim\n",
        "\rgeheim",
        "geheim\0",
        "gehéim",
        "geheim\t",
        "geheim ",
        "\x7fgeheim",
    ],
)
def test_unusable_value_is_not_repeated(value: str) -> None:
    with pytest.raises(OutgoingError, match="X-Key") as caught:
        check_headers({"X-Key": value})
    assert "geh" not in str(caught.value)


def test_too_long_value() -> None:
    with pytest.raises(OutgoingError, match="4096"):
        check_headers({"X-Key": "v" * 4097})


def test_too_many() -> None:
    with pytest.raises(OutgoingError, match="20"):
        check_headers({f"X-{index}": "v" for index in range(21)})


def test_name_in_two_spellings() -> None:
    with pytest.raises(OutgoingError, match="twice"):
        check_headers({"X-Key": "a", "x-key": "b"})
