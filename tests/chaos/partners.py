"""Who takes the leads: forty partners, each with a desk of its own and a rule for that desk alone."""

import base64
import hashlib
from typing import Any

from django.db import transaction

from delivery.models import SmtpAccount
from distribution.models import Assignment, Entity, Field, Profile
from distribution.services import make_key, save_profile
from partners.models import Partner, RetryPolicy
from partners.services import save_settings, touch
from tests.chaos.receivers import DOMAIN, Letters, Webhooks

DESKS = 40
# Three webhooks, one mailbox and one portal in five.
KINDS = ("webhook", "webhook", "webhook", "email", "portal")
# What a kill leaves open is tried again while this run waits for it.
WAITS = [2, 5, 5, 5, 5, 5, 5, 5]
CONNECTIONS = 10
SECRET = "whsec_" + base64.b64encode(hashlib.sha256(b"chaos").digest()).decode()
LETTER = {"subject": "Lead {{ lead.number }}", "body": "{{ lead.number }}: {{ lead.tax_number }}"}
SLUG = "lead"


def desk(number: int) -> str:
    """The desk that lead `number` is for."""
    return f"desk-{number % DESKS:02}"


def lead(number: int) -> dict[str, str]:
    """What the source posts."""
    return {
        "entity": SLUG,
        "number": str(number),
        "desk": desk(number),
        "email": f"person{number}@example.com",
        "tax_number": f"12/345/{number:05}",
    }


def load(webhooks: Webhooks, letters: Letters) -> str:
    """Fills an empty database; returns the API key to post with."""
    with transaction.atomic():
        touch()
        entity = _entity()
        SmtpAccount.objects.create(
            host="127.0.0.1",
            port=letters.port,
            security=SmtpAccount.Security.NONE,
            from_address=f"leads@{DOMAIN}",
            connections=CONNECTIONS,
        )
        policy = RetryPolicy.objects.create(name="Soon again", waits=WAITS)
        profile = Profile.objects.create(entity=entity, name="By desk", strategy="send_to_all", base_price=1)
        for number in range(DESKS):
            name = desk(number)
            rule = [[{"field": "desk", "op": "equals", "value": name}]]
            partner = _partner(name, KINDS[number % len(KINDS)], webhooks.url, entity, policy)
            Assignment.objects.create(profile=profile, partner=partner, rules=rule)
        save_profile(profile=profile, by=None)
        _, plain = make_key(name="Website")
    return plain


def _entity() -> Entity:
    entity = Entity.objects.create(name="Lead", slug=SLUG, display_field="number")
    fields: tuple[dict[str, Any], ...] = (
        {"key": "number", "label": "Number", "type": "text", "required": True},
        {"key": "desk", "label": "Desk", "type": "text", "required": True},
        {"key": "email", "label": "E-mail", "type": "email"},
        {"key": "tax_number", "label": "Tax number", "type": "text", "encrypted": True},
    )
    Field.objects.bulk_create(Field(entity=entity, position=at, **field) for at, field in enumerate(fields))
    return entity


def _partner(name: str, kind: str, url: str, entity: Entity, policy: RetryPolicy) -> Partner:
    configs: dict[str, dict[str, Any]] = {
        "webhook": {"url": url + name, "method": "POST", "format": "json", "headers": [], "signing": True},
        "email": {"recipients": [f"{name}@{DOMAIN}"], "html": False},
        "portal": {},
    }
    partner = Partner.objects.create(name=name)
    partner.default_settings = save_settings(
        partner=partner,
        kind=kind,
        config=configs[kind],
        secrets={"signing": [{"secret": SECRET, "until": None}]} if kind == "webhook" else {},
        policy=policy,
        everything=True,
        per_entity={str(entity.pk): LETTER} if kind == "email" else {},
    )
    partner.save(update_fields=["default_settings"])
    return partner
