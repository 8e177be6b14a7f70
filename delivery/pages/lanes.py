"""Destinations that are left alone, on their partner's page: since when, why, how many wait, what next."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Lane
from delivery.pages import words
from leadflip.kit import paging, show
from partners.models import DeliverySettings, Partner
from partners.models.settings import Kind


class Slowed(NamedTuple):
    """One lane in sentences. `id` is None where nobody can try it now."""

    id: int | None
    told: Sequence[str]


def slowed(partner: Partner) -> list[Slowed]:
    """The partner's lanes that do not run as they should, the mail account's among them."""
    own = Q(settings__partner=partner)
    if DeliverySettings.objects.filter(partner=partner, kind=Kind.EMAIL).exists():
        own |= Q(smtp__isnull=False)
    lanes = Lane.objects.filter(own).exclude(state=Lane.State.CLOSED, paused_at=None)
    return [_told(lane) for lane in lanes.select_related("settings", "paused_by").order_by("id")]


def _told(lane: Lane) -> Slowed:
    if lane.paused_at is not None:
        paused = _("%(whose)s is paused %(how)s.") % {**_whose(lane), "how": words.pause(lane)}
        return Slowed(None, [paused, _waiting(lane)])
    if lane.state == Lane.State.RAMP:
        return Slowed(
            None,
            [_("%(whose)s recovers: it answers again, and gets more calls step by step.") % _whose(lane)],
        )
    since = show.full_time(lane.failing_since) if lane.failing_since else show.EMPTY
    told = [
        _("%(whose)s is slowed: it has failed since %(since)s, %(count)s times in a row.")
        % {**_whose(lane), "since": since, "count": show.number(lane.failures)},
        *filter(None, [_why(lane)]),
        _waiting(lane),
        words.next_probe(lane),
    ]
    return Slowed(lane.pk if lane.state == Lane.State.OPEN else None, told)


def _whose(lane: Lane) -> dict[str, str]:
    if lane.settings is None:
        return {"whose": _("The mail server of this installation")}
    named = [str(lane.settings.get_kind_display()), lane.settings.host]
    return {"whose": " · ".join(filter(None, named))}


def _why(lane: Lane) -> str:
    why = lane.last_error
    return _("The last failure: %(why)s") % {"why": words.plain(why)} if why else ""


def _waiting(lane: Lane) -> str:
    count = paging.counted(lane.waiting)
    told = ngettext(
        "%(count)s job waits for it; waiting costs it no attempt.",
        "%(count)s jobs wait for it; waiting costs them no attempt.",
        count,
    )
    return told % {"count": show.count(count)}
