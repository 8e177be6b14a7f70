"""The sample installation: people, an entity, four partners, one profile, one API key.

Loaded into an empty database and never again: what somebody changed stays changed.
"""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from distribution.models import ApiKey, Assignment, Entity, Field, Profile
from distribution.services import save_profile
from leadflip.kit.digest import fingerprint
from leadflip.run.sample import demo as doors
from leadflip.run.sample.demo import KEY_PREFIX, Demo, lead_url
from partners.models import DeliverySettings, Member, Partner, User
from partners.models.settings import Kind
from partners.roles import ADMIN, OPERATOR
from partners.services import save_settings, touch

SLUG = "solar-lead"
FIELDS: tuple[dict[str, Any], ...] = (
    {"key": "first_name", "label": "First name", "type": "text", "required": True},
    {"key": "last_name", "label": "Last name", "type": "text", "required": True},
    {"key": "email", "label": "E-mail", "type": "email", "required": True},
    {"key": "phone", "label": "Phone", "type": "phone"},
    {"key": "address", "label": "Address", "type": "address"},
    {"key": "roof", "label": "Roof", "type": "select", "options": ["Pitched", "Flat", "Metal"]},
    {"key": "budget", "label": "Budget", "type": "number"},
    {"key": "install_by", "label": "Install by", "type": "date"},
    {"key": "tax_number", "label": "Tax number", "type": "text", "encrypted": True},
)
SUBJECT = "New lead: {{ lead.first_name }} {{ lead.last_name }}"
BODY = """{{ lead.first_name }} {{ lead.last_name }} asks for solar panels{% if lead.address.city %} in \
{{ lead.address.city }}{% endif %}.

E-mail: {{ lead.email }}
Phone: {{ lead.phone|default("not given") }}
Roof: {{ lead.roof|default("not given") }}
"""
LETTER_TICKS = ["first_name", "last_name", "email", "phone", "address.city", "roof"]


def load(demo: Demo) -> None:
    """Fill an empty database; in any other, only follow the sample CRM to its new port."""
    with transaction.atomic():
        touch()
        if not (Entity.objects.exists() or Partner.objects.exists() or User.objects.exists()):
            _fill(demo)
        elif demo.crm_port != demo.old_crm_port:
            _move(demo)


def _fill(demo: Demo) -> None:
    admin = _staff(doors.ADMIN, "Sample admin", demo.admin, ADMIN)
    _staff(doors.OPERATOR, "Sample operator", demo.operator, OPERATOR)
    entity = _entity()
    profile = Profile.objects.create(
        entity=entity,
        name="Solar, everywhere",
        description="Every lead goes to each partner whose rules it meets.",
        strategy="send_to_all",
        base_price=Decimal(25),
    )
    crm, letter, portal, flat = _partners(demo, entity)
    for priority, partner in zip((30, 20, 10), (crm, letter, portal), strict=True):
        Assignment.objects.create(profile=profile, partner=partner, priority=priority)
    only_flat = [[{"field": "roof", "op": "equals", "value": "Flat"}]]
    Assignment.objects.create(profile=profile, partner=flat, price=Decimal(40), rules=only_flat)
    save_profile(profile=profile, by=admin)
    member = User.objects.create_user(doors.PARTNER, demo.partner, name="Sample partner")
    Member.objects.create(user=member, partner=portal, role=Member.Role.OWNER)
    ApiKey.objects.create(
        name="Sample website", source="website", prefix=KEY_PREFIX, digest=fingerprint(demo.api_key)
    )


def _staff(address: str, name: str, password: str, role: str) -> User:
    person = User.objects.create_user(address, password, name=name, is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person


def _entity() -> Entity:
    entity = Entity.objects.create(
        name="Solar lead", slug=SLUG, display_field="last_name", currency="EUR", country="DE"
    )
    Field.objects.bulk_create(
        Field(entity=entity, position=position, **field) for position, field in enumerate(FIELDS)
    )
    return entity


def _partners(demo: Demo, entity: Entity) -> tuple[Partner, Partner, Partner, Partner]:
    secret = {"signing": [{"secret": demo.signing_secret, "until": None}]}
    texts = {"ticks": LETTER_TICKS, "subject": SUBJECT, "body": BODY}
    return (
        _partner("Sample CRM", Kind.WEBHOOK, _webhook(demo.crm_url), secrets=secret),
        _partner(
            "Sample mailbox",
            Kind.EMAIL,
            {"recipients": ["leads@example.com"], "html": False},
            everything=False,
            per_entity={str(entity.pk): texts},
        ),
        _partner("Sample portal", Kind.PORTAL, {}),
        _partner("Flat roofs only", Kind.PORTAL, {}),
    )


def _webhook(url: str) -> dict[str, Any]:
    return {"url": url, "method": "POST", "format": "json", "headers": [], "signing": True}


def _partner(name: str, kind: str, config: dict[str, Any], **more: Any) -> Partner:
    partner = Partner.objects.create(name=name, zone="Europe/Berlin", notes="Sample data of make run.")
    chosen: dict[str, Any] = {"secrets": {}, "policy": None, "everything": True, "per_entity": {}, **more}
    partner.default_settings = save_settings(partner=partner, kind=kind, config=config, **chosen)
    partner.save(update_fields=["default_settings"])
    return partner


def _move(demo: Demo) -> None:
    old = lead_url(demo.old_crm_port)
    for row in DeliverySettings.objects.filter(kind=Kind.WEBHOOK, config__url=old):
        save_settings(
            partner=row.partner,
            kind=row.kind,
            scope=row.scope,
            config={**row.config, "url": demo.crm_url},
            secrets=row.secrets(),
            policy=row.policy,
            everything=row.everything,
            per_entity=row.per_entity,
        )
