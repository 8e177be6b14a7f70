"""A partner's own caps: the lower one holds, exactly, and its owners alone set them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from delivery.models import Job
from delivery.refusal import Refusal, Refused
from delivery.services import resend
from distribution import own_caps
from distribution.models import Assignment, Decision, OwnCap
from distribution.pages import own_caps as page
from distribution.routing import waiting
from distribution.routing.gates.caps import CapsGate
from leadflip.kit import clock
from partners.caps import Caps, Own
from partners.models import AuditEntry, May, Partner, Revision, User
from portal.models import EntryEvent
from tests import factories as f
from tests.distribution.capped import end, in_force, placed, routed, use
from tests.distribution.test_caps import at_once
from tests.people import People, make_people

URL = "/portal/caps/"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
# What a cap's sentence does not read.
RECORD: Any = None


def permitted(**caps: int) -> Partner:
    return f.PartnerFactory.create(may=[May.CAPS.value], **caps)


def lower(row: Assignment, *, whole: bool = False, until: datetime | None = None, **caps: int | None) -> None:
    by: User = f.UserFactory.create()
    own = Own(Caps(**caps), until)
    own_caps.save(partner=row.partner, assignment=None if whole else row, own=own, by=by)


@pytest.mark.django_db
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("admins", "own", "got"), [(5, 2, 2), (2, 5, 2), (None, 3, 3)])
def test_the_lower_one_holds(whole: bool, admins: int | None, own: int, got: int) -> None:
    caps = {"cap_day": admins} if admins else {}
    partner = permitted(**caps if whole else {})
    row, rest = in_force({"partner": partner, **({} if whole else caps)}, {})
    lower(row, whole=whole, day=own)
    routed(row.profile.entity, 6)
    assert (placed(row), placed(rest)) == (got, 6 - got)
    code, detail = Decision.objects.latest("id").verdicts[0]
    assert (code, detail[1:]) == ("cap" if got != own else "own", ["day", got, got])
    assert detail[0] == ("partner" if whole else "assignment")
    assert ("own cap" in CapsGate().tell(code, detail, RECORD)) == (code == "own")


@pytest.mark.django_db
def test_a_partner_takes_none_until_its_midnight() -> None:
    (row,) = in_force({"partner": permitted()})
    with time_machine.travel(NOON, tick=False) as clock:
        lower(row, until=NOON + timedelta(hours=12))
        routed(row.profile.entity, 2)
        ((code, detail),) = Decision.objects.latest("id").verdicts
        assert (code, detail) == ("own", ["assignment", "day", 0, 0])
        assert "takes none that day, by its own choice" in CapsGate().tell(code, detail, RECORD)
        clock.move_to(NOON + timedelta(hours=12))
        routed(row.profile.entity, 2)
    assert (placed(row), use(row)[3]) == (2, 2)


@pytest.mark.django_db
def test_places_are_counted_while_own_caps_come_and_go() -> None:
    (row,) = in_force({"partner": permitted()})
    for cap, leads in ((1, 3), (None, 2), (4, 5)):
        lower(row, day=cap)
        routed(row.profile.entity, leads)
    assert placed(row) == use(row)[0] == 4


@pytest.mark.django_db
def test_own_caps_end_with_the_permission() -> None:
    (row,) = in_force({"partner": permitted()})
    lower(row, day=1)
    Partner.objects.update(may=[])
    Revision.bump()
    routed(row.profile.entity, 3)
    assert placed(row) == 3


@pytest.mark.django_db
def test_a_resend_takes_no_place_beyond_an_own_cap() -> None:
    (row,) = in_force({"partner": permitted()})
    routed(row.profile.entity, 2)
    first = Job.objects.earliest("id")
    end(first)
    lower(row, day=1)
    with pytest.raises(Refused) as refused:
        resend(job_id=first.pk)
    assert refused.value.refusal == Refusal.CAPPED


@pytest.mark.django_db(transaction=True)
def test_routers_at_once_meet_an_own_cap_exactly() -> None:
    row, rest = in_force({"partner": permitted(), "cap_day": 30}, {})
    entity = row.profile.entity

    def lower_twice() -> None:
        lower(row, day=9)
        lower(row, day=7)

    lower(row, day=11)
    at_once(*[lambda: routed(entity, 6) and None] * 4)
    assert (placed(row), use(row)[0]) == (11, 11)
    lower(row, day=20)
    at_once(*[lambda: routed(entity, 6) and None] * 4, lower_twice)
    while waiting.drain(NOON + timedelta(days=3650)):
        pass
    assert placed(row) == use(row)[0] <= 20
    assert placed(row) + placed(rest) == 48


@pytest.fixture
def people(db: None) -> People:
    people = make_people()
    people.partner.may = [May.CAPS.value]
    people.partner.save()
    return people


@pytest.fixture
def row(people: People) -> Assignment:
    entity = f.EntityFactory.create(name="Solar lead")
    row, _other = in_force({"partner": people.partner, "cap_day": 50}, {"cap_day": 7719}, entity=entity)
    return row


def post(client: Client, person: User, **sent: Any) -> str:
    client.force_login(person)
    response = client.post(URL, sent, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def test_an_owner_lowers_its_caps_and_takes_that_back(
    client: Client, people: People, row: Assignment
) -> None:
    routed(row.profile.entity, 2)
    key = str(row.pk)
    shown = post(client, people.owner, which=key, do="save", **{f"{key}-day": "20"})
    for words in ("Solar lead: 20 a day", "2 of 50 today", "2 of 20 today"):
        assert words in shown
    for foreign in (row.profile.name, "7719"):
        assert foreign not in shown.split("<main")[1]
    assert "no more leads today" in post(client, people.owner, which=key, do="none")
    assert OwnCap.objects.get().own.at(datetime.now(UTC)) == Caps(day=0)
    assert "Take leads again today" not in post(client, people.owner, which=key, do="again")
    assert "no caps of your own" in post(client, people.owner, which=key, do="back")
    assert not OwnCap.objects.exists()
    events = EntryEvent.objects.filter(kind="own_caps").order_by("id")
    assert events[0].detail["about"] == "Solar lead: 20 a day"
    assert events.count() == 4
    entries = AuditEntry.objects.filter(model="distribution.owncap").order_by("id")
    assert [(entry.verb, entry.user) for entry in entries][::3] == [
        ("added", people.owner),
        ("deleted", people.owner),
    ]


def test_what_cannot_hold_is_refused(client: Client, people: People, row: Assignment) -> None:
    key, before = str(row.pk), Revision.current()
    shown = post(client, people.owner, which=key, do="save", **{f"{key}-day": "51", f"{key}-week": "0"})
    assert "Your operator&#x27;s cap is 50 a day" in shown
    assert "Enter a number from 1 on" in shown
    assert (OwnCap.objects.count(), Revision.current()) == (0, before)
    post(client, people.owner, which="all", do="save", **{"all-week": "9"})
    assert (OwnCap.objects.get().assignment, Revision.current()) == (None, before + 1)


def test_changes_are_few(
    client: Client, people: People, row: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each makes routing read its configuration anew."""
    monkeypatch.setattr(page, "CHANGES", {"own_caps": "2/h/user"})
    key = str(row.pk)
    said = [post(client, people.owner, which=key, do="save", **{f"{key}-day": str(n)}) for n in (9, 8, 7)]
    assert ["Many changes" in each for each in said] == [False, False, True]
    assert OwnCap.objects.get().day == 8


def test_owners_alone_reach_their_own(client: Client, people: People, row: Assignment) -> None:
    for person, status in ((people.colleague, 403), (people.reader, 403), (people.stranger, 404)):
        client.force_login(person)
        assert client.get(URL).status_code == status
        assert client.post(URL, {"which": str(row.pk), "do": "none"}).status_code == status
    client.force_login(people.owner)
    foreign = Assignment.objects.exclude(partner=people.partner).get()
    assert client.post(URL, {"which": str(foreign.pk), "do": "none"}).status_code == 404
    people.partner.may = []
    people.partner.save()
    assert client.get(URL).status_code == 404
    assert not OwnCap.objects.exists()


def test_the_admin_reads_what_was_lowered(admin_client: Client, people: People, row: Assignment) -> None:
    lower(row, day=20)
    lower(row, whole=True, week=90, until=clock.now() + timedelta(hours=1))
    pages = {
        f"/admin/partners/partner/{people.partner.pk}/change/": [
            "20 a day",
            "All leads: 90 a week, no more leads today",
        ],
        f"/admin/distribution/assignment/{row.pk}/change/": ["20 a day"],
        f"/admin/distribution/profile/{row.profile_id}/change/": ["lowered by the partner: 20 a day"],
    }
    for url, words in pages.items():
        shown = admin_client.get(url).content.decode()
        assert [each for each in words if each not in shown] == []
