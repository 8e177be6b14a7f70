"""Letters of new leads: when, to whom, with what in them, and that each leaves though its sender dies."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from distribution.models import Field
from leadflip.kit import clock
from partners.models import Member, User
from portal import news, news_letter, tasks
from portal.models import Entry, News
from tests.people import People
from tests.portal.conftest import EntryMaker

# A Tuesday, noon in Berlin.
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture
def at() -> Any:
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


@pytest.fixture
def arrive(at: Any, make_entry: EntryMaker) -> EntryMaker:
    """A lead comes, a second later."""

    def make(*args: Any, **given: Any) -> Entry:
        at.shift(1)
        return make_entry(*args, created_at=clock.now(), **given)

    return make


def member(people: People, user: User) -> Member:
    return Member.objects.select_related("user", "partner").get(user=user, partner=people.partner)


def wants(people: People, mode: str, *who: User) -> None:
    for user in who:
        news.choose(member=member(people, user), mode=mode, at=clock.now())


def run(at: Any, seconds: float = 60) -> list[str]:
    """Beat comes round after so long; the subjects of what left."""
    at.shift(seconds)
    before = len(mail.outbox)
    tasks.send_news()
    return [f"{letter.to[0]}: {letter.subject}" for letter in mail.outbox[before:]]


def test_at_once_is_bundled_and_each_lead_is_told_once(at: Any, people: People, arrive: EntryMaker) -> None:
    arrive({"name": "Before"})
    at.shift(60)
    wants(people, "at_once", people.owner)
    assert run(at) == []
    arrive({"name": "Ana"})
    assert run(at) == ["owner@example.com: 1 new lead for Acme Solar"]
    for name in ("Ben", "Cleo"):
        arrive({"name": name})
    assert run(at) == []
    assert run(at, 9 * 60) == ["owner@example.com: 2 new leads for Acme Solar"]
    assert run(at, 3600) == []


def test_daily_comes_at_eight_in_the_persons_zone(at: Any, people: People, arrive: EntryMaker) -> None:
    people.colleague.zone = "America/New_York"
    people.colleague.save()
    wants(people, "daily", people.owner, people.colleague)
    arrive()
    left = []
    for _ in range(48):
        left += [(f"{clock.now():%d %H:%M}", letter.partition(":")[0]) for letter in run(at, 1800)]
    # Eight o'clock is 13:00 UTC there, and 7:00 UTC in Berlin.
    assert left == [("24 13:00", "colleague@example.com"), ("25 07:00", "owner@example.com")]
    assert run(at, 24 * 3600) == []


def test_mornings_follow_the_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 24, 6, 30, tzinfo=UTC)
    assert news._morning(before, berlin).astimezone(UTC) == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)


def test_answered_leads_are_no_news(at: Any, people: People, arrive: EntryMaker) -> None:
    wants(people, "at_once", people.owner)
    wants(people, "daily", people.colleague)
    arrive(review="accepted", answered_at=clock.now())
    assert run(at, 24 * 3600) == []


def test_letter_names_no_value_unless_permitted(at: Any, people: People, arrive: EntryMaker) -> None:
    wants(people, "at_once", people.owner)
    values = {"name": "Ana Example", "phone": "+49301234567", "email": "ana@example.org", "score": 12}
    Field.objects.filter(key="phone").update(sensitive=True)
    entry = arrive(values, hidden={"iban": "DE0299"})
    run(at)
    text = mail.outbox[0].message().as_string()
    assert f"/portal/?partner={people.partner.pk}" in text
    assert [value for value in ("Ana", "4930", "ana@example.org", "DE0299") if value in text] == []
    people.partner.news_values = True
    people.partner.save()
    Entry.objects.filter(pk=entry.pk).update(created_at=clock.now())
    run(at, 660)
    text = str(mail.outbox[1].body)
    assert "- Ana Example" in text
    assert "ana@example.org" in text
    assert [value for value in ("4930", "DE0299") if value in text] == []


def test_stop_works_by_one_post_without_sign_in(at: Any, people: People, arrive: EntryMaker) -> None:
    wants(people, "at_once", people.owner, people.colleague)
    arrive()
    run(at)
    letter = next(each for each in mail.outbox if each.to == ["owner@example.com"])
    head = letter.message()
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<http://[^/]+(/portal/news/\S+/)>", head["List-Unsubscribe"])
    assert found
    assert found[1] in letter.body
    strict = Client(enforce_csrf_checks=True)
    assert "Stop letters" in strict.get(found[1]).text
    assert News.objects.count() == 2
    for _ in range(2):
        answer = strict.post(found[1], {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "Letters stopped" in answer.text) == (200, True)
    assert [row.member.user for row in News.objects.all()] == [people.colleague]
    assert strict.post(found[1].replace(":", ":x")).status_code == 404


def test_killed_sender_leaves_a_letter_that_another_sends_again(
    at: Any, people: People, arrive: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(people, "at_once", people.owner)
    arrive()
    with monkeypatch.context() as patched:
        patched.setattr(news, "_done", _die)
        with pytest.raises(KeyboardInterrupt):
            run(at)
    # The lease of the dead one still runs.
    assert run(at, 300) == []
    arrive()
    assert run(at, 301) == ["owner@example.com: 1 new lead for Acme Solar"]
    first, again = (letter.message()["Message-ID"] for letter in mail.outbox)
    assert first == again
    assert run(at, 600) == ["owner@example.com: 1 new lead for Acme Solar"]
    assert mail.outbox[2].message()["Message-ID"] != first


def _die(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def test_letter_that_is_refused_is_tried_again_ever_later(
    at: Any, people: People, arrive: EntryMaker, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    wants(people, "at_once", people.owner, people.colleague)
    arrive()
    real = mail.EmailMessage.send

    def send(letter: mail.EmailMessage) -> int:
        if letter.to == ["owner@example.com"]:
            raise OSError
        return real(letter)

    with monkeypatch.context() as patched:
        patched.setattr(mail.EmailMessage, "send", send)
        # One who is refused keeps nobody else from a letter.
        assert run(at) == ["colleague@example.com: 1 new lead for Acme Solar"]
        waits = []
        for _ in range(9):
            row = News.objects.get(member__user=people.owner)
            waits.append(round((row.due_at - clock.now()).total_seconds() / 60))
            run(at, (row.due_at - clock.now()).total_seconds())
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 1440]
    client.force_login(people.owner)
    assert "The last letter could not be sent" in client.get(reverse("portal:account")).text
    assert run(at, 86400) == ["owner@example.com: 1 new lead for Acme Solar"]
    assert News.objects.get(member__user=people.owner).error == ""


def test_who_is_gone_gets_nothing(
    at: Any, people: People, arrive: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(people, "at_once", people.owner, people.colleague, people.reader)
    arrive()
    member(people, people.owner).delete()
    User.objects.filter(pk=people.colleague.pk).update(is_active=False)
    written = news_letter.write

    def write(row: News, leads: Any) -> Any:
        letter = written(row, leads)
        Member.objects.filter(user=people.reader).delete()  # between claim and sending
        return letter

    monkeypatch.setattr(news_letter, "write", write)
    assert run(at) == []


def test_without_a_mail_account_letters_wait(
    at: Any, people: People, arrive: EntryMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(people, "at_once", people.owner)
    arrive()
    with monkeypatch.context() as patched:
        patched.setattr(news, "can_send", lambda: False)
        assert run(at, 3600) == []
    assert run(at) == ["owner@example.com: 1 new lead for Acme Solar"]


def test_queries_of_a_run_do_not_grow_with_leads(
    at: Any, people: People, arrive: EntryMaker, django_assert_max_num_queries: Any
) -> None:
    wants(people, "at_once", people.owner)
    people.partner.news_values = True
    people.partner.save()
    for number in range(30):
        arrive({"name": f"Lead {number}"})
    at.shift(60)
    with django_assert_max_num_queries(14):
        tasks.send_news()
    body = str(mail.outbox[0].body)
    assert (body.count("\n- "), "And more." in body) == (20, True)


def test_account_page_sets_name_zone_and_letters(client: Client, people: People) -> None:
    client.force_login(people.colleague)
    wants(people, "daily", people.colleague)
    saved = client.post(reverse("portal:details"), {"name": "Nia", "zone": "Asia/Tokyo"}, follow=True)
    assert "All times in Asia/Tokyo" in saved.text
    people.colleague.refresh_from_db()
    assert (people.colleague.name, people.colleague.zone) == ("Nia", "Asia/Tokyo")
    # Eight in Tokyo is 23:00 UTC.
    assert News.objects.get().due_at.astimezone(UTC).hour == 23
    client.post(reverse("portal:news"), {"mode": "at_once"})
    assert News.objects.get().mode == "at_once"
    assert 'value="at_once"' in client.get(reverse("portal:account")).text
    client.post(reverse("portal:news"), {"mode": ""})
    assert not News.objects.exists()
    wrong = client.post(reverse("portal:details"), {"name": "Nia", "zone": "Mars/Base"})
    assert "<title>Error:" in wrong.text
