"""The keyed digests by which a lead is known again: its match keys, e-mails and phones.

How those of a lead were made is told by a mark: the digest keys and the fields that took part. Where an
entity's mark is another than its leads', `distribution.intake.renewal` makes them anew.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings

from distribution.fields import TYPES, FieldSpec
from leadflip.kit.digest import digests

ALWAYS = ("email", "phone")
# What has one plain value, so that two people mean the same by it.
MATCHABLE = ("text", "number", "email", "phone", "date", "datetime", "select", "url")


class Keyed(NamedTuple):
    """A value of a lead as digests of 16 bytes, the newest key's first. `order`: of match keys alone."""

    field_id: int
    order: int | None
    digests: list[bytes]


def taking_part(fields: Mapping[str, FieldSpec]) -> tuple[FieldSpec, ...]:
    """The fields whose values are kept as digests, match keys first, in their order."""
    found = [spec for spec in fields.values() if spec.match is not None or spec.type in ALWAYS]
    return tuple(sorted(found, key=lambda spec: (spec.match is None, spec.match or 0)))


def mark(fields: Sequence[FieldSpec]) -> str:
    """16 hex digits that say how digests of these fields are made now; "" without any."""
    if not fields:
        return ""
    text = repr((settings.DIGEST_KEYS, sorted(spec.id for spec in fields)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def keyed(fields: Sequence[FieldSpec], values: Mapping[str, Any], hidden: Mapping[str, Any]) -> list[Keyed]:
    """The digests of a lead's values in normal form, in the order of `fields`."""
    return list(_keyed(fields, values, hidden))


def _keyed(
    fields: Sequence[FieldSpec], values: Mapping[str, Any], hidden: Mapping[str, Any]
) -> Iterator[Keyed]:
    for spec in fields:
        read = TYPES[spec.type].read((hidden if spec.encrypted else values).get(spec.key))
        if read is not None:
            yield Keyed(spec.id, spec.match, digests(_text(read)))


def _text(read: object) -> str:
    return str(read.normalize()) if isinstance(read, Decimal) else str(read)
