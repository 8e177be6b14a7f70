"""Caps, weights, failover: the forms take them, and show what is used by the counted places."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from distribution.models import Assignment, CapUse, Profile
from distribution.services import save_profile
from partners.models import Partner
from tests import factories as f
from tests.forms import controls, errors, submit

# A Wednesday; in Auckland it is the 26th already.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def change(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def used(owner: Partner | Assignment, *, day: date = date(2026, 11, 25)) -> None:
    column = "partner" if isinstance(owner, Partner) else "assignment"
    CapUse.objects.create(
        **{column: owner},
        day=day,
        week=date(2026, 11, 23),
        month=date(2026, 11, 1),
        day_used=12,
        week_used=34,
        month_used=56,
        life_used=1500,
    )


def text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


@pytest.fixture
def assignment(profile: Profile) -> Assignment:
    return profile.assignments.get()


@pytest.mark.parametrize("owner", ["partner", "assignment"])
def test_caps_are_saved(desk: Client, assignment: Assignment, owner: str) -> None:
    row: Any = assignment if owner == "assignment" else assignment.partner
    caps = {"cap_day": "5", "cap_week": "20", "cap_month": "", "cap_life": "1000"}
    assert submit(desk, change(row), caps).status_code == 302
    row.refresh_from_db()
    assert tuple(row.caps) == (5, 20, None, 1000)
    answer = submit(desk, change(row), {"cap_day": "0"})
    assert "greater than or equal to 1" in errors(answer)
    assert controls(answer)["cap_day"] == ["0"]


def test_saved_caps_are_in_force(desk: Client, profile: Profile, assignment: Assignment) -> None:
    changes = {"cap_day": "5", "pacing": "on"}
    assert submit(desk, change(assignment), changes).status_code == 302
    profile.refresh_from_db()
    (row,) = profile.versions.get(number=profile.version).document["assignments"]
    assert (row["caps"], row["pacing"]) == ([5, None, None, None], True)


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("owner", ["partner", "assignment"])
def test_what_is_used_stands_beside_each_cap(desk: Client, assignment: Assignment, owner: str) -> None:
    row: Any = assignment if owner == "assignment" else assignment.partner
    row.cap_day, row.cap_life = 50, 1500
    row.save()
    assert "Counted from the next lead on" in text(desk, change(row))
    used(row)
    html = text(desk, change(row))
    for words in ("12 of 50 today", "34 this week", "56 this month", "1,500 of 1,500 in all"):
        assert f"<span>{words}</span>" in html
    assert '<progress class="used" max="50" value="12" aria-hidden="true">' in html
    assert '<progress class="used full" max="1500" value="1500" aria-hidden="true">' in html


@time_machine.travel(NOW, tick=False)
def test_today_is_the_partners(desk: Client, assignment: Assignment) -> None:
    partner = assignment.partner
    partner.zone, partner.cap_day = "Pacific/Auckland", 50
    partner.save()
    used(partner)
    html = text(desk, change(partner))
    assert "0 of 50 today" in html
    assert "34 this week" in html
    assert "month on the 1st, in Pacific/Auckland." in html


def test_a_new_partner_may_have_caps(desk: Client) -> None:
    assert submit(desk, "/admin/partners/partner/add/", {"name": "New", "cap_month": "9"}).status_code == 302
    assert Partner.objects.get(name="New").cap_month == 9


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("owner", ["partner", "assignment"])
def test_who_may_only_read_sees_caps_and_use(client: Client, assignment: Assignment, owner: str) -> None:
    row: Any = assignment if owner == "assignment" else assignment.partner
    row.cap_day = 50
    row.save()
    used(row)
    viewer = f.UserFactory.create(staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client.force_login(viewer)
    html = text(client, change(row))
    assert "12 of 50 today" in html
    assert 'name="cap_day"' not in html


def test_weight_stands_where_turns_are_taken(desk: Client, profile: Profile, assignment: Assignment) -> None:
    assert "weight" not in controls(desk.get(change(assignment)))
    profile.strategy = "round_robin"
    profile.save()
    assert submit(desk, change(assignment), {"weight": "7"}).status_code == 302
    assignment.refresh_from_db()
    assert assignment.weight == 7
    assert "less than or equal to 1000" in errors(submit(desk, change(assignment), {"weight": "1001"}))


def test_profile_takes_most_partners_and_failover(desk: Client, profile: Profile) -> None:
    changes = {"strategy": "send_to_all", "sold_limit": "2", "failover": "on"}
    assert submit(desk, change(profile), changes).status_code == 302
    profile.refresh_from_db()
    document = profile.versions.get(number=profile.version).document
    assert (document["sold_limit"], document["failover"]) == (2, True)
    assert "greater than or equal to 1" in errors(submit(desk, change(profile), {"sold_limit": "0"}))


@time_machine.travel(NOW, tick=False)
def test_profile_lists_rank_rules_caps_share_and_price(desk: Client, profile: Profile) -> None:
    first = profile.assignments.get()
    first.weight, first.cap_day, first.priority, first.price = 3, 50, 9, 31
    first.rules = [[{"field": "size", "op": "greater_than", "value": 30}]]
    first.save()
    used(first)
    first.partner.cap_month = 100
    first.partner.save()
    used(first.partner)
    f.AssignmentFactory.create(profile=profile, weight=1, priority=1)
    f.AssignmentFactory.create(profile=profile, weight=9, enabled=False)
    html = " ".join(text(desk, change(profile)).split())
    assert f'Rank 1:</span> <a href="{change(first)}">{first.partner}</a>' in html
    facts = ("Roof size is greater than 30", "12 of 50 today", "56 of 100 this month in all profiles")
    for fact in (*facts, "31.00 EUR", "Webhook, only for this profile"):
        assert f"<li>{fact}</li>" in html
    assert "75 % of the turns" in html
    assert "25 % of the turns" in html
    assert html.count("of the turns</li>") == 2
    assert "Not enabled" in html


def test_strategy_is_told_in_a_sentence(client: Client, desk: Client, profile: Profile) -> None:
    assert "first partner from the top that may have it." in text(desk, change(profile))
    profile.strategy, profile.failover = "round_robin", True
    profile.save()
    viewer = f.UserFactory.create(staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client.force_login(viewer)
    html = text(client, change(profile))
    assert "take turns, in proportion to their weights. Where it cannot be delivered" in html
    assert "from the top that may have it" not in html
    assert "Every lead matches." in html
    assert "rules-sent" not in html
    assert "<li>100 % of the turns</li>" in html


def test_empty_profile_says_that_leads_go_nowhere(desk: Client, profile: Profile) -> None:
    assert "go nowhere" not in text(desk, change(profile))
    empty = f.ProfileFactory.create(entity=profile.entity)
    save_profile(profile=empty, by=None)
    page = desk.get(change(empty))
    assert "Leads of Solar lead go nowhere by this profile yet." in page.content.decode()
    assert 'name="assignments-0-partner"' in page.content.decode()
    assert submit(desk, change(empty), {}).status_code == 302
    assert not empty.assignments.exists()


def test_queries_do_not_grow_with_partners(
    desk: Client, profile: Profile, django_assert_max_num_queries: Any
) -> None:
    f.AssignmentFactory.create(profile=profile)
    with django_assert_max_num_queries(40) as few:
        desk.get(change(profile))
    for place in range(12):
        partner = f.PartnerFactory.create(cap_day=5)
        row = f.AssignmentFactory.create(profile=profile, partner=partner, priority=place, cap_day=5)
        used(row)
        used(partner)
    with django_assert_max_num_queries(len(few)):
        desk.get(change(profile))
