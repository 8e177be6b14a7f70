"""Secrets are made, sign beside each other, and end when they are told to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from partners.kinds.signing_form import old_row
from partners.kinds.webhook import WebhookForm
from partners.outgoing.secrets import MOST_ENDED, TooMany, live, name_of, new_secret, rotated

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
IN_USE, OLDER, OLDEST = new_secret(), new_secret(), new_secret()
THREE: list[dict[str, Any]] = [
    {"secret": IN_USE, "until": None, "made": "2026-11-24T09:00:00+00:00"},
    {"secret": OLDER, "until": "2026-11-25T09:00:30+00:00"},
    {"secret": OLDEST, "until": "2026-11-24T18:00:00+00:00"},
]
SAVED = {
    "url": "https://crm.example.com/",
    "method": "POST",
    "format": "json",
    "headers": [],
    "signing": True,
}

pytestmark = pytest.mark.usefixtures("_noon")


@pytest.fixture
def _noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def form(entries: list[dict[str, Any]] = THREE, **data: str) -> WebhookForm:
    typed = {"url": SAVED["url"], "method": "POST", "format": "json", "signing": "on", **data}
    return WebhookForm(typed, config=SAVED, opened=lambda: {"signing": entries})


def saved(filled: WebhookForm, entries: list[dict[str, Any]] = THREE) -> list[dict[str, Any]]:
    assert filled.is_valid(), filled.errors
    entries = filled.secrets({"signing": entries})["signing"]
    return entries


def test_page_names_secrets_and_shows_none() -> None:
    unbound = WebhookForm(config=SAVED, opened=lambda: {"signing": THREE})
    text = unbound.as_p()
    assert all(name_of(each) in text for each in (IN_USE, OLDER, OLDEST))
    assert not any(each.removeprefix("whsec_")[:10] in text for each in (IN_USE, OLDER, OLDEST))
    assert 'value="2026-11-25T09:00"' in text
    assert "Made on 24 Nov 2026" in text
    assert old_row(OLDER) in unbound.lines()
    assert old_row(IN_USE) not in unbound.lines()


def test_save_as_shown_changes_nothing() -> None:
    row = old_row(OLDER)
    filled = form(THREE, **{row.until: "2026-11-25T09:00"})
    assert saved(filled) == THREE
    assert not {row.until, row.end} & set(filled.changed_data)


def test_end_is_set_and_brought_forward() -> None:
    later = saved(form(THREE, **{old_row(OLDER).until: "2026-11-30T08:15", old_row(OLDEST).end: "on"}))
    assert [entry["until"] for entry in later] == [
        None,
        "2026-11-30T08:15:00+00:00",
        "2026-11-24T12:00:00+00:00",
    ]
    assert live(later, NOW) == [IN_USE, OLDER]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("2026-11-24T11:59", "This time is over"),
        ("2026-12-01T12:01", "within the next seven days"),
        ("tomorrow", "YYYY-MM-DDTHH:MM"),
    ],
)
def test_end_out_of_bounds_is_refused(typed: str, told: str) -> None:
    filled = form(THREE, **{old_row(OLDER).until: typed})
    assert not filled.is_valid()
    assert told in str(filled.errors[old_row(OLDER).until])


@pytest.mark.parametrize(
    ("stays", "until"),
    [
        ("", "2026-11-25T12:00:00+00:00"),
        ("3600", "2026-11-24T13:00:00+00:00"),
        ("604800", "2026-12-01T12:00:00+00:00"),
        ("0", "2026-11-24T12:00:00+00:00"),
    ],
)
def test_new_secret_says_how_long_the_old_one_stays(stays: str, until: str) -> None:
    one = THREE[:1]
    filled = form(one, make_secret="on", old_stays=stays)
    new, old = saved(filled, one)
    assert new == {"secret": filled.made_secret, "until": None, "made": NOW.isoformat()}
    assert old == {**one[0], "until": until}
    assert live([new, old], NOW) == [new["secret"], *([IN_USE] if stays != "0" else [])]


def test_fourth_live_secret_is_refused() -> None:
    filled = form(make_secret="on")
    assert not filled.is_valid()
    assert "Three secrets sign already" in str(filled.errors["make_secret"])


@pytest.mark.parametrize("way", [{old_row(OLDEST).end: "on"}, {"old_stays": "0"}])
def test_fourth_secret_has_room_where_one_ends(way: dict[str, str]) -> None:
    filled = form(THREE, make_secret="on", **way)
    assert len(live(saved(filled), NOW)) == 3


def test_fourth_secret_is_refused_below_the_form_too() -> None:
    with pytest.raises(TooMany):
        rotated(THREE, new_secret(), NOW)


def test_rotation_prolongs_nothing_and_keeps_some_that_ended() -> None:
    over = [
        {"secret": f"over{n}", "until": (NOW - timedelta(days=n)).isoformat()} for n in range(MOST_ENDED + 2)
    ]
    entries = rotated([THREE[0], THREE[2], *over], "new", NOW)
    assert entries[1:] == [
        {**THREE[0], "until": "2026-11-25T12:00:00+00:00"},
        THREE[2],
        *over[:MOST_ENDED],
    ]


def test_url_elsewhere_needs_no_room() -> None:
    filled = form(make_secret="on", url="https://other.example.com/")
    assert [entry["secret"] for entry in saved(filled)] == [filled.made_secret]
