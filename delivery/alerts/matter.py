"""What an alert is about, as it is now, for letters and pages."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Alert, Lane
from leadflip.kit import paging, show
from partners.models import DeliverySettings


def _owner(rest: str) -> str:
    """`partner:5`, `assignment:7`."""
    name, _colon, key = rest.partition(":")
    page = {"partner": "partners_partner", "assignment": "distribution_assignment"}[name]
    return reverse(f"admin:{page}_change", args=[key])


def _backlog(rest: str) -> str:
    return reverse("delivery:destination", args=[rest]) if rest.isdecimal() else reverse("delivery:log")


def _leads(routing: str) -> Callable[[str], str]:
    page = "admin:distribution_lead_changelist"
    return lambda rest: f"{reverse(page)}?entity__id__exact={rest}&routing__exact={routing}"


# The beginning of a key → where the matter is mended, given the rest of it.
PLACES: Mapping[str, Callable[[str], str]] = {
    Alert.SMTP: lambda rest: reverse("admin:delivery_smtpaccount_changelist"),
    "backlog": _backlog,
    "cap": _owner,
    "source": lambda rest: reverse("admin:distribution_apikey_changelist"),
    "unrouted": _leads("unmatched"),
    "stuck": _leads("waiting"),
    "key": lambda rest: reverse("admin:distribution_apikey_change", args=[rest]),
    "secret": _owner,
}


@dataclass(frozen=True, slots=True)
class Matter:
    """`row`: the settings whose lane it is; None for all else. `lane` None: a lane that is well, or none."""

    alert: Alert
    row: DeliverySettings | None = None
    lane: Lane | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.who}"

    @property
    def what(self) -> str:
        """«Slowed»."""
        return self.alert.label

    @property
    def host(self) -> str:
        """Where it leads to: alerts of one host stand together."""
        return self.row.host if self.row else ""

    @property
    def who(self) -> str:
        """«Acme Solar (Webhook)»."""
        if self.row is not None:
            return f"{self.row.partner.name} ({self.row.get_kind_display()})"
        return self.alert.name or _("The e-mail account")

    @property
    def path(self) -> str:
        """The page on which it is mended."""
        if self.row is not None:
            return reverse("admin:partners_partner_change", args=[self.row.partner_id])
        place, _colon, rest = self.alert.key.partition(":")
        return PLACES[place](rest)

    @property
    def link(self) -> str:
        """The whole address of that page."""
        return f"{settings.BASE_URL}{self.path}"

    @property
    def slowed(self) -> bool:
        """Whether it is so still."""
        return self.lane is not None and self.lane.state != Lane.State.CLOSED

    @property
    def text(self) -> str:
        """How it stands; of a slowed lane why, in our own words."""
        return self.alert.text or (self.lane.last_error if self.lane and self.slowed else "")

    @property
    def wait(self) -> str:
        """«120 leads wait», while it is slowed."""
        count = paging.counted(self.lane.waiting) if self.lane else 0
        return ngettext("%(n)s lead waits", "%(n)s leads wait", count) % {"n": show.count(count)}

    @property
    def since(self) -> str:
        """When its tries began to fail."""
        return _time(self.lane.failing_since if self.lane else None)

    @property
    def next(self) -> str:
        """When it is tried next."""
        return _time(self.lane.open_until if self.lane else None)


def matters_of(alerts: Iterable[Alert]) -> list[Matter]:
    """What they are about, in their order, without those whose settings are gone. Two queries."""
    alerts = list(alerts)
    keys = {alert.settings_id for alert in alerts} - {None}
    rows = DeliverySettings.objects.select_related("partner", "lane").in_bulk(keys) if keys else {}
    mail = None
    if any(alert.key == Alert.SMTP for alert in alerts):
        mail = Lane.objects.filter(smtp__isnull=False).first()
    found = []
    for alert in alerts:
        row = rows.get(alert.settings_id)
        if row is not None:
            found.append(Matter(alert, row, getattr(row, "lane", None)))
        elif alert.settings_id is None:
            found.append(Matter(alert, lane=mail if alert.key == Alert.SMTP else None))
    return found


def _time(at: datetime | None) -> str:
    return f"{show.full_time(at)} {timezone.get_current_timezone_name()}" if at else show.EMPTY
