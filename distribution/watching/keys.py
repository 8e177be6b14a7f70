"""API keys and signing secrets that are older than KEY_DAYS: due for rotation."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from delivery.alerts import book
from delivery.alerts.book import Found
from delivery.models import Alert
from distribution.models import ApiKey
from leadflip.kit import clock, show
from leadflip.kit.crypto import SealError
from partners.models import DeliverySettings
from partners.models.settings import Kind
from partners.outgoing.secrets import made_at

# Of each kind.
MOST = 500


def look() -> int:
    """Opens and closes what is so; returns how many were opened."""
    edge = clock.now() - timedelta(days=settings.KEY_DAYS)
    found = {**dict(_api_keys(edge)), **dict(_secrets(edge))} if settings.KEY_DAYS else {}
    return book.keep(Alert.Kind.KEY_DUE, found)


def _api_keys(edge: datetime) -> Iterator[tuple[str, Found]]:
    for key in ApiKey.objects.filter(revoked_at=None, created_at__lt=edge).order_by("created_at")[:MOST]:
        yield f"key:{key.pk}", Found(str(key), _old(key.created_at))


def _secrets(edge: datetime) -> Iterator[tuple[str, Found]]:
    """Of webhooks that sign; a secret of which nobody knows when it was made is left alone."""
    rows = DeliverySettings.objects.filter(kind=Kind.WEBHOOK, config__signing=True, partner__active=True)
    rows = rows.exclude(sealed=None).select_related("partner").order_by("pk")
    for row in rows.iterator(chunk_size=MOST):
        key, made = _key(row), _made(row)
        if key and made and made < edge:
            yield key, Found(_("%(partner)s: signing secret") % {"partner": row.partner.name}, _old(made))


def _key(row: DeliverySettings) -> str | None:
    """None for a test's."""
    if not row.scope:
        return f"secret:partner:{row.partner_id}"
    return f"secret:{row.scope}" if row.scope.startswith("assignment:") else None


def _made(row: DeliverySettings) -> datetime | None:
    """When the secret in use was made."""
    try:
        entries = row.secrets().get("signing") or ()
    except SealError:
        return None
    return made_at(entries[0]) if entries else None


def _old(made: datetime) -> str:
    return _("Made on %(when)s: make a new one, and end this one when it is used no more.") % {
        "when": show.full_time(made)
    }
