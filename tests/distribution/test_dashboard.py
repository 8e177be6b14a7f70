"""The dashboard: what needs somebody, figures by role, in bounded queries, each part for itself."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings as project
from django.db import connection
from django.db.models.expressions import RawSQL
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from delivery import hourly as attempts
from delivery.models import Job, Lane
from distribution import cap_uses, services
from distribution import hourly as leads
from distribution.models import ApiKey, CapUse
from distribution.pages import figures
from leadflip.kit import clock, matters
from leadflip.kit.paging import counted_all
from partners.models import Partner
from tests.factories import (
    AssignmentFactory,
    AttemptFactory,
    DeliverySettingsFactory,
    EntryFactory,
    JobFactory,
    LeadFactory,
    PartnerFactory,
    UserFactory,
)
from tests.mail_factories import BounceBoxFactory, BounceMailFactory

pytestmark = pytest.mark.django_db
Door = Callable[[str], Client]
NOON = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def html(client: Client, path: str = "/admin/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def tile(text: str, name: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text.split(f'id="tile-{name}"')[1].split("</li>")[0]).split())


def cap(partner: Partner, used: int, most: int) -> None:
    today = timezone.now().date()
    Partner.objects.filter(pk=partner.pk).update(cap_day=most)
    CapUse.objects.create(partner=partner, day=today, week=today, month=today, day_used=used)


def trouble(rows: int = 1) -> None:
    """Everything that needs somebody, so many times."""
    now = timezone.now()
    for _ in range(rows):
        for health in ({"state": "open", "open_until": now, "failing_since": now}, {"paused_at": now}):
            Lane.objects.create(settings=DeliverySettingsFactory.create(), **health)
        letter = DeliverySettingsFactory.create(kind="email")
        Partner.objects.filter(pk=letter.partner_id).update(default_settings=letter)
        job = JobFactory.create(failed=True)
        Job.objects.filter(pk=job.pk).update(had_unknown=True)
        LeadFactory.create(routing="unmatched")
        LeadFactory.create(waiting=True, routing_tries=2)
        BounceMailFactory.create(effect="unmatched", received_at=now)
        cap(PartnerFactory.create(), 12, 10)
        AttemptFactory.create(job=JobFactory.create(delivered=True), ms=900)
    BounceBoxFactory.create(host="imap.example.com", error="refused")


def test_all_that_needs_somebody_leads_to_its_list(sign_in: Door, settings: Settings) -> None:
    settings.SMTP_URL = ""
    operator = sign_in("operator")
    quiet = html(operator)
    assert "Nothing. All that comes in goes where it should." in quiet
    trouble()
    text = html(operator)
    for link, words in {
        "/admin/delivery/destinations/": "1 destination is slowed",
        "/admin/delivery/smtpaccount/": "No mail server is set, and 1 partner gets e-mail",
        "/admin/delivery/log/?status=doubt": "1 failed job may have arrived: ask its partner",
        "/admin/distribution/lead/?routing__exact=waiting": "1 lead could not be routed yet",
        "/admin/delivery/bouncebox/": "The mailbox of returned mail cannot be read",
        "/admin/distribution/lead/?routing__exact=unmatched": "1 lead of the last 24 hours matched no",
        "/admin/#caps": "1 cap is full",
        "/admin/delivery/bouncemail/?effect__exact=unmatched": "1 returned mail of this week belongs",
    }.items():
        assert f'<a href="{link}">{words}' in text
        assert operator.get(link, follow=True).status_code == 200
    assert "1 destination is paused" in text
    assert text.index("1 destination is slowed") < text.index("1 destination is paused")
    assert "12 of 10 today" in text
    settings.SMTP_URL = "smtp://127.0.0.1"
    assert "No mail server" not in html(operator)


def test_today_stands_against_yesterday_by_the_same_hour(sign_in: Door) -> None:
    operator = sign_in("operator")
    for moment, many in (
        (NOON, 3),
        (NOON - timedelta(days=1), 2),
        (NOON + timedelta(hours=1) - timedelta(days=1), 5),
    ):
        for _ in range(many):
            lead = LeadFactory.create(created_at=moment, source="web")
            job = JobFactory.create(lead=lead, created_at=moment, failed=True)
            AttemptFactory.create(job=job, started_at=moment)
            EntryFactory.create(lead=lead, created_at=moment, answered=True)
    EntryFactory.create(lead=lead, created_at=NOON, review="rejected", answered_at=NOON, reason="no_fit")
    JobFactory.create(retrying=True, created_at=NOON - timedelta(days=3))
    with mock.patch.object(clock, "now", return_value=NOON + timedelta(minutes=5)):
        attempts.count()
        leads.count()
        text = html(operator)
    assert "3 yesterday by 13:00: 2" in tile(text, "leads")
    assert "3 yesterday by 13:00: 2" in tile(text, "delivered")
    assert "3 yesterday by 13:00: 2" in tile(text, "failed")
    assert "1 1 of them to be tried again" in tile(text, "waiting")
    assert "75 % yesterday by 13:00: 100 %" in tile(text, "accepted")
    assert text.count("24 Nov, 12:00") == 2
    assert "since=2026-11-24" in text


def test_queries_are_ten_whatever_is_stored(sign_in: Door) -> None:
    operator = sign_in("operator")
    trouble()
    attempts.count()
    with CaptureQueriesContext(connection) as few:
        html(operator)
    trouble_more(49)
    with CaptureQueriesContext(connection) as many:
        text = html(operator)
    assert len(many) == len(few) <= 10, [query["sql"] for query in many]
    assert "50 destinations are slowed" in text
    assert len(re.findall(r"of 10 today", text)) == 5


def trouble_more(rows: int) -> None:
    with mock.patch.object(BounceBoxFactory, "create"):
        trouble(rows)


def test_nobody_sees_what_their_role_may_not(client: Client) -> None:
    client.force_login(UserFactory.create(staff=True))
    trouble()
    text = html(client)
    assert "tile-" not in text
    assert "Nothing. All that comes in goes" in text
    assert "Slowest" not in text


def test_part_that_fails_says_so_and_the_rest_stays(sign_in: Door) -> None:
    operator = sign_in("operator")
    trouble()
    with (
        mock.patch.object(figures, "slowest", side_effect=RuntimeError),
        mock.patch.object(cap_uses, "nearest", side_effect=RuntimeError),
        mock.patch.object(figures, "by_hour", side_effect=RuntimeError),
    ):
        text = html(operator)
    assert text.count("This could not be read. The rest of the page is as it is.") == 4
    assert "could not be read" in tile(text, "leads")
    assert "1 yesterday by" in tile(text, "failed")
    assert "1 destination is slowed" in text


@pytest.mark.django_db(transaction=True)
def test_matter_that_fails_says_so_and_the_others_stay(desk: Client) -> None:
    trouble()
    broken = matters.Look(Lane.objects.filter(pk=RawSQL("1 / (SELECT 0)", [])), str, "/admin/delivery/log/")
    kind = matters.Kind("lanes_slowed", matters.Severity.BAD, "delivery.view_lane", lambda: broken)
    with mock.patch.dict(matters.KINDS, lanes_slowed=kind):
        text = html(desk)
    assert "One matter could not be looked up." in text
    assert "1 destination is paused" in text
    assert "1 yesterday by" in tile(text, "failed")


def test_poll_answers_only_what_changed(sign_in: Door) -> None:
    operator = sign_in("operator")
    seen = re.findall(r'id="seen" value="(\w+)"', html(operator))[0]
    assert operator.get(f"/admin/now/?seen={seen}").status_code == 204
    LeadFactory.create(routing="unmatched")
    changed = html(operator, f"/admin/now/?seen={seen}")
    assert '<div id="needs" hx-swap-oob="innerHTML">' in changed
    assert "matched no partner" in changed


def test_caps_count_in_the_partners_own_day() -> None:
    near, gone, own = PartnerFactory.create(zone="Pacific/Kiritimati"), PartnerFactory.create(), None
    cap(near, 8, 10)
    cap(gone, 9, 10)
    CapUse.objects.filter(partner=gone).update(day=timezone.now().date() - timedelta(days=2))
    CapUse.objects.filter(partner=near).update(day=timezone.now().date() + timedelta(days=1))
    own = AssignmentFactory.create(cap_life=100)
    CapUse.objects.create(
        assignment=own, day="2026-01-01", week="2026-01-01", month="2026-01-01", life_used=79
    )
    assert [row.partner_id for row in cap_uses.nearest(cap_uses.NEARLY, 5)] == [near.pk]
    CapUse.objects.filter(assignment=own).update(life_used=81)
    found = cap_uses.nearest(cap_uses.NEARLY, 5)[0]
    assert (found.assignment_id, found.profile, found.period) == (own.pk, own.profile.name, "life")


def test_counts_together_are_the_counts_alone() -> None:
    LeadFactory.create_batch(3)
    jobs = Job.objects.all()
    assert counted_all([jobs, jobs.none(), Job.objects.filter(status="sending")]) == [0, 0, 0]
    assert counted_all([]) == []
    assert project.CELERY_BEAT_SCHEDULE["count-hours"]["schedule"] == 60


def test_set_up_is_ticked_step_by_step_and_goes(sign_in: Door, settings: Settings) -> None:
    settings.SMTP_URL = ""
    asked = html(sign_in("viewer"))
    assert asked.count("Ask somebody with the role Admin.") == 5
    assert "Do this" not in asked
    admin = sign_in("admin")
    empty = html(admin)
    making = ["distribution/entity", "partners/partner", "distribution/profile", "distribution/apikey"]
    for link in [*(f"{each}/add" for each in making), "delivery/smtpaccount"]:
        assert f'class="button" href="/admin/{link}/"' in empty
        assert admin.get(f"/admin/{link}/", follow=True).status_code == 200
    assert "only needed for e-mail" in empty
    assignment = AssignmentFactory.create()
    made = html(admin)
    assert (made.count("Do this"), made.count("</svg>Done<")) == (2, 3)
    settings.SMTP_URL = "smtp://127.0.0.1"
    assert html(admin).count("Do this") == 1
    services.make_key(name="Website")
    assert "set-up-title" not in html(admin)
    ApiKey.objects.all().delete()
    assert "set-up-title" in html(admin)
    AttemptFactory.create(job=JobFactory.create(partner=assignment.partner, delivered=True))
    attempts.count()
    assert "set-up-title" not in html(admin)
