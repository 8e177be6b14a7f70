"""What may be done with a partner's entries: publish one, answer one, note that one was looked at."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from partners.models import User
from portal.models import Entry, EntryEvent
from portal.signals import entry_answered

Review = Entry.Review
ANSWERS = {Review.ACCEPTED: EntryEvent.Kind.ACCEPTED, Review.REJECTED: EntryEvent.Kind.REJECTED}

# Reading a lead again within this time is the same view.
SAME_VIEW = timedelta(minutes=10)


class AlreadyAnswered(Exception):
    """The entry has its answer; `by` and `at` say whose and when, `review` which."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"Entry {entry.id} was answered before.")
        assert entry.answered_at is not None
        self.by: User | None = entry.answered_by
        self.at: datetime = entry.answered_at
        self.review: str = entry.review


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
    """Accepts or rejects a pending entry of this partner, writes the event, tells `entry_answered`.

    `reason` is a code of `portal.reasons.Reason`, given exactly when `review` is rejected. Raises
    AlreadyAnswered (nothing is overwritten), Entry.DoesNotExist for a foreign id, KeyError for a
    `review` that is no answer.
    """
    kind = ANSWERS[Review(review)]
    entry = Entry.objects.select_for_update(no_key=True).get(id=entry_id, partner_id=partner_id)
    if entry.review != Review.PENDING:
        raise AlreadyAnswered(entry)
    entry.review, entry.reason, entry.note = review, reason, note
    entry.answered_by, entry.answered_at = user, at
    entry.save(update_fields=["review", "reason", "note", "answered_by", "answered_at"])
    EntryEvent.objects.create(entry=entry, partner_id=partner_id, user=user, kind=kind, at=at)
    entry_answered.send(Entry, entry=entry, user=user)
    return entry


def viewed(*, entry: Entry, user: User, at: datetime) -> None:
    """Notes that this person read the lead; once in ten minutes."""
    seen = EntryEvent.objects.filter(
        entry=entry, user=user, kind=EntryEvent.Kind.VIEWED, at__gt=at - SAME_VIEW
    )
    if not seen.exists():
        EntryEvent.objects.create(
            entry=entry, partner_id=entry.partner_id, user=user, kind=EntryEvent.Kind.VIEWED, at=at
        )


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
        EntryEvent(partner_id=partner_id, user=user, kind=EntryEvent.Kind.SIGNED_IN, at=at)
        for partner_id in user.memberships.values_list("partner_id", flat=True)
    )
