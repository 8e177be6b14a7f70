"""What people of partners did with a lead in the portal, as events of its story."""

from collections.abc import Iterator
from uuid import UUID

from django.utils.translation import gettext as _

from leadflip.kit.story import Event
from portal.models import EntryEvent
from portal.reasons import Reason

REASONS = dict(Reason.choices)


def story(lead_id: UUID) -> Iterator[Event]:
    """Who looked and answered, and why. One query."""
    events = EntryEvent.objects.filter(entry__lead_id=lead_id).select_related("entry", "partner", "user")
    for event in events.order_by("id"):
        person = (event.user.name or event.user.email) if event.user else _("somebody")
        yield Event(
            at=event.at,
            look=event.kind if event.kind != EntryEvent.Kind.VIEWED else "pending",
            label=event.get_kind_display(),
            title=_("%(partner)s, in the portal") % {"partner": event.partner.name},
            detail=" · ".join(filter(None, (person, *_why(event)))),
        )


def _why(event: EntryEvent) -> tuple[str, ...]:
    """The reason of this answer, and its note where it is the one that stands."""
    if event.kind not in (EntryEvent.Kind.REJECTED, EntryEvent.Kind.RETURNED) or event.entry is None:
        return ()
    stands = event.entry.answered_at == event.at
    reason = event.detail.get("reason") or (event.entry.reason if stands else "")
    return str(REASONS.get(reason, "")), event.entry.note if stands else ""
