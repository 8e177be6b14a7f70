"""Open hours of a partner in a profile: typed as people write them, refused with the day named."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from distribution.admin.hours import DAY_FIELDS
from distribution.models import Assignment, Profile
from distribution.routing.hours import DAYS
from tests.forms import controls, errors, submit

# A Saturday, 14:05 in Berlin.
NOW = datetime(2026, 11, 28, 13, 5, tzinfo=UTC)
OFFICE = {day: [["09:00", "12:30"], ["13:30", "17:00"]] for day in DAYS[:5]}


@pytest.fixture
def assignment(profile: Profile) -> Assignment:
    row = profile.assignments.get()
    row.partner.zone = "Europe/Berlin"
    row.partner.save()
    return row


def page(row: Assignment) -> str:
    return reverse("admin:distribution_assignment_change", args=[row.pk])


def saved(desk: Client, row: Assignment, **changes: str) -> dict[str, Any]:
    """The hours after a save, as routing will read them."""
    assert submit(desk, page(row), changes).status_code == 302
    row.refresh_from_db()
    version = row.profile.versions.latest("number")
    assert version.document["assignments"][0]["hours"] == row.hours
    return dict(row.hours)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("09:00–12:30, 13:30–17:00", [["09:00", "12:30"], ["13:30", "17:00"]]),
        ("13.30-17;9 - 12:30", [["09:00", "12:30"], ["13:30", "17:00"]]),
        ("9 to 12, 12 to 17", [["09:00", "17:00"]]),
        ("22:00–00:00", [["22:00", "24:00"]]),
        ("0-24", [["00:00", "24:00"]]),
    ],
)
def test_times_are_read_as_people_write_them(
    desk: Client, assignment: Assignment, typed: str, meant: list[list[str]]
) -> None:
    assert saved(desk, assignment, hours_tue=typed) == {"tue": meant}


def test_hours_holidays_and_holding_come_back_as_saved(desk: Client, assignment: Assignment) -> None:
    days = dict.fromkeys(DAY_FIELDS[:5], "9-12:30, 13:30-17")
    free = "2026-12-26\n2026-12-25, 2026-12-25"
    assert saved(desk, assignment, **days, holidays=free, closed="hold") == {
        **OFFICE,
        "holidays": ["2026-12-25", "2026-12-26"],
    }
    assert assignment.closed == "hold"
    kept = controls(desk.get(page(assignment)))
    assert kept["hours_mon"] == ["09:00–12:30, 13:30–17:00"]
    assert (kept["hours_sat"], kept["holidays"]) == ([""], ["2026-12-25\n2026-12-26"])
    assert saved(desk, assignment) == assignment.hours


def test_no_times_at_all_are_always_open(desk: Client, assignment: Assignment) -> None:
    saved(desk, assignment, hours_mon="9-17")
    assert saved(desk, assignment, hours_mon="") == {}


def test_holidays_alone_close_a_week_that_is_open(desk: Client, assignment: Assignment) -> None:
    every_day = {day: [["00:00", "24:00"]] for day in DAYS}
    assert saved(desk, assignment, holidays="2026-12-25") == {**every_day, "holidays": ["2026-12-25"]}


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("hours_mon", "nine to five", "Monday: “nine to five” is no span of time. Write 09:00–17:00"),
        ("hours_tue", "9-25", "Tuesday: “25:00” is no time of day. Write one from 00:00 to 24:00."),
        ("hours_wed", "9:75-12", "Wednesday: “9:75” is no time of day."),
        ("hours_thu", "9-12, 11-17", "Thursday: 09:00–12:00 and 11:00–17:00 overlap. Write 09:00–17:00"),
        (
            "hours_fri",
            "22-6",
            "Friday: 22:00–06:00 goes over midnight. Write 22:00–24:00 here, and 00:00–06:00",
        ),
        ("hours_sun", "22-6", "00:00–06:00 on Monday."),
        ("hours_sat", "9-9", "Saturday: 09:00–09:00 opens and closes at one time."),
        ("holidays", "25.12.2026", "Holidays: “25.12.2026” is no date. Write YYYY-MM-DD"),
    ],
)
def test_what_tells_no_hours_is_refused_with_the_day(
    desk: Client, assignment: Assignment, field: str, typed: str, words: str
) -> None:
    answer = submit(
        desk, page(assignment), {field: typed, "hours_tue" if field != "hours_tue" else "x": "8-9"}
    )
    assert words in errors(answer)
    assert controls(answer)[field] == [typed]
    assignment.refresh_from_db()
    assert assignment.hours == {}


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({}, "Always open."),
        ({"sat": [["14:00", "15:00"]]}, "Open now."),
        (OFFICE, "Closed, opens Monday 09:00."),
        ({"sat": [["14:00", "14:05"]]}, "Closed, opens 5 Dec 2026, 14:00."),
        ({"mon": [], "holidays": ["2026-12-25"]}, "Closed, and never opens."),
    ],
)
def test_page_says_how_it_stands_in_the_partners_zone(
    desk: Client, assignment: Assignment, hours: dict[str, Any], words: str
) -> None:
    assignment.hours = hours
    assignment.save()
    html = desk.get(page(assignment)).content.decode()
    assert f'<strong class="open-now">{words}</strong>' in html
    assert "Times in Europe/Berlin, where it is 14:05 now." in html
    profile = desk.get(reverse("admin:distribution_profile_change", args=[assignment.profile_id]))
    assert (f"<li>{words[:-1]}</li>" in profile.content.decode()) is bool(hours)


def test_who_may_only_read_sees_the_hours(sign_in: Callable[[str], Client], assignment: Assignment) -> None:
    assignment.hours = {**OFFICE, "holidays": ["2026-12-25"]}
    assignment.save()
    html = sign_in("operator").get(page(assignment)).content.decode()
    assert "Monday: 09:00–12:30, 13:30–17:00" in html
    assert "Saturday: closed" in html
    assert "2026-12-25" in html
    assert "hours_mon" not in html
