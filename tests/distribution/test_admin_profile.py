"""Profiles and their partners: rules are checked, each save is a version in force."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Assignment, Entity, Profile
from partners.models import DeliverySettings, Revision
from tests import factories as f
from tests.distribution.typed import condition
from tests.forms import submit

ADD = "/admin/distribution/profile/add/"
BIG = [[{"field": "size", "op": "greater_than", "value": 30}]]


def page(profile: Profile) -> str:
    return reverse("admin:distribution_profile_change", args=[profile.pk])


def new_row(place: int, **values: Any) -> dict[str, Any]:
    return {
        "assignments-TOTAL_FORMS": str(place + 1),
        **{f"assignments-{place}-{name}": value for name, value in values.items()},
    }


def test_add_puts_a_version_into_force(desk: Client, entity: Entity) -> None:
    partner, before = f.PartnerFactory.create(), Revision.current()
    basics = {
        "entity": str(entity.pk),
        "name": "South",
        "strategy": "send_to_all",
        "base_price": "25",
        **condition(0, 0, "size", "greater_than", "30"),
    }
    row = new_row(0, partner=str(partner.pk), priority="5", price="30.5", enabled="on", weight="3")
    assert submit(desk, ADD, {**basics, **row}).status_code == 302
    profile = Profile.objects.get(name="South")
    assert (profile.rules, profile.version, profile.strategy) == (BIG, 1, "send_to_all")
    version = profile.versions.get()
    assert version.document["assignments"][0]["partner_id"] == partner.pk
    assert version.document["assignments"][0]["price"] == "30.5000"
    assert version.document["assignments"][0]["weight"] == 3
    assert version.saved_by is not None
    assert version.saved_by.email == "admin@example.com"
    assert Revision.current() > before


def test_each_save_is_a_version(desk: Client, profile: Profile) -> None:
    assert submit(desk, page(profile), {"assignments-0-priority": "7"}).status_code == 302
    profile.refresh_from_db()
    assert profile.version == 2
    ranks = [v.document["assignments"][0]["priority"] for v in profile.versions.order_by("number")]
    assert ranks == [0, 7]


def test_page_saved_untouched_keeps_rules_and_prices(desk: Client, profile: Profile) -> None:
    profile.rules = BIG
    profile.save()
    before = Profile.objects.filter(pk=profile.pk).values("rules", "base_price", "strategy").get()
    assert submit(desk, page(profile), {}).status_code == 302
    assert Profile.objects.filter(pk=profile.pk).values("rules", "base_price", "strategy").get() == before


def test_entity_and_partner_stay(desk: Client, profile: Profile) -> None:
    other, stranger = f.EntityFactory.create(), f.PartnerFactory.create()
    assignment = profile.assignments.get()
    changes = {"entity": str(other.pk), "assignments-0-partner": str(stranger.pk)}
    submit(desk, page(profile), changes)
    profile.refresh_from_db()
    before = assignment.partner
    assignment.refresh_from_db()
    assert profile.entity != other
    assert assignment.partner == before


def test_a_partner_may_stand_twice(desk: Client, profile: Profile) -> None:
    partner = profile.assignments.get().partner
    row = new_row(1, partner=str(partner.pk), priority="1", enabled="on", weight="1")
    assert submit(desk, page(profile), row).status_code == 302
    assert profile.assignments.filter(partner=partner).count() == 2


def test_assignment_leaves_with_its_own_settings(desk: Client, profile: Profile) -> None:
    partner = f.PartnerFactory.create()
    assignment = f.AssignmentFactory.create(profile=profile, partner=partner, settings=None)
    scope = f"assignment:{assignment.pk}"
    assignment.settings = f.DeliverySettingsFactory.create(partner=partner, scope=scope)
    assignment.save()
    place = list(profile.assignments.all()).index(assignment)
    assert submit(desk, page(profile), {f"assignments-{place}-DELETE": "on"}).status_code == 302
    assert not Assignment.objects.filter(pk=assignment.pk).exists()
    assert not DeliverySettings.objects.filter(scope=scope).exists()
    profile.refresh_from_db()
    assert len(profile.versions.get(number=profile.version).document["assignments"]) == 1


def test_assignment_with_jobs_stays(desk: Client, profile: Profile) -> None:
    assignment = profile.assignments.get()
    f.JobFactory.create(assignment=assignment, lead=f.LeadFactory.create(entity=profile.entity))
    answer = submit(desk, page(profile), {"assignments-0-DELETE": "on"})
    assert "protected" in answer.content.decode()
    assert Assignment.objects.filter(pk=assignment.pk).exists()


def test_list_counts_partners_in_steady_queries(
    desk: Client, profile: Profile, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        f.AssignmentFactory.create(profile__entity=profile.entity)
    with django_assert_max_num_queries(9):
        html = desk.get("/admin/distribution/profile/").content.decode()
    assert "4 distribution profiles" in html


def test_a_partner_is_added_without_scripts(desk: Client, profile: Profile) -> None:
    """By what the page itself offers: the link to another row, and a list to choose from."""
    bright = f.PartnerFactory.create(name="Brightside")
    assert 'href="?row=1"' in desk.get(page(profile)).content.decode()
    more = f"{page(profile)}?row=1"
    assert f'<option value="{bright.pk}">Brightside</option>' in desk.get(more).content.decode()
    assert submit(desk, more, {}).status_code == 302
    assert profile.assignments.count() == 1
    assert submit(desk, more, {"assignments-1-partner": str(bright.pk)}).status_code == 302
    assert profile.assignments.filter(partner=bright).exists()


def test_a_list_without_scripts_has_an_end(
    desk: Client, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadflip.kit.widgets.LISTED", 2)
    f.PartnerFactory.create_batch(4)
    html = desk.get(f"{page(profile)}?row=1").content.decode()
    assert len(re.findall(r'<option value="\d+">Partner', html)) == 2
    assert "More are found by searching, which needs scripts." in html
