"""What of distribution needs somebody: one function a matter (`leadflip.kit.matters`)."""

from datetime import timedelta

from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import ngettext

from delivery.alerts import book
from delivery.models import Alert
from distribution import cap_uses
from distribution.models import CapUse, Lead
from distribution.models.lead import Routing
from leadflip.kit import clock, show
from leadflip.kit.ids import first_of
from leadflip.kit.matters import Look, Severity, matter

DAY = timedelta(days=1)


@matter(Severity.WARN, "distribution.view_lead", Alert.Kind.UNROUTED)
def leads_unrouted() -> Look:
    """Leads of the last 24 hours that no partner matched."""
    rows = Lead.objects.filter(routing=Routing.UNMATCHED, test=False, id__gte=first_of(clock.now() - DAY))
    return Look(rows, _unrouted, f"{reverse('admin:distribution_lead_changelist')}?routing__exact=unmatched")


@matter(Severity.BAD, "distribution.view_lead", Alert.Kind.STUCK)
def leads_stuck() -> Look:
    """Leads whose routing failed, and is tried again."""
    rows = Lead.objects.filter(routing=Routing.WAITING, routing_tries__gt=0)
    return Look(rows, _stuck, f"{reverse('admin:distribution_lead_changelist')}?routing__exact=waiting")


@matter(Severity.WARN, "distribution.view_profile", Alert.Kind.CAP)
def caps_full() -> Look:
    """Partners, and partners in a profile, that get nothing until their period ends or a cap is raised."""
    full = RawSQL(f"SELECT id FROM ({cap_uses.NEAR}) AS near", [cap_uses.FULL])  # noqa: S608, S611 - our own
    return Look(CapUse.objects.filter(pk__in=full), _full, f"{reverse('admin:index')}#caps")


@matter(Severity.WARN, "distribution.view_lead", Alert.Kind.SILENT)
def sources_silent() -> Look:
    """Sources from which nothing arrives although it usually does."""
    return Look(book.open_of(Alert.Kind.SILENT), _silent, reverse("delivery:alerts"))


@matter(Severity.NOTE, "distribution.view_apikey", Alert.Kind.KEY_DUE)
def keys_due() -> Look:
    """API keys and signing secrets that are to be rotated."""
    return Look(book.open_of(Alert.Kind.KEY_DUE), _due, reverse("delivery:alerts"))


def _silent(count: int) -> str:
    told = ngettext(
        "Nothing arrives from %(n)s source that usually sends",
        "Nothing arrives from %(n)s sources that usually send",
        count,
    )
    return told % {"n": show.count(count)}


def _due(count: int) -> str:
    told = ngettext("%(n)s key is due for rotation", "%(n)s keys are due for rotation", count)
    return told % {"n": show.count(count)}


def _unrouted(count: int) -> str:
    told = ngettext(
        "%(n)s lead of the last 24 hours matched no partner",
        "%(n)s leads of the last 24 hours matched no partner",
        count,
    )
    return told % {"n": show.count(count)}


def _stuck(count: int) -> str:
    told = ngettext("%(n)s lead could not be routed yet", "%(n)s leads could not be routed yet", count)
    return told % {"n": show.count(count)}


def _full(count: int) -> str:
    told = ngettext("%(n)s cap is full", "%(n)s caps are full", count)
    return told % {"n": show.count(count)}
