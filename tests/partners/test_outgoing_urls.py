import pytest

from partners.outgoing import AddressDeniedError, OutgoingError, check_url, target
from tests.partners.test_outgoing_addresses import CLOSED_V4, CLOSED_V6, disguises


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://crm.example.com", "https://crm.example.com/"),
        ("HTTPS://CRM.Example.COM:443/Leads?a=B", "https://crm.example.com/Leads?a=B"),
        ("https://crm.example.com./x", "https://crm.example.com/x"),
        ("http://crm.example.com:8080/", "http://crm.example.com:8080/"),
        ("https://crm.example.com?key=1", "https://crm.example.com/?key=1"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/ü"),
        ("https://ＣＲＭ.example.com/", "https://crm.example.com/"),
        ("https://my_crm.example.com/%20x", "https://my_crm.example.com/%20x"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("https://[2606:4700:0::1]:8443/x", "https://[2606:4700::1]:8443/x"),
        ("http://localhost/", "http://localhost/"),
    ],
)
def test_target_normalises(url: str, normal: str) -> None:
    found = target(url)
    assert found.url == normal
    assert target(found.url) == found


def test_target_parts() -> None:
    found = target("https://[2606:4700::1]/x")
    assert (found.scheme, found.host, found.port, found.secure) == ("https", "2606:4700::1", 443, True)
    assert target("http://crm.example.com:9000/").port == 9000


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "missing"),
        ("crm.example.com/leads", "whole address"),
        ("//crm.example.com/", "whole address"),
        ("ftp://crm.example.com/", "ftp://"),
        ("file:///etc/passwd", "file://"),
        ("javascript://crm.example.com/", "javascript://"),
        ("https://" + "a" * 2048, "longer than 2048"),
        ("https://user:secret@crm.example.com/", "custom header"),
        ("https://@crm.example.com/", "custom header"),
        ("http://8.8.8.8\\@127.0.0.1/", "backslash"),
        ("https://crm.example.com\\x", "backslash"),
        ("https://crm.example.com/a b", "blank"),
        ("https://crm.example.com/\n", "blank"),
        ("https://crm.example.com/\x00", "blank"),
        ("https://crm.example.com/\u200b", "blank"),
        ("\thttps://crm.example.com/", "blank"),
        ("http://[fe80::1%25eth0]/", "%"),
        ("http://%31%32%37.0.0.1/", "%"),
        ("https://crm.example.com:81/", "Port 81"),
        ("https://crm.example.com:22/", "Port 22"),
        ("https://crm.example.com:6379/", "Port 6379"),
        ("https://crm.example.com:99999/", "Port 99999"),
        ("https://crm.example.com:/", "host"),
        ("https://crm.example.com:443:443/", "host"),
        ("https:///leads", "host"),
        ("https://[::1/", "host"),
        ("https://[2606:4700::1].example.com/", "host"),
        ("https://crm..example.com/", "host name"),
        ("https://-crm.example.com/", "host name"),
        ("https://" + "a" * 64 + ".example.com/", "host name"),
        ("https://crm!.example.com/", "host name"),
        ("https://a／b.example.com/", "host name"),
        ("https://crm.example.com/#top", "#"),
    ],
)
def test_refused_url(url: str, words: str) -> None:
    with pytest.raises(OutgoingError) as caught:
        check_url(url)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", CLOSED_V4)
@pytest.mark.parametrize("shape", ["http://{}/", "https://{}:8443/x", "http://{}./"])
def test_literal_closed_address_is_refused(address: str, shape: str) -> None:
    with pytest.raises(AddressDeniedError):
        check_url(shape.format(address))


@pytest.mark.parametrize(
    "address",
    [one for one in CLOSED_V6 if "%" not in one] + [one for closed in CLOSED_V4 for one in disguises(closed)],
)
def test_literal_closed_ipv6_address_is_refused(address: str) -> None:
    with pytest.raises(AddressDeniedError):
        check_url(f"http://[{address}]/")


def _unusual(address: str) -> list[str]:
    """The notations that getaddrinfo, but no reader, takes for the address."""
    a, b, c, d = (int(part) for part in address.split("."))
    number = (a << 24) + (b << 16) + (c << 8) + d
    return [
        str(number),
        hex(number),
        oct(number).replace("0o", "0"),
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a}.{(b << 16) + (c << 8) + d}",
        f"{a}.{b}.{(c << 8) + d}",
        f"{a:#x}.{b}.{c}.{d}",
        f"{a}.{b}.{c}.{d:#x}",
        "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else "。" for char in address),
        address.replace(".", "．"),
        "".join(chr(0x2460 + int(char) - 1) if char in "123456789" else char for char in address),
    ]


@pytest.mark.parametrize("notation", [one for closed in CLOSED_V4 for one in _unusual(closed)])
def test_unusual_notation_of_a_closed_address_is_refused(notation: str) -> None:
    with pytest.raises(OutgoingError):
        check_url(f"http://{notation}/")


def test_open_literals_pass() -> None:
    check_url("http://8.8.8.8/")
    check_url("https://[2606:4700::1]/")


def test_opening_lets_its_literal_pass() -> None:
    check_url("http://127.0.0.1:9000/", ("127.0.0.1/32:9000",))
    with pytest.raises(AddressDeniedError):
        check_url("http://127.0.0.1:9001/", ("127.0.0.1/32:9000",))


def test_opening_of_a_port_lets_a_name_use_it() -> None:
    check_url("http://crm.internal:81/", ("10.0.0.5/32:81",))
