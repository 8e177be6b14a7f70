"""What is to be delivered: an entity with one sealed field, partners with signed webhooks, leads, jobs."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.db.models.functions import Now

from delivery.models import Job
from delivery.waking import wake
from distribution.models import Entity, Field, Lead
from leadflip.kit import clock
from leadflip.kit.ids import uuid7
from partners.models import DeliverySettings, Partner, RetryPolicy
from partners.services import save_settings, touch

FIELDS: tuple[dict[str, Any], ...] = (
    {"key": "first_name", "label": "First name", "type": "text"},
    {"key": "last_name", "label": "Last name", "type": "text"},
    {"key": "email", "label": "E-mail", "type": "email"},
    {"key": "phone", "label": "Phone", "type": "phone"},
    {"key": "address", "label": "Address", "type": "address"},
    {"key": "roof", "label": "Roof", "type": "select", "options": ["Pitched", "Flat", "Metal"]},
    {"key": "budget", "label": "Budget", "type": "number"},
    {"key": "install_by", "label": "Install by", "type": "date"},
    {"key": "wish", "label": "Wish", "type": "textarea"},
    {"key": "tax_number", "label": "Tax number", "type": "text", "encrypted": True},
)
VALUES: dict[str, Any] = {
    "first_name": "Sample",
    "last_name": "Person",
    "email": "sample@example.com",
    "phone": "+493023125101",
    "address": {"street": "Musterstraße", "house_number": "1", "postcode": "10115", "city": "Berlin"},
    "roof": "Pitched",
    "budget": 18000,
    "install_by": "2027-05-01",
    "wish": "Call in the afternoon, please ring twice: the bell is quiet. " * 2,
}
HIDDEN: dict[str, object] = {"tax_number": "12/345/67890"}
SECRET = "whsec_" + base64.b64encode(hashlib.sha256(b"bench").digest()).decode()
WIPE = """
TRUNCATE distribution_lead, distribution_entity, partners_deliverysettings, partners_partner,
    partners_retrypolicy CASCADE
"""


def wipe() -> None:
    """Empties what an earlier run left."""
    with transaction.atomic():
        touch()
        _execute(WIPE)
        forget_jobs()


def forget_jobs() -> None:
    """All that delivery knows goes, leads and partners stay. No engine may run."""
    tables = (model._meta.db_table for model in apps.get_app_config("delivery").get_models())
    _execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def entity() -> Entity:
    """The one entity."""
    with transaction.atomic():
        touch()
        row = Entity.objects.create(name="Lead", slug="lead", display_field="last_name", country="DE")
        Field.objects.bulk_create(Field(entity=row, position=at, **field) for at, field in enumerate(FIELDS))
    return row


def lanes(urls: Iterable[str], policy: RetryPolicy | None = None) -> list[DeliverySettings]:
    """A partner with a signed webhook for each address, limits as a new partner has them."""
    with transaction.atomic():
        touch()
        return [_lane(number, url, policy) for number, url in enumerate(urls)]


def letter_lanes(count: int) -> list[DeliverySettings]:
    """So many partners who get letters, limits as a new partner has them."""
    with transaction.atomic():
        touch()
        return [
            _settings(number, "email", {"recipients": [f"p{number}@example.com"], "html": False}, {}, None)
            for number in range(count)
        ]


def _lane(number: int, url: str, policy: RetryPolicy | None) -> DeliverySettings:
    config = {"url": url, "method": "POST", "format": "json", "headers": [], "signing": True}
    secrets = {"signing": [{"secret": SECRET, "until": None}]}
    return _settings(number, "webhook", config, secrets, policy)


def _settings(
    number: int, kind: str, config: dict[str, Any], secrets: dict[str, Any], policy: RetryPolicy | None
) -> DeliverySettings:
    partner = Partner.objects.create(name=f"Partner {number}")
    row = save_settings(
        partner=partner,
        kind=kind,
        config=config,
        secrets=secrets,
        policy=policy,
        everything=True,
        per_entity={},
    )
    partner.default_settings = row
    partner.save(update_fields=["default_settings"])
    return row


def leads(row: Entity, count: int) -> list[UUID]:
    """Leads with open values and a sealed one."""
    return [lead.pk for lead in Lead.objects.bulk_create([_lead(row) for _ in range(count)], batch_size=1000)]


def _lead(row: Entity) -> Lead:
    now = clock.now()
    lead = Lead(id=uuid7(now), entity=row, values=VALUES, source="bench", routing="routed", created_at=now)
    lead.put_sealed(HIDDEN, {})
    return lead


def jobs(pairs: Sequence[tuple[UUID, DeliverySettings]]) -> None:
    """A job for each lead and lane, all due at the commit, with one call to the engine."""
    with transaction.atomic():
        Job.objects.bulk_create([new_job(lead, lane) for lead, lane in pairs], batch_size=2000)
        if len(pairs) > 100:
            _execute("ANALYZE delivery_job")
        wake()


def quiet_jobs(pairs: Sequence[tuple[UUID, DeliverySettings]]) -> list[UUID]:
    """The same, without waking anybody; their ids."""
    made = Job.objects.bulk_create([new_job(lead, lane) for lead, lane in pairs], batch_size=2000)
    return [row.pk for row in made]


def job(lead: UUID, lane: DeliverySettings) -> UUID:
    """One job, due now: what a routed lead leaves behind, in a transaction of its own."""
    with transaction.atomic():
        row = new_job(lead, lane)
        row.save(force_insert=True)
        wake({lane.pk})
    return row.pk


def dealt(leads: Sequence[UUID], lanes: Sequence[DeliverySettings]) -> list[tuple[UUID, DeliverySettings]]:
    """The leads dealt to the lanes in turn."""
    return [(lead, lanes[number % len(lanes)]) for number, lead in enumerate(leads)]


def new_job(lead: UUID, lane: DeliverySettings) -> Job:
    """A job, due now, not saved yet."""
    now = clock.now()
    return Job(
        id=uuid7(now),
        lead_id=lead,
        partner_id=lane.partner_id,
        settings_id=lane.pk,
        kind=lane.kind,
        policy_id=lane.policy_id,
        next_attempt_at=Now(),
        budget_due=Now(),
        created_at=now,
    )


def unsettled() -> int:
    """How many jobs are not delivered yet."""
    return Job.objects.exclude(status="delivered").count()


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
