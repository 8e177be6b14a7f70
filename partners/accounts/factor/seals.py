"""The sealed secrets of second factors when keys of ENCRYPTION_KEYS are exchanged.

They stand in a JSON column of allauth's, so the command that renews sealed columns asks here.
"""

from collections.abc import Iterator
from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.db import transaction

from leadflip.kit import crypto
from partners.accounts.factor.adapter import SEALED, to_bytes, to_text


class Standing(NamedTuple):
    """How many values are under an older key, and whose no key opens."""

    older: int
    lost: list[str]


def renew() -> int:
    """Seals anew what an older key sealed, row by row; returns how many rows that were."""
    return sum(_renewed(key) for key in list(Authenticator.objects.values_list("pk", flat=True)))


def standing() -> Standing:
    """As it is now."""
    older, lost = 0, []
    for row in Authenticator.objects.order_by("pk").iterator():
        try:
            older += bool(_changes(row))
        except crypto.SealError:
            lost.append(f"second factor {row.pk} of user {row.user_id}")
    return Standing(older, lost)


@transaction.atomic
def _renewed(key: int) -> bool:
    row = Authenticator.objects.select_for_update(no_key=True).filter(pk=key).first()
    try:
        changes = _changes(row) if row is not None else {}
    except crypto.SealError:
        return False
    if row is not None and changes:
        row.data = {**row.data, **changes}
        row.save(update_fields=["data"])
    return bool(changes)


def _changes(row: Authenticator) -> dict[str, str]:
    return {name: to_text(new) for name, new in _new(row) if new is not None}


def _new(row: Authenticator) -> Iterator[tuple[str, bytes | None]]:
    for name in SEALED:
        if name in row.data:
            yield name, crypto.renewed(to_bytes(row.data[name]))
