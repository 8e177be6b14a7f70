"""Saves of configuration: who waits, what is raised, and which rows there are."""

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from partners import services
from partners.apps import first_revision
from partners.models import DeliverySettings, Partner, Revision
from tests.factories import DeliverySettingsFactory, PartnerFactory

HOOK = {"url": "https://crm.example.com/leads", "method": "POST", "format": "json", "headers": ["X-Key"]}


def save(partner: Partner, **changes: Any) -> DeliverySettings:
    given: dict[str, Any] = {
        "kind": "webhook",
        "config": HOOK,
        "secrets": {"headers": {"X-Key": "planted"}},
        "policy": None,
        "everything": True,
        "per_entity": {},
    }
    return services.save_settings(partner=partner, **{**given, **changes})


@pytest.fixture
def partner(db: None) -> Partner:
    return PartnerFactory.create()


def test_touch_raises_the_revision_once(db: None) -> None:
    before = Revision.current()
    services.touch()
    assert Revision.current() == before + 1


def test_revision_has_its_row_after_a_flush(db: None) -> None:
    Revision.objects.all().delete()
    first_revision(using="default", apps=apps)
    first_revision(using="default", apps=apps)
    assert Revision.current() == 1


def test_new_settings_are_sealed_and_know_their_host(partner: Partner) -> None:
    row = save(partner)
    assert (row.version, row.host, row.scope) == (1, "crm.example.com", "")
    assert row.secrets() == {"headers": {"X-Key": "planted"}}
    assert row.sealed is not None
    assert b"planted" not in bytes(row.sealed)


def test_the_same_again_changes_nothing(partner: Partner) -> None:
    first = save(partner)
    again = save(partner)
    assert (again.pk, again.version, again.updated_at) == (first.pk, 1, first.updated_at)


@pytest.mark.parametrize(
    "change",
    [
        {"config": {**HOOK, "method": "PUT"}},
        {"secrets": {"headers": {"X-Key": "another"}}},
        {"everything": False},
        {"per_entity": {"1": {"ticks": ["name"], "subject": "", "body": ""}}},
    ],
)
def test_a_change_raises_the_version(partner: Partner, change: dict[str, Any]) -> None:
    first = save(partner)
    changed = save(partner, **change)
    assert (changed.pk, changed.version) == (first.pk, 2)


def test_each_method_and_scope_has_a_row_of_its_own(partner: Partner) -> None:
    rows = [
        save(partner),
        save(partner, scope="assignment:1"),
        save(partner, kind="portal", config={}, secrets={}),
    ]
    assert len({row.pk for row in rows}) == 3


def test_the_database_keeps_one_row_a_method_and_scope(partner: Partner) -> None:
    DeliverySettingsFactory.create(partner=partner)
    with pytest.raises(IntegrityError, match="settings_once"), transaction.atomic():
        DeliverySettingsFactory.create(partner=partner)


def test_drop_spares_the_partners_own(partner: Partner) -> None:
    own = save(partner)
    save(partner, scope="assignment:1")
    services.drop_settings(["assignment:1", ""])
    assert list(DeliverySettings.objects.all()) == [own]
