from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.conf import settings
from django.template import Context, Template

from delivery.models.attempt import Outcome
from delivery.models.job import Status
from distribution.models.lead import Routing
from leadflip.kit.templatetags.kit import LOOKS
from portal.models import Entry

AT = datetime(2026, 11, 24, 13, 5, 9, tzinfo=UTC)


def render(text: str, **context: Any) -> str:
    return Template("{% load kit %}" + text).render(Context(context))


def test_badge_has_icon_word_and_look() -> None:
    badge = render('{% badge "accepted" "Accepted" %}')
    assert 'class="badge badge-delivered"' in badge
    assert '<use href="/static/icons.svg#delivered">' in badge
    assert badge.endswith("Accepted</span>")


def test_badge_escapes_its_word() -> None:
    assert "<b>" not in render('{% badge "failed" word %}', word="<b>x</b>")


@pytest.mark.parametrize("values", [Status.values, Outcome.values, Routing.values, Entry.Review.values])
def test_every_state_has_a_look(values: list[str]) -> None:
    assert set(values) <= LOOKS.keys()


def test_every_look_has_an_icon_and_a_colour() -> None:
    static = Path(settings.BASE_DIR) / "static"
    icons = {
        symbol.get("id")
        for symbol in ElementTree.parse(static / "icons.svg").iter("{http://www.w3.org/2000/svg}symbol")
    }
    css = (static / "app.css").read_text()
    assert set(LOOKS.values()) <= icons
    assert all(f".badge-{look}" in css for look in LOOKS.values())


def test_time_is_readable_by_machines() -> None:
    assert render("{% time at %}", at=AT) == (
        '<time datetime="2026-11-24T13:05:09Z">24 Nov 2026, 13:05</time>'
    )


def test_time_of_nothing_is_a_dash() -> None:
    assert render("{% time at %}{% ago at %}", at=None) == "––"


def test_ago_gives_age_and_full_time() -> None:
    with time_machine.travel(AT.replace(minute=8, second=30), tick=False):
        assert render("{% ago at %}", at=AT) == (
            '<time class="ago" datetime="2026-11-24T13:05:09Z">'
            "3 min ago <span>24 Nov 2026, 13:05</span></time>"
        )


def test_ago_is_the_full_time_after_a_day() -> None:
    with time_machine.travel(AT.replace(day=26), tick=False):
        assert render("{% ago at %}", at=AT) == render("{% time at %}", at=AT)


def test_countdown_gives_what_is_left_and_the_time_itself() -> None:
    with time_machine.travel(AT.replace(minute=0, second=57), tick=False):
        assert render("{% countdown at %}", at=AT) == (
            '<time class="ago" datetime="2026-11-24T13:05:09Z">'
            '<count-down data-left="252" data-words="in {}" data-over="now">in 4 min</count-down> '
            "<span>24 Nov 2026, 13:05:09</span></time>"
        )


def test_countdown_that_is_over_says_now() -> None:
    with time_machine.travel(AT.replace(minute=6), tick=False):
        assert render("{% countdown at %}", at=AT) == '<time datetime="2026-11-24T13:05:09Z">now</time>'


def test_filters_and_money_say_what_show_says() -> None:
    assert render("{{ ms|duration }} {{ n|capped }}", ms=340, n=1001) == "340 ms 1,000+"
    assert render("{% money none 'EUR' %}", none=None) == "–"
