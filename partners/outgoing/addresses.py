"""Which addresses and ports webhooks may connect to.

The tables decide, not `ipaddress.is_global`: that is True for multicast, NAT64, 6to4 and others that
carry or reach addresses inside.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address

DENIED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' own
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relay
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "168.63.129.16/32",  # Azure's host agent, on a public address
    )
)
# IPv6 the other way round: what is not handed out for global use stays closed.
ALLOWED_V6 = IPv6Network("2000::/3")
DENIED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# Cloud metadata and host agents: no setting opens these.
NEVER = frozenset(
    ip_address(text)
    for text in (
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)
# These end in an IPv4 address: translators of both kinds, and the old "compatible" form.
ENDS_IN_V4 = tuple(
    IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")
)
SIX_TO_FOUR = IPv6Network("2002::/16")
TEREDO = IPv6Network("2001::/32")

# Below 1024 only HTTP's own; above, the ports of services that a request could talk into something.
HTTP_PORTS = frozenset({80, 443})
SERVICE_PORTS = frozenset(
    {1080, 1433, 1521, 2049, 2375, 2376, 2379, 2380, 2525, 3128, 3306, 3389, 5432, 5672, 5900, 6000}
    | {6379, 6443, 6667, 9042, 9200, 9300, 10250, 11211, 27017}
)


class Opening(NamedTuple):
    """An own network that webhooks may reach; `port` None: any port that is open anyway."""

    network: IPv4Network | IPv6Network
    port: int | None


@lru_cache(maxsize=16)
def openings(entries: tuple[str, ...]) -> tuple[Opening, ...]:
    """The entries of OUTGOING_ALLOW: "10.1.0.0/16", "127.0.0.1/32:9000", "[fd00::/8]:9000".

    Raises ValueError naming the entry that is none.
    """
    return tuple(_opening(entry.strip()) for entry in entries if entry.strip())


def _opening(entry: str) -> Opening:
    network, port = _split(entry)
    try:
        return Opening(ip_network(network, strict=False), _port(port) if port else None)
    except ValueError:
        raise ValueError(
            f"OUTGOING_ALLOW has the entry {entry!r}. Write a network such as 10.1.0.0/16, "
            "with one port 127.0.0.1/32:9000, for IPv6 [fd00::/8]:9000."
        ) from None


def _split(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        inner, bracket, rest = entry[1:].partition("]")
        prefix, _, port = rest.partition(":")
        return (inner + prefix, port) if bracket else (entry, "")
    head, _, tail = entry.rpartition(":")
    is_port = head and (":" not in head or "/" in head) and "/" not in tail
    return (head, tail) if is_port else (entry, "")


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError(text)
    return port


def port_allowed(port: int, opened: Iterable[Opening] = ()) -> bool:
    """Whether some address may be reached at `port`: HTTP's own, a high one, or one that was opened."""
    if port in HTTP_PORTS or (1024 <= port <= 65535 and port not in SERVICE_PORTS):
        return True
    return any(opening.port == port for opening in opened)


def allowed(address: str, port: int, opened: Iterable[Opening] = ()) -> bool:
    """Whether a connection to `address` (a literal, without zone id) at `port` may be made."""
    try:
        ip = unwrapped(ip_address(address))
    except ValueError:
        return False
    if ip in NEVER or any(inner in NEVER for inner in carried(ip)):
        return False
    if any(_opens(opening, ip, port) for opening in opened):
        return True
    return port_allowed(port) and public(ip)


def _opens(opening: Opening, ip: Address, port: int) -> bool:
    if ip not in opening.network:
        return False
    return opening.port == port if opening.port is not None else port_allowed(port)


def public(ip: Address) -> bool:
    """Whether the tables leave `ip` open."""
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in DENIED_V4)
    return ip in ALLOWED_V6 and not any(ip in network for network in DENIED_V6)


def unwrapped(ip: Address) -> Address:
    """The IPv4 address inside ::ffff:0:0/96, else `ip` itself."""
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip


def carried(ip: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address of a translator or tunnel leads to."""
    if isinstance(ip, IPv4Address):
        return
    if any(ip in network for network in ENDS_IN_V4):
        yield IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in SIX_TO_FOUR:
        yield IPv4Address(int(ip) >> 80 & 0xFFFFFFFF)
    if ip in TEREDO:
        yield IPv4Address(int(ip) >> 64 & 0xFFFFFFFF)
        yield IPv4Address(~int(ip) & 0xFFFFFFFF)
