"""Two admins on one profile: the later one is told, sees both, and loses nothing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Assignment, Profile
from distribution.services import save_profile
from partners.models import User
from tests import factories as f
from tests.distribution.typed import condition
from tests.forms import controls, errors, submit


@pytest.fixture
def bea(db: None) -> User:
    return f.UserFactory.create(name="Bea Boss", admin=True)


def change(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def saved_by(person: User, profile: Profile, **values: Any) -> None:
    """What another admin does meanwhile."""
    Profile.objects.filter(pk=profile.pk).update(**values)
    save_profile(profile=profile, by=person)


def flat(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_later_one_is_told_and_sees_both(desk: Client, profile: Profile, bea: User) -> None:
    opened = controls(desk.get(change(profile)))
    saved_by(bea, profile, name="Bea's name", strategy="send_to_all")
    typed = {**opened, "name": "My name", **condition(0, 0, "size", "greater_than", "30")}
    answer = desk.post(change(profile), typed)
    html = flat(answer)
    assert "Not saved: somebody saved this meanwhile." in errors(answer)
    assert "Bea Boss saved version 2 while this page was open" in html
    assert '<th scope="row">Name</th><td dir="auto">Bea&#x27;s name</td><td dir="auto">My name</td>' in html
    assert '<td dir="auto">Send to all</td><td dir="auto">First match (waterfall)</td>' in html
    assert (
        '<th scope="row">Rules</th><td dir="auto">Every lead matches</td>'
        '<td dir="auto">Roof size is greater than 30</td>'
    ) in html
    profile.refresh_from_db()
    assert (profile.name, profile.version) == ("Bea's name", 2)
    kept = controls(answer)
    assert (kept["name"], kept["rules-0-0-value"], kept["seen"]) == (["My name"], ["30"], ["2"])
    assert desk.post(change(profile), kept).status_code == 302
    profile.refresh_from_db()
    assert (profile.name, profile.strategy, profile.version) == ("My name", "first_match", 3)


def test_rows_that_came_and_went_meanwhile(desk: Client, profile: Profile, bea: User) -> None:
    first = profile.assignments.get()
    gone = f.AssignmentFactory.create(profile=profile, priority=5, partner__name="Gone Ltd")
    save_profile(profile=profile, by=None)
    opened = controls(desk.get(change(profile)))
    place = next(n for n in "01" if opened[f"assignments-{n}-id"] == [str(first.pk)])
    came = f.AssignmentFactory.create(profile=profile, partner__name="Came Ltd", price=7)
    newcomer = f.PartnerFactory.create()
    gone.delete()
    saved_by(bea, profile)
    typed = {
        **opened,
        f"assignments-{place}-priority": "44",
        "assignments-TOTAL_FORMS": "3",
        "assignments-2-partner": str(newcomer.pk),
        "assignments-2-priority": "2",
        "assignments-2-weight": "1",
        "assignments-2-enabled": "on",
    }
    answer = desk.post(change(profile), typed)
    html = flat(answer)
    assert (
        f'<th scope="row">{first.partner}: Priority</th><td dir="auto">0</td><td dir="auto">44</td>' in html
    )
    assert '<th scope="row">Came Ltd</th><td dir="auto">added</td>' in html
    assert '<th scope="row">Gone Ltd</th><td dir="auto">removed</td>' in html
    again = desk.post(change(profile), controls(answer))
    assert again.status_code == 302
    ranks = dict(profile.assignments.values_list("partner", "priority"))
    assert ranks == {first.partner_id: 44, came.partner_id: 0, newcomer.pk: 2}
    came.refresh_from_db()
    assert came.price == 7


def test_who_saves_what_is_current_is_not_stopped(desk: Client, profile: Profile, bea: User) -> None:
    saved_by(bea, profile, name="Bea's name")
    assert submit(desk, change(profile), {"name": "My name"}).status_code == 302
    profile.refresh_from_db()
    assert (profile.name, profile.version) == ("My name", 3)


def test_rules_buttons_are_no_save(desk: Client, profile: Profile, bea: User) -> None:
    opened = controls(desk.get(change(profile)))
    saved_by(bea, profile, name="Bea's name")
    answer = desk.post(change(profile), {**opened, "add-alternative": "1"})
    assert errors(answer) == ""
    assert controls(answer)["seen"] == ["1"]


def test_assignment_changed_meanwhile(desk: Client, profile: Profile, bea: User) -> None:
    assignment = profile.assignments.get()
    opened = controls(desk.get(change(assignment)))
    Assignment.objects.filter(pk=assignment.pk).update(cap_day=9)
    saved_by(bea, profile)
    answer = desk.post(change(assignment), {**opened, "price": "12"})
    html = flat(answer)
    assert "Bea Boss saved version 2 while this page was open" in html
    assert '<th scope="row">A day</th><td dir="auto">9</td><td dir="auto">–</td>' in html
    assert '<th scope="row">Price</th><td dir="auto">–</td><td dir="auto">12</td>' in html
    assert desk.post(change(assignment), controls(answer)).status_code == 302
    assignment.refresh_from_db()
    assert assignment.cap_day is None
    assert assignment.price == 12


def test_assignment_is_not_stopped_by_what_it_is_not(desk: Client, profile: Profile, bea: User) -> None:
    assignment = profile.assignments.get()
    opened = controls(desk.get(change(assignment)))
    saved_by(bea, profile, name="Bea's name")
    assert desk.post(change(assignment), {**opened, "price": "12"}).status_code == 302
    profile.refresh_from_db()
    assert (profile.name, profile.version) == ("Bea's name", 3)


@pytest.mark.parametrize("seen", ["", "x", "²", None])
def test_without_a_version_a_save_is_a_save(
    desk: Client, profile: Profile, bea: User, seen: str | None
) -> None:
    opened = controls(desk.get(change(profile)))
    saved_by(bea, profile)
    sent = {name: value for name, value in {**opened, "seen": seen}.items() if value is not None}
    answer = desk.post(change(profile), sent)
    assert answer.status_code == (302 if seen in ("", None) else 200)
