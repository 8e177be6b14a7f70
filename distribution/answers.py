"""What partners answered, summed by day, profile and reason as each answer is given.

A lead counts once, by the answer in force: one that was accepted and then returned is returned, and an
answer that was taken back counts nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, Sum

from distribution.models import AnswerDay, Profile
from leadflip.kit import clock, show
from partners.models import Partner
from portal.models import Entry
from portal.reasons import Reason
from portal.services import standing
from portal.signals import Standing

Review = Entry.Review
DAYS = 30
# Days for which sums are kept.
KEPT = 400
# Partners with a profile each that one page lists.
MOST = 50
# Reasons that a line among many names.
FEW = 3
LABELS = dict(Reason.choices)

OF_JOB = """
FROM delivery_job job JOIN distribution_assignment assignment ON assignment.id = job.assignment_id
WHERE job.id = %(entry)s
"""
ADD = f"""
INSERT INTO distribution_answerday AS sum (partner_id, profile_id, day, review, reason, leads)
SELECT job.partner_id, assignment.profile_id, %(day)s::date, %(review)s, %(reason)s, 1 {OF_JOB}
ON CONFLICT (partner_id, day, profile_id, review, reason) DO UPDATE SET leads = sum.leads + 1
"""
TAKE = f"""
UPDATE distribution_answerday AS sum SET leads = sum.leads - 1
FROM (SELECT job.partner_id, assignment.profile_id {OF_JOB}) AS owner
WHERE sum.partner_id = owner.partner_id AND sum.profile_id = owner.profile_id AND sum.day = %(day)s::date
  AND sum.review = %(review)s AND sum.reason = %(reason)s AND sum.leads > 0
"""  # noqa: S608 - our own


def answered(entry: Entry, was: Standing, **_: object) -> None:
    """Receiver of `entry_answered`: takes the lead from one sum and adds it to another.

    In one order, so that an answer and another one's undoing do not cross.
    """
    steps = [(each, sql) for each, sql in ((was, TAKE), (standing(entry), ADD)) if each.at is not None]
    for each, sql in sorted(steps, key=lambda step: _key(step[0])):
        _step(sql, entry.pk, each)


def _key(answer: Standing) -> tuple[date, str, str]:
    assert answer.at is not None
    return (answer.at.astimezone(UTC).date(), answer.review, answer.reason)


def _step(sql: str, entry: UUID, answer: Standing) -> None:
    day, review, reason = _key(answer)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"entry": entry, "day": day, "review": review, "reason": reason})


def forget() -> int:
    """Removes sums of more than KEPT days; returns how many."""
    removed, _by_model = AnswerDay.objects.filter(day__lt=_today() - timedelta(days=KEPT)).delete()
    return removed


@dataclass(slots=True)
class Figures:
    """The answers about one kind of lead. `name` are the columns that they were asked by."""

    name: tuple[Any, ...]
    reviews: "Counter[str]" = field(default_factory=Counter)
    reasons: "Counter[str]" = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        """Leads that were accepted and not returned."""
        return self.reviews[Review.ACCEPTED]

    @property
    def rejected(self) -> int:
        """Leads that were rejected."""
        return self.reviews[Review.REJECTED]

    @property
    def returned(self) -> int:
        """Leads that were accepted and given back."""
        return self.reviews[Review.RETURNED]

    @property
    def part(self) -> str:
        """How many of a hundred are accepted, as the page writes it."""
        return show.number(100 * self.accepted // self.reviews.total())

    @property
    def others(self) -> int:
        """How many leads went back for none of the FEW most frequent reasons."""
        return self.reasons.total() - sum(count for _code, count in self.reasons.most_common(FEW))

    @property
    def few(self) -> list[tuple[str, int]]:
        """The FEW most frequent reasons."""
        return self.ranked[:FEW]

    @property
    def ranked(self) -> list[tuple[str, int]]:
        """The reasons by which leads were rejected or returned, with how many: the most frequent first."""
        return [(str(LABELS.get(code, code)), count) for code, count in self.reasons.most_common()]


def of_partners(partner: Partner | None = None) -> list[Figures]:
    """By partner's and profile's id and names: those with the most answers first, MOST at most.

    Of DAYS days; four queries, which sum the rows of those days.
    """
    rows = _lately() if partner is None else _lately().filter(partner=partner)
    largest = rows.values_list("partner", "profile").annotate(all=Sum("leads")).order_by("-all")[:MOST]
    order = {(owner, profile): None for owner, profile, _all in largest}
    owners = Partner.objects.in_bulk({owner for owner, _profile in order})
    profiles = Profile.objects.in_bulk({profile for _owner, profile in order})
    wanted = rows.filter(partner__in=owners, profile__in=profiles)
    found = {each.name: each for each in _figures(wanted, ["partner", "profile"])}
    for (owner, profile), each in found.items():
        if (owner, profile) in order:
            each.name = (owner, profile, str(owners[owner]), str(profiles[profile]))
    return [found[pair] for pair in order if pair in found]


def of_entities(partner: Partner) -> list[Figures]:
    """One partner's by entity, of DAYS days, those with the most answers first. One query."""
    return _figures(_lately().filter(partner=partner), ["profile__entity__name"])


def _lately() -> QuerySet[AnswerDay]:
    return AnswerDay.objects.filter(day__gt=_today() - timedelta(days=DAYS), leads__gt=0)


def _today() -> date:
    return clock.now().astimezone(UTC).date()


def _figures(rows: QuerySet[AnswerDay], columns: Sequence[str]) -> list[Figures]:
    summed = rows.values_list(*columns, "review", "reason").annotate(all=Sum("leads")).order_by()
    found: dict[tuple[Any, ...], Figures] = {}
    for *name, review, reason, count in summed:
        each = found.setdefault(tuple(name), Figures(tuple(name)))
        each.reviews[review] += count
        if reason:
            each.reasons[reason] += count
    return sorted(found.values(), key=lambda each: -each.reviews.total())
