"""What may be done with a partner's entries: publish, answer, take back; note that one was looked at."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from partners.models import Partner, User
from portal.models import Entry, EntryEvent
from portal.signals import Standing, entry_answered

Review, Kind = Entry.Review, EntryEvent.Kind
# The event that tells of each answer, and what it is an answer to.
KINDS = {Review.ACCEPTED: Kind.ACCEPTED, Review.REJECTED: Kind.REJECTED, Review.RETURNED: Kind.RETURNED}
BEFORE = {
    Review.ACCEPTED: Review.PENDING,
    Review.REJECTED: Review.PENDING,
    Review.RETURNED: Review.ACCEPTED,
}

# Reading a lead again within this time is the same view.
SAME_VIEW = timedelta(minutes=10)
# How long whoever gave an answer may take it back.
UNDO = timedelta(minutes=1)


class AlreadyAnswered(Exception):
    """The entry is not as the answer took it to be; `by` and `at` say who gave which `review`, and when.

    Where its answer was taken back nobody did: `review` is pending.
    """

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"Entry {entry.id} is {entry.review}.")
        self.by: User | None = entry.answered_by
        self.at: datetime | None = entry.answered_at
        self.review: str = entry.review


class TooLate(Exception):
    """`until` was the last moment for it; None where it is not permitted at all."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__(f"It was possible until {until}.")
        self.until = until


def publish(
    *,
    job_id: UUID,
    partner_id: int,
    settings_id: int,
    lead_id: UUID,
    entity_id: int,
    price: Decimal | None,
    currency: str,
    at: datetime,
) -> None:
    """Puts a lead into the partner's feed. The second call for a job changes nothing."""
    entry = Entry(
        id=job_id,
        partner_id=partner_id,
        settings_id=settings_id,
        lead_id=lead_id,
        entity_id=entity_id,
        price=price,
        currency=currency,
        created_at=at,
    )
    Entry.objects.bulk_create([entry], ignore_conflicts=True)


@transaction.atomic
def answer(
    *,
    entry_id: UUID,
    partner_id: int,
    user: User,
    review: str,
    reason: str = "",
    note: str = "",
    at: datetime,
) -> Entry:
    """Accepts or rejects a pending entry of this partner, or returns an accepted one.

    Writes the event and tells `entry_answered`. `reason` is a code of `portal.reasons.Reason`, given exactly
    when `review` is rejected or returned. Raises AlreadyAnswered (nothing is overwritten), TooLate for a
    return that is over or not permitted, Entry.DoesNotExist for a foreign id, KeyError for a `review` that
    is no answer.
    """
    kind, before = KINDS[Review(review)], BEFORE[Review(review)]
    entry = _locked(entry_id, partner_id)
    if entry.review != before:
        raise AlreadyAnswered(entry)
    if review == Review.RETURNED:
        until = returnable_until(entry, Partner.objects.get(pk=partner_id))
        if until is None or at > until:
            raise TooLate(until)
    was = standing(entry)
    entry.review, entry.reason, entry.note = review, reason, note
    entry.answered_by, entry.answered_at = user, at
    _save(entry, was, user, kind, {"reason": reason} if reason else {}, at)
    return entry


@transaction.atomic
def undo(*, entry_id: UUID, partner_id: int, user: User, review: str, at: datetime) -> Entry:
    """Takes back the answer `review` that this person gave at most UNDO ago: the entry is as before it.

    Raises AlreadyAnswered where the entry has another answer or another person's (nothing is overwritten),
    TooLate, and what `answer` raises for a foreign id or what is no answer.
    """
    before = BEFORE[Review(review)]
    entry = _locked(entry_id, partner_id)
    if (entry.review, entry.answered_by_id) != (review, user.pk):
        raise AlreadyAnswered(entry)
    until = undo_until(entry, user)
    if until is None or at > until:
        raise TooLate(until)
    was = standing(entry)
    entry.review, entry.reason, entry.note = before, "", ""
    entry.answered_by, entry.answered_at = _accepted(entry) if before == Review.ACCEPTED else (None, None)
    _save(entry, was, user, Kind.UNDONE, {"review": review}, at)
    return entry


def returnable_until(entry: Entry, partner: Partner) -> datetime | None:
    """The last moment at which an entry of this partner may be returned, once accepted; None for never."""
    return entry.created_at + timedelta(days=partner.return_days) if partner.return_days else None


def undo_until(entry: Entry, user: User) -> datetime | None:
    """The last moment at which this person may take the entry's answer back; None where it is not theirs."""
    own = entry.answered_at is not None and entry.answered_by_id == user.pk
    return entry.answered_at + UNDO if own and entry.answered_at else None


def _locked(entry_id: UUID, partner_id: int) -> Entry:
    return Entry.objects.select_for_update(no_key=True).get(id=entry_id, partner_id=partner_id)


def _accepted(entry: Entry) -> tuple[User | None, datetime | None]:
    """Who accepted it, and when."""
    accepted = EntryEvent.objects.filter(entry=entry, kind=Kind.ACCEPTED).select_related("user").last()
    return (accepted.user, accepted.at) if accepted else (entry.answered_by, entry.answered_at)


def standing(entry: Entry) -> Standing:
    """The answer that it has."""
    return Standing(entry.review, entry.reason, entry.answered_at)


def _save(entry: Entry, was: Standing, user: User, kind: str, detail: dict[str, str], at: datetime) -> None:
    entry.save(update_fields=["review", "reason", "note", "answered_by", "answered_at"])
    EntryEvent.objects.create(
        entry=entry, partner_id=entry.partner_id, user=user, kind=kind, detail=detail, at=at
    )
    entry_answered.send(Entry, entry=entry, was=was, user=user)


def viewed(*, entry: Entry, user: User, at: datetime) -> None:
    """Notes that this person read the lead; once in ten minutes."""
    seen = EntryEvent.objects.filter(entry=entry, user=user, kind=Kind.VIEWED, at__gt=at - SAME_VIEW)
    if not seen.exists():
        EntryEvent.objects.create(
            entry=entry, partner_id=entry.partner_id, user=user, kind=Kind.VIEWED, at=at
        )


def noted(
    *,
    partner: Partner,
    user: User | None,
    kind: EntryEvent.Kind,
    at: datetime,
    job: UUID | None = None,
    about: str = "",
) -> None:
    """Notes what a person did with the partner's deliveries or settings; `about`: what they are now.

    `user` None: whoever operates this.
    """
    detail = {"job": str(job)} if job else {"about": about} if about else {}
    EntryEvent.objects.create(partner=partner, user=user, kind=kind, detail=detail, at=at)


def erase(lead_ids: Collection[UUID]) -> dict[str, int]:
    """Removes what people of partners wrote about leads; entries, answers and their history stay."""
    noted = Entry.objects.filter(lead_id__in=lead_ids).exclude(note="")
    return {"notes": noted.update(note="")}


def held(lead_ids: Collection[UUID]) -> dict[str, int]:
    """How many notes `erase` would remove, and how many entries stay."""
    entries = Entry.objects.filter(lead_id__in=lead_ids)
    return {"entries": entries.count(), "notes": entries.exclude(note="").count()}


def signed_in(*, user: User, at: datetime) -> None:
    """Notes a sign-in in the history of each partner that it opens."""
    EntryEvent.objects.bulk_create(
        EntryEvent(partner_id=partner_id, user=user, kind=Kind.SIGNED_IN, at=at)
        for partner_id in user.memberships.values_list("partner_id", flat=True)
    )
