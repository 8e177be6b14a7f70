from ipaddress import ip_address, ip_network

import pytest

from partners.outgoing.addresses import NEVER, allowed, openings, port_allowed

# An address inside each row of the tables of what is closed.
CLOSED_V4 = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
CLOSED_V6 = [
    "::",
    "::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:1ff::1",
    "2001:db8::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
OPEN = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "198.17.255.255", "168.63.129.17"]
OPEN_V6 = ["2606:4700::1", "2001:200::1", "2a00:1450:4001::1", "3ffe::1"]


def disguises(address: str) -> list[str]:
    """The IPv4 address as IPv6 notations carry it."""
    number = int(ip_address(address))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"::ffff:{address}",
        f"::ffff:0:{address}",
        f"::{address}",
        f"64:ff9b::{high:x}:{low:x}",
        f"64:ff9b:1::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:{high:x}:{low:x}::1",
        f"2001:0:4136:e378:8000:63bf:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",
    ]


@pytest.mark.parametrize("address", CLOSED_V4 + CLOSED_V6)
def test_closed_address(address: str) -> None:
    assert not allowed(address, 443)


@pytest.mark.parametrize("address", [one for closed in CLOSED_V4 for one in disguises(closed)])
def test_closed_address_in_disguise(address: str) -> None:
    assert not allowed(address, 443)


@pytest.mark.parametrize("address", OPEN + OPEN_V6)
def test_open_address(address: str) -> None:
    assert allowed(address, 443)


def test_mapped_open_address_is_judged_as_ipv4() -> None:
    assert allowed("::ffff:8.8.8.8", 443)


@pytest.mark.parametrize("text", ["", "localhost", "0x7f000001", "127.1", "2130706433", "8.8.8.8/32"])
def test_what_is_no_address_is_closed(text: str) -> None:
    assert not allowed(text, 443)


@pytest.mark.parametrize("port", [80, 443, 1024, 8000, 8443, 9000, 65535])
def test_open_port(port: int) -> None:
    assert port_allowed(port)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 79, 81, 444, 587, 1023, 3306, 5432, 6379, 11211, 65536])
def test_closed_port(port: int) -> None:
    assert not port_allowed(port)
    assert not allowed("8.8.8.8", port)


def test_opening_without_port_opens_the_network_at_usual_ports() -> None:
    opened = openings(("10.1.0.0/16",))
    assert allowed("10.1.2.3", 443, opened)
    assert allowed("10.1.2.3", 9000, opened)
    assert allowed("::ffff:10.1.2.3", 443, opened)
    assert not allowed("10.1.2.3", 22, opened)
    assert not allowed("10.2.0.1", 443, opened)


def test_opening_with_port_opens_that_port_alone() -> None:
    opened = openings(("127.0.0.1/32:81",))
    assert allowed("127.0.0.1", 81, opened)
    assert not allowed("127.0.0.1", 443, opened)
    assert not allowed("127.0.0.2", 81, opened)
    assert not allowed("8.8.8.8", 81, opened)


@pytest.mark.parametrize(
    "entry", ["fd00::/8", "[fd00::/8]", "[fd00::]/8", "fd00::/8:9000", "[fd00::/8]:9000"]
)
def test_opening_for_ipv6(entry: str) -> None:
    opened = openings((entry,))
    assert allowed("fd12::1", 9000, opened)
    assert allowed("fd12::1", 443, opened) is (not entry.endswith(":9000"))
    assert not allowed("fe80::1", 9000, opened)


def test_opening_for_one_ipv6_address_and_port() -> None:
    (opening,) = openings(("[::1]:9000",))
    assert (opening.network, opening.port) == (ip_network("::1"), 9000)


@pytest.mark.parametrize("address", sorted(map(str, NEVER)))
@pytest.mark.parametrize("port", [80, 443])
def test_metadata_never_opens(address: str, port: int) -> None:
    everything = openings(("0.0.0.0/0", "::/0", "0.0.0.0/0:80", "[::/0]:443"))
    assert not allowed(address, port, everything)


@pytest.mark.parametrize("address", disguises("169.254.169.254"))
def test_metadata_in_disguise_never_opens(address: str) -> None:
    assert not allowed(address, 80, openings(("0.0.0.0/0", "::/0")))


@pytest.mark.parametrize(
    "entry", ["localhost", "10.0.0.0/33", "10.0.0.0/8:0", "10.0.0.0/8:70000", "[fd00::/8", "10/8:x"]
)
def test_unreadable_opening_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="OUTGOING_ALLOW") as caught:
        openings((entry,))
    assert repr(entry) in str(caught.value)


def test_blank_openings_are_skipped() -> None:
    assert openings(("", " ")) == ()
