"""Alerts to look at."""

from datetime import timedelta

from django.urls import reverse

from delivery.alerts import book
from delivery.models import Alert
from leadflip.kit import clock
from leadflip.run.sample.demo import ADMIN
from partners.models import DeliverySettings, User
from partners.models.settings import Kind

SILENT = "Nothing for 3 hours; in the same hours a week ago 12 leads came."


def opened() -> str:
    """A destination that fails, and somebody looks after it; a full cap; a source that fell silent."""
    row = DeliverySettings.objects.get(partner__name="Sample CRM", kind=Kind.WEBHOOK, scope="")
    now = clock.now()
    for minutes, kind, key, name, text in (
        (95, Alert.Kind.OPENED, Alert.key_of(row.pk), "", ""),
        (40, Alert.Kind.CAP, f"cap:partner:{row.partner_id}", "Sample CRM", "20 of 20 today."),
        (12, Alert.Kind.SILENT, "source:fair", "Trade fair", SILENT),
    ):
        at = now - timedelta(minutes=minutes)
        made = Alert.objects.create(kind=kind, key=key, name=name, text=text, opened_at=at)
        if kind == Alert.Kind.OPENED:
            book.acknowledge([made.pk], by=User.objects.get(email=ADMIN))
    return reverse("delivery:alerts")
