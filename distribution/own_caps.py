"""Caps that partners set themselves, below the admin's: read for routing and pages, and saved."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution.models import Assignment, OwnCap
from distribution.routing.ledger import Owner
from leadflip.kit import clock, show
from partners import audit
from partners.caps import Caps, Own
from partners.models import May, Partner, User
from partners.services import touch

WORDS = (_("%s a day"), _("%s a week"), _("%s a month"))


def in_force(partners: Collection[int]) -> dict[Owner, Own]:
    """By owner, those of partners that may lower their caps. One query."""
    rows = OwnCap.objects.filter(partner__in=partners, partner__may__contains=[May.CAPS.value])
    return {owner_of(row): row.own for row in rows}


def owner_of(row: OwnCap) -> Owner:
    """Whose places it limits."""
    return Owner("assignment", row.assignment_id) if row.assignment_id else Owner("partner", row.partner_id)


def words(own: Own) -> str:
    """«20 a day, no more leads today», "" where nothing is lowered."""
    told = [
        str(template) % show.number(cap)
        for template, cap in zip(WORDS, own.caps, strict=False)
        if cap is not None
    ]
    if own.none_until is not None and clock.now() < own.none_until:
        told.append(gettext("no more leads today"))
    return ", ".join(told)


def of_partner(partner: str) -> ArraySubquery:
    """An annotation: the rows of the partner whose id is in that column, as `lines` reads them."""
    profile = F("assignment__profile__name")
    rows = OwnCap.objects.filter(partner=OuterRef(partner)).order_by(profile.asc(nulls_first=True), "id")
    names = ("day", "week", "month", "none_until")
    return ArraySubquery(rows.values(json=JSONObject(profile=profile, **{name: F(name) for name in names})))


def lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those of one partner in words, of all its leads first."""
    told = [(row["profile"] or gettext("All leads"), words(_read(row))) for row in rows]
    return [f"{name}: {caps}" for name, caps in told if caps]


def _read(row: Mapping[str, Any]) -> Own:
    until = row["none_until"]
    return Own(Caps(row["day"], row["week"], row["month"]), until and datetime.fromisoformat(until))


@transaction.atomic
def save(*, partner: Partner, assignment: Assignment | None, own: Own, by: User) -> bool:
    """Puts `own` into force for the assignment, None for all leads; whether it was another before.

    Without a cap the row goes. Those above the admin's change nothing: the lower one holds.
    """
    touch()
    row = OwnCap.objects.filter(partner=partner, assignment=assignment).first()
    before = audit.told(row) if row else None
    if not own.caps.any and own.none_until is None:
        if row is not None:
            audit.changed(by=by, obj=row, before=before, after=None)
            row.delete()
        return row is not None
    row = row or OwnCap(partner=partner, assignment=assignment)
    row.day, row.week, row.month, _life = own.caps
    row.none_until = own.none_until
    row.save()
    return audit.changed(by=by, obj=row, before=before, after=audit.told(row)) is not None
