"""A sealed value that no key opens is the trouble of its own lead alone, on every page and in every file."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from delivery.bounce.take import take, take_waiting
from delivery.models import BounceMail, Job
from distribution.models import Entity, Lead
from partners.models import DeliverySettings
from partners.sheet import ADDRESS_PARTS
from tests import factories as f
from tests.delivery.engine.parts import Scripted, deliver, due_job
from tests.people import People, make_people

IBAN = "DE02120300000000202051"
HIDDEN = {"iban": IBAN, "since": "2026-11-24T14:05:00+00:00", "home": {"city": "Potsdam-Babelsberg"}}


@pytest.fixture
def entity(db: None) -> Entity:
    entity = f.EntityFactory.create(name="Solar lead", slug="solar", display_field="name")
    sealed = {key: {"type": type, "encrypted": True} for key, type in SEALED.items()}
    f.make_fields(entity, name="text", **sealed)
    return entity


SEALED = {"iban": "text", "since": "datetime", "home": "address"}


@pytest.fixture
def people(db: None) -> People:
    return make_people()


@pytest.fixture
def two(entity: Entity, people: People, settings: Settings) -> tuple[Any, Any]:
    """Portal entries of a lead whose key is lost, and of one that opens."""
    lane = f.DeliverySettingsFactory.create(partner=people.partner, kind="portal")
    key, lost_key = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [lost_key]
    lost = f.LeadFactory.create(entity=entity, values={"name": "Lost"}, hidden=HIDDEN)
    settings.ENCRYPTION_KEYS = [key]
    fine = f.LeadFactory.create(entity=entity, values={"name": "Fine"}, hidden=HIDDEN)
    return tuple(
        f.EntryFactory.create(lead=lead, partner=people.partner, settings=lane) for lead in (lost, fine)
    )  # type: ignore[return-value]  # two go in, two come out


def test_partner_reads_all_but_the_lost_values(client: Client, people: People, two: tuple[Any, Any]) -> None:
    client.force_login(people.owner)
    lost, fine = (client.get(reverse("portal:lead", args=[entry.id])) for entry in two)
    assert lost.status_code == 200
    assert "Lost" in lost.text
    assert lost.text.count("Cannot be opened. Ask your operator") == len(SEALED)
    assert IBAN in fine.text
    assert "Cannot be opened" not in fine.text
    feed = client.get(reverse("portal:feed"))
    assert feed.status_code == 200
    assert "Lost" in feed.text


@pytest.mark.parametrize("format", ["data", "spreadsheet"])
def test_file_says_what_is_lost_and_goes_on(
    client: Client, people: People, entity: Entity, two: tuple[Any, Any], format: str
) -> None:
    client.force_login(people.owner)
    asked: dict[str, str | int] = {"entity": entity.pk, "format": format, "delimiter": ","}
    file = client.get(reverse("portal:csv_file"), asked).getvalue().decode()
    [fine, lost] = file.strip().splitlines()[1:]
    assert IBAN in fine
    assert lost.count("cannot be opened") == len(SEALED) - 1 + len(ADDRESS_PARTS)
    assert IBAN not in lost


def test_staff_pages_stand(desk: Client, two: tuple[Any, Any]) -> None:
    job = due_job(lead=Lead.objects.get(pk=two[0].lead_id))
    assert desk.get(reverse("admin:distribution_lead_change", args=[two[0].lead_id])).status_code == 200
    assert desk.get(reverse("delivery:job", args=[job.pk])).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_only_the_job_of_the_lost_lead_fails(two: tuple[Any, Any], settings: Settings) -> None:
    row = f.DeliverySettingsFactory.create()
    policy = f.RetryPolicyFactory.create(waits=[])
    lost, fine = (due_job(row, lead=Lead.objects.get(pk=entry.lead_id), policy=policy) for entry in two)
    deliver(Scripted(), turns=2)
    lost, fine = (Job.objects.get(pk=job.pk) for job in (lost, fine))
    assert (lost.status, lost.reason) == ("failed", "No key in ENCRYPTION_KEYS opens this lead.")
    assert fine.status == "delivered"


@pytest.mark.django_db(transaction=True)
def test_lost_secrets_fail_with_the_reason(settings: Settings, desk: Client) -> None:
    row = f.DeliverySettingsFactory.create(secrets={"headers": {"X-Key": "k"}})
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    job = due_job(row, policy=f.RetryPolicyFactory.create(waits=[]))
    deliver(Scripted())
    job.refresh_from_db()
    assert (job.status, job.reason) == (
        "failed",
        "No key in ENCRYPTION_KEYS opens the delivery settings' secrets.",
    )
    partner = row.partner
    partner.default_settings = DeliverySettings.objects.get(pk=row.pk)
    partner.save()
    assert desk.get(reverse("admin:partners_partner_change", args=[partner.pk])).status_code == 200


def test_lost_returned_mail_holds_up_no_other(db: None, settings: Settings) -> None:
    mail = take(b"Subject: x\r\n\r\nx", inlet="http")
    BounceMail.objects.update(effect="waiting")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert take_waiting() == 0
    mail.refresh_from_db()
    assert mail.effect == "waiting"
