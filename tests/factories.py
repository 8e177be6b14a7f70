"""Rows for tests: `EntityFactory.create(…)`; what a test does not name gets a sound value.

Factories never take part in routing: a profile made here has no version until `save_profile`.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from delivery.models import Attempt, AttemptBody, Job, SmtpAccount
from distribution.models import (
    ApiKey,
    Assignment,
    Decision,
    Entity,
    Field,
    HostedForm,
    Idempotency,
    Lead,
    Profile,
    ProfileVersion,
)
from leadflip.kit import crypto, digest
from leadflip.kit.ids import uuid7
from partners.models import DeliverySettings, Member, Partner, RetryPolicy, User
from portal.models import Entry, EntryEvent

CONFIGS: dict[str, dict[str, Any]] = {
    "webhook": {
        "url": "https://crm.example.com/leads",
        "method": "POST",
        "format": "json",
        "headers": [],
        "signing": False,
    },
    "email": {"recipients": ["leads@example.com"], "html": False},
    "portal": {},
}


class UserFactory(DjangoModelFactory[User]):
    """A person; without `password` nobody can sign in as them except by `client.force_login`."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")

    class Params:
        staff = factory.Trait(is_staff=True)
        admin = factory.Trait(is_staff=True, is_superuser=True)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(*args, **kwargs)


class PartnerFactory(DjangoModelFactory[Partner]):
    class Meta:
        model = Partner

    name = factory.Sequence(lambda n: f"Partner {n}")
    contact_email = factory.Sequence(lambda n: f"contact{n}@example.com")


class MemberFactory(DjangoModelFactory[Member]):
    class Meta:
        model = Member

    user = factory.SubFactory(UserFactory)
    partner = factory.SubFactory(PartnerFactory)


class RetryPolicyFactory(DjangoModelFactory[RetryPolicy]):
    class Meta:
        model = RetryPolicy

    name = factory.Sequence(lambda n: f"Policy {n}")
    waits = factory.LazyFunction(lambda: [5, 30])


class DeliverySettingsFactory(DjangoModelFactory[DeliverySettings]):
    """A webhook unless `kind` says otherwise; `secrets={…}` seals them into the row."""

    class Meta:
        model = DeliverySettings

    partner = factory.SubFactory(PartnerFactory)
    kind = "webhook"
    config = factory.LazyAttribute(lambda row: dict(CONFIGS[row.kind]))

    @classmethod
    def _create(cls, model_class: type[DeliverySettings], *args: Any, **kwargs: Any) -> DeliverySettings:
        secrets = kwargs.pop("secrets", None)
        row = model_class.objects.create(**kwargs)
        if secrets:
            # The seal names the row, so the row must have its id.
            row.put_secrets(secrets)
            row.save(update_fields=["sealed"])
        return row


class SmtpAccountFactory(DjangoModelFactory[SmtpAccount]):
    class Meta:
        model = SmtpAccount

    host = "127.0.0.1"
    port = 2525
    security = SmtpAccount.Security.NONE
    from_address = "Leads <leads@example.com>"


class EntityFactory(DjangoModelFactory[Entity]):
    """Without fields: see `make_fields`."""

    class Meta:
        model = Entity

    name = factory.Sequence(lambda n: f"Solar lead {n}")
    slug = factory.Sequence(lambda n: f"solar-lead-{n}")
    currency = "EUR"


class FieldFactory(DjangoModelFactory[Field]):
    class Meta:
        model = Field

    entity = factory.SubFactory(EntityFactory)
    key = factory.Sequence(lambda n: f"field_{n}")
    label = factory.LazyAttribute(lambda field: field.key.replace("_", " ").capitalize())
    type = "text"
    position = factory.Sequence(lambda n: n)


def make_fields(entity: Entity, **types: str | Mapping[str, Any]) -> list[Field]:
    """Fields of `entity` in order: `make_fields(entity, name="text", iban={"encrypted": True})`."""
    return [
        FieldFactory.create(
            entity=entity, key=key, position=place, **({"type": given} if isinstance(given, str) else given)
        )
        for place, (key, given) in enumerate(types.items())
    ]


class HostedFormFactory(DjangoModelFactory[HostedForm]):
    """One that anybody can send."""

    class Meta:
        model = HostedForm

    entity = factory.SubFactory(EntityFactory)
    enabled = True


class ApiKeyFactory(DjangoModelFactory[ApiKey]):
    """`plain` is the key to send; only its fingerprint is stored."""

    class Meta:
        model = ApiKey

    class Params:
        plain = factory.LazyFunction(lambda: f"lf_{uuid4().hex[:8]}_{uuid4().hex}")

    name = factory.Sequence(lambda n: f"Source {n}")
    prefix = factory.LazyAttribute(lambda key: key.plain[:11])
    digest = factory.LazyAttribute(lambda key: digest.fingerprint(key.plain))


class LeadFactory(DjangoModelFactory[Lead]):
    """A routed lead; `hidden={…}` seals values of encrypted fields, `waiting=True` makes it due now."""

    class Meta:
        model = Lead

    class Params:
        waiting = factory.Trait(routing="waiting", routing_due=factory.LazyFunction(timezone.now))

    entity = factory.SubFactory(EntityFactory)
    created_at = factory.LazyFunction(timezone.now)
    id = factory.LazyAttribute(lambda lead: uuid7(lead.created_at))
    values = factory.LazyFunction(dict)
    source = "api"
    routing = "routed"

    @classmethod
    def _create(cls, model_class: type[Lead], *args: Any, **kwargs: Any) -> Lead:
        hidden = kwargs.pop("hidden", None)
        lead = model_class(**kwargs)
        if hidden:
            lead.put_sealed(hidden, {})
        lead.save(force_insert=True)
        return lead


class ProfileFactory(DjangoModelFactory[Profile]):
    class Meta:
        model = Profile

    entity = factory.SubFactory(EntityFactory)
    name = factory.Sequence(lambda n: f"Profile {n}")
    base_price = Decimal("12.5")


class AssignmentFactory(DjangoModelFactory[Assignment]):
    """A partner with a webhook of its own in a profile; `settings=None` falls back to the partner's."""

    class Meta:
        model = Assignment

    profile = factory.SubFactory(ProfileFactory)
    partner = factory.SubFactory(PartnerFactory)
    settings = factory.SubFactory(DeliverySettingsFactory, partner=factory.SelfAttribute("..partner"))


class ProfileVersionFactory(DjangoModelFactory[ProfileVersion]):
    class Meta:
        model = ProfileVersion

    profile = factory.SubFactory(ProfileFactory)
    number = 1
    document = factory.LazyFunction(dict)


class DecisionFactory(DjangoModelFactory[Decision]):
    class Meta:
        model = Decision

    lead = factory.SubFactory(LeadFactory)
    profile = factory.SubFactory(ProfileFactory, entity=factory.SelfAttribute("..lead.entity"))
    version = 1
    revision = 1
    verdicts = factory.LazyFunction(list)


class IdempotencyFactory(DjangoModelFactory[Idempotency]):
    class Meta:
        model = Idempotency

    api_key = factory.SubFactory(ApiKeyFactory)
    token = factory.Sequence(lambda n: f"token-{n}")
    body_digest = b"\0" * 32
    answer = factory.LazyFunction(dict)


class JobFactory(DjangoModelFactory[Job]):
    """A queued webhook job that is due; the traits are the other statuses, `test=True` unassigns it."""

    class Meta:
        model = Job

    class Params:
        retrying = factory.Trait(status="retrying", attempts=1, last_outcome="temporary")
        sending = factory.Trait(
            status="sending",
            attempts=1,
            next_attempt_at=None,
            claim_token=factory.LazyFunction(uuid4),
            lease_until=factory.LazyFunction(lambda: timezone.now() + timedelta(seconds=60)),
        )
        delivered = factory.Trait(
            status="delivered",
            attempts=1,
            next_attempt_at=None,
            last_outcome="delivered",
            settled_at=factory.LazyFunction(timezone.now),
        )
        failed = factory.Trait(
            status="failed",
            attempts=1,
            next_attempt_at=None,
            last_outcome="permanent",
            settled_at=factory.LazyFunction(timezone.now),
        )
        cancelled = factory.Trait(
            status="cancelled",
            next_attempt_at=None,
            settled_at=factory.LazyFunction(timezone.now),
        )
        test = factory.Trait(
            assignment=None,
            partner=factory.SubFactory(PartnerFactory),
            settings=factory.SubFactory(DeliverySettingsFactory, partner=factory.SelfAttribute("..partner")),
        )

    lead = factory.SubFactory(LeadFactory)
    assignment = factory.SubFactory(
        AssignmentFactory, profile__entity=factory.SelfAttribute("...lead.entity")
    )
    profile_version = 1
    partner = factory.SelfAttribute("assignment.partner")
    settings = factory.SelfAttribute("assignment.settings")
    kind = factory.SelfAttribute("settings.kind")
    price = Decimal("12.5")
    currency = "EUR"
    created_at = factory.LazyFunction(timezone.now)
    id = factory.LazyAttribute(lambda job: uuid7(job.created_at))
    budget_due = factory.SelfAttribute("created_at")
    next_attempt_at = factory.SelfAttribute("budget_due")


class AttemptFactory(DjangoModelFactory[Attempt]):
    class Meta:
        model = Attempt

    job = factory.SubFactory(JobFactory)
    number = 1
    started_at = factory.LazyFunction(timezone.now)
    ms = 120
    outcome = "delivered"
    code = 200


class AttemptBodyFactory(DjangoModelFactory[AttemptBody]):
    """`content={"request": {…}, "response": {…}}` is sealed as the engine seals it."""

    class Meta:
        model = AttemptBody

    class Params:
        content = factory.LazyFunction(
            lambda: {
                "request": {
                    "method": "POST",
                    "url": "https://crm.example.com/leads",
                    "headers": [],
                    "body": "{}",
                },
                "response": {"headers": {}, "text": "ok"},
            }
        )

    attempt = factory.SubFactory(AttemptFactory)
    sealed = factory.LazyAttribute(
        lambda body: crypto.seal(f"attempt:{body.attempt.job_id}:{body.attempt.number}", body.content)
    )


class EntryFactory(DjangoModelFactory[Entry]):
    """A pending entry of a lead that exists; its id is that of a portal job."""

    class Meta:
        model = Entry

    class Params:
        lead = factory.SubFactory(LeadFactory)
        answered = factory.Trait(review="accepted", answered_at=factory.LazyFunction(timezone.now))

    id = factory.LazyAttribute(lambda entry: uuid7(entry.created_at))
    partner = factory.SubFactory(PartnerFactory)
    settings = factory.SubFactory(
        DeliverySettingsFactory, partner=factory.SelfAttribute("..partner"), kind="portal"
    )
    lead_id = factory.SelfAttribute("lead.id")
    entity_id = factory.SelfAttribute("lead.entity_id")
    price = Decimal("12.5")
    currency = "EUR"
    created_at = factory.LazyFunction(timezone.now)


class EntryEventFactory(DjangoModelFactory[EntryEvent]):
    class Meta:
        model = EntryEvent

    entry = factory.SubFactory(EntryFactory)
    partner = factory.SelfAttribute("entry.partner")
    user = factory.SubFactory(UserFactory)
    kind = EntryEvent.Kind.VIEWED


def acme_with_header(value: str) -> Partner:
    """Acme, whose own webhook signs nothing and sends the header X-API-Key."""
    partner = PartnerFactory.create(name="Acme")
    partner.default_settings = DeliverySettingsFactory.create(
        partner=partner,
        config={
            "url": "https://crm.example.com/leads",
            "method": "POST",
            "format": "json",
            "headers": ["X-API-Key"],
            "signing": False,
        },
        secrets={"headers": {"X-API-Key": value}},
    )
    partner.save()
    return partner
