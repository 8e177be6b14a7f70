"""The sample installation, in an empty database."""

from dataclasses import replace

import pytest
from django.contrib.auth import authenticate

from distribution.models import ApiKey, Assignment, Entity, Profile
from leadflip.kit.digest import fingerprint
from leadflip.run.sample import demo as doors
from leadflip.run.sample.demo import Demo
from leadflip.run.sample.load import load
from partners.kinds import KINDS
from partners.models import DeliverySettings, Member, Partner, User

pytestmark = pytest.mark.django_db

DEMO = Demo(
    admin="admin-password",
    operator="operator-password",
    partner="partner-password",
    api_key="lf_demo_key",
    signing_secret="whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    crm_port=9000,
    smtp_port=9001,
    old_crm_port=9000,
)


def webhook() -> DeliverySettings:
    return DeliverySettings.objects.get(kind="webhook")


def test_load_makes_every_channel() -> None:
    load(DEMO)
    kinds = set(Partner.objects.values_list("default_settings__kind", flat=True))
    assert kinds == set(KINDS)
    assert Profile.objects.get().version == 1
    assert Assignment.objects.count() == Partner.objects.count() == 4
    assert Entity.objects.get().fields.filter(encrypted=True).exists()


@pytest.mark.parametrize(
    ("login", "password", "group", "staff"),
    [
        (doors.ADMIN, DEMO.admin, "admin", True),
        (doors.OPERATOR, DEMO.operator, "operator", True),
        (doors.PARTNER, DEMO.partner, None, False),
    ],
)
def test_load_makes_logins(login: str, password: str, group: str | None, staff: bool) -> None:
    load(DEMO)
    person = authenticate(username=login, password=password)
    assert isinstance(person, User)
    assert person.is_staff is staff
    assert not person.is_superuser
    assert list(person.groups.values_list("name", flat=True)) == ([group] if group else [])


def test_load_gives_the_partner_a_portal() -> None:
    load(DEMO)
    assert Member.objects.get().partner.name == "Sample portal"


def test_load_stores_the_key_as_its_fingerprint() -> None:
    load(DEMO)
    assert bytes(ApiKey.objects.get().digest) == fingerprint(DEMO.api_key)


def test_load_seals_the_signing_secret() -> None:
    load(DEMO)
    assert webhook().secrets()["signing"][0]["secret"] == DEMO.signing_secret
    assert DEMO.signing_secret not in str(webhook().config)


def test_load_twice_changes_nothing() -> None:
    load(DEMO)
    Partner.objects.filter(name="Sample CRM").update(name="Renamed")
    load(DEMO)
    assert Partner.objects.count() == 4
    assert Partner.objects.filter(name="Renamed").exists()


def test_load_keeps_away_from_what_is_there() -> None:
    User.objects.create_superuser("someone@example.com", "some-password")
    load(DEMO)
    assert not Entity.objects.exists()
    assert User.objects.count() == 1


def test_load_follows_the_crm_to_its_new_port() -> None:
    load(DEMO)
    load(replace(DEMO, crm_port=9100))
    assert webhook().config["url"] == "http://127.0.0.1:9100/leads"
    assert webhook().version == 2
    assert webhook().secrets()["signing"][0]["secret"] == DEMO.signing_secret


def test_load_leaves_an_address_that_was_changed() -> None:
    load(DEMO)
    row = webhook()
    row.config = {**row.config, "url": "https://crm.example.com/leads"}
    row.save()
    load(replace(DEMO, crm_port=9100))
    assert webhook().config["url"] == "https://crm.example.com/leads"
