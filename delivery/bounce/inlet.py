"""The key of the HTTP address for raw mails: one at a time, only its fingerprint kept."""

import secrets
from datetime import timedelta

from django.db.models import Q

from delivery.models import BounceBox
from leadflip.kit import clock
from leadflip.kit.digest import fingerprint

SHOWN = 9
# "Last used" is written no more often than this.
USED_EVERY = timedelta(minutes=1)


def make_key() -> str:
    """A new key; the one before stops at once. It can be read this one time."""
    plain = f"lfb_{secrets.token_urlsafe(32)}"
    BounceBox.current()
    BounceBox.objects.filter(pk=1).update(
        inlet_digest=fingerprint(plain),
        inlet_prefix=plain[:SHOWN],
        inlet_made_at=clock.now(),
        inlet_used_at=None,
    )
    return plain


def opens(plain: str) -> bool:
    """Whether `plain` is the key; notes that it was used."""
    rows = BounceBox.objects.filter(pk=1, inlet_digest=fingerprint(plain))
    if not plain or not rows.exists():
        return False
    now = clock.now()
    rows.filter(Q(inlet_used_at=None) | Q(inlet_used_at__lte=now - USED_EVERY)).update(inlet_used_at=now)
    return True
