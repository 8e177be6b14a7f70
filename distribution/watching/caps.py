"""Caps that are full: who has reached one gets nothing until its period ends or somebody raises it."""

from delivery.alerts import book
from delivery.alerts.book import Found
from delivery.models import Alert
from distribution import cap_uses
from distribution.cap_uses import Near

# Caps, of which one look tells.
MOST = 500


def look() -> int:
    """Opens and closes what is so; returns how many were opened."""
    full = cap_uses.nearest(cap_uses.FULL, MOST)
    return book.keep(Alert.Kind.CAP, {_key(each): Found(_name(each), f"{each.said}.") for each in full})


def _key(near: Near) -> str:
    return f"cap:assignment:{near.assignment_id}" if near.assignment_id else f"cap:partner:{near.partner_id}"


def _name(near: Near) -> str:
    return f"{near.partner} · {near.profile}" if near.profile else near.partner
