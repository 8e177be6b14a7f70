"""A partner in a profile: its Delivery section says whose settings they are, and saves to those."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Assignment, Entity, Profile
from distribution.services import save_profile
from partners.models import DeliverySettings, Partner
from tests import factories as f
from tests.forms import controls, errors, submit


@dataclass
class Case:
    """Acme with a webhook of its own, in two profiles without settings of their own."""

    partner: Partner
    own: DeliverySettings
    assignment: Assignment
    profile: Profile

    @property
    def page(self) -> str:
        return reverse("admin:distribution_assignment_change", args=[self.assignment.pk])

    def reload(self) -> None:
        for row in (self.partner, self.own, self.assignment, self.profile):
            row.refresh_from_db()


@pytest.fixture
def case(entity: Entity) -> Case:
    partner = f.PartnerFactory.create(name="Acme")
    own = f.DeliverySettingsFactory.create(
        partner=partner,
        config={"url": "https://own.example.com/", "method": "POST", "format": "json", "headers": ["X-Key"]},
        secrets={"headers": {"X-Key": "planted-own"}},
    )
    partner.default_settings = own
    partner.save()
    profiles = [f.ProfileFactory.create(entity=entity) for _ in range(2)]
    assignments = [f.AssignmentFactory.create(profile=p, partner=partner, settings=None) for p in profiles]
    for profile in profiles:
        save_profile(profile=profile, by=None)
    return Case(partner, own, assignments[0], profiles[0])


def alone(case: Case, desk: Client, **changes: str) -> DeliverySettings:
    """Gives the assignment settings of its own."""
    submit(desk, case.page, {"delivery-scope": "alone", **changes})
    case.reload()
    assert case.assignment.settings is not None
    return case.assignment.settings


def test_page_says_whose_settings_they_are(desk: Client, case: Case) -> None:
    html = desk.get(case.page).content.decode()
    assert "Acme&#x27;s own settings: used by 2 profiles" in html
    assert controls(desk.get(case.page))["delivery-scope"] == ["own"]
    assert "planted-own" not in html
    alone(case, desk)
    html = desk.get(case.page).content.decode()
    assert controls(desk.get(case.page))["delivery-scope"] == ["alone"]
    assert "Acme&#x27;s own settings: used by 1 profile<" in html.replace("\n", "")


def test_profile_leads_to_the_section(desk: Client, case: Case) -> None:
    html = desk.get(reverse("admin:distribution_profile_change", args=[case.profile.pk])).content.decode()
    assert "<li>Webhook</li>" in html
    assert f'href="{case.page}"' in html
    back = submit(desk, case.page, {})
    assert back.headers["Location"] == reverse("admin:distribution_profile_change", args=[case.profile.pk])


def test_own_settings_are_edited_for_all(desk: Client, case: Case) -> None:
    submit(desk, case.page, {"delivery-webhook-method": "PUT"})
    case.reload()
    assert case.assignment.settings is None
    assert (case.own.config["method"], case.own.version) == ("PUT", 2)
    assert case.partner.delivery_settings.count() == 1


def test_own_method_is_switched_for_all(desk: Client, case: Case) -> None:
    submit(desk, case.page, {"delivery-method": "portal"})
    case.reload()
    assert case.partner.default_settings is not None
    assert case.partner.default_settings.kind == "portal"
    assert case.own.version == 1


def test_only_this_one_starts_from_what_is_shown(desk: Client, case: Case) -> None:
    row = alone(case, desk, **{"delivery-webhook-method": "PATCH"})
    assert row.scope == f"assignment:{case.assignment.pk}"
    assert row.config["method"] == "PATCH"
    assert row.secrets() == {"headers": {"X-Key": "planted-own"}}
    assert (case.own.config["method"], case.own.version) == ("POST", 1)
    assert case.partner.default_settings == case.own


def test_back_to_own_leaves_both_alone(desk: Client, case: Case) -> None:
    row = alone(case, desk, **{"delivery-webhook-method": "PATCH"})
    submit(desk, case.page, {"delivery-scope": "own"})
    case.reload()
    assert case.assignment.settings is None
    assert case.own.config["method"] == "POST"
    row.refresh_from_db()
    assert row.config["method"] == "PATCH"


def test_own_of_this_one_is_edited(desk: Client, case: Case) -> None:
    row = alone(case, desk)
    submit(desk, case.page, {"delivery-webhook-method": "PUT"})
    row.refresh_from_db()
    case.reload()
    assert (row.config["method"], row.version) == ("PUT", 2)
    assert case.own.version == 1


def test_each_save_is_a_version_of_the_profile(desk: Client, case: Case) -> None:
    alone(case, desk)
    assert case.profile.version == 2
    document = case.profile.versions.get(number=2).document
    assert document["assignments"][0]["settings_id"] == case.assignment.settings_id


def test_errors_keep_what_was_typed(desk: Client, case: Case) -> None:
    changes = {"delivery-scope": "alone", "delivery-webhook-url": "nonsense", "price": "12"}
    answer = submit(desk, case.page, changes)
    assert "Delivery: mend what is marked" in errors(answer)
    kept = controls(answer)
    for name, value in changes.items():
        assert kept[name] == [value]
    case.reload()
    assert case.assignment.settings is None


def test_only_the_profiles_entity_is_mapped(desk: Client, case: Case) -> None:
    other = f.EntityFactory.create()
    shown = desk.get(case.page).content.decode()
    assert f"delivery-entity-{case.profile.entity_id}-subject" in shown
    assert f"delivery-entity-{other.pk}-" not in shown


def test_delete_takes_its_own_settings_along(desk: Client, case: Case) -> None:
    row = alone(case, desk)
    desk.post(reverse("admin:distribution_assignment_delete", args=[case.assignment.pk]), {"post": "yes"})
    assert not Assignment.objects.filter(pk=case.assignment.pk).exists()
    assert not DeliverySettings.objects.filter(pk=row.pk).exists()
    case.profile.refresh_from_db()
    assert case.profile.versions.get(number=case.profile.version).document["assignments"] == []
