"""The delivery log: its columns, filters, pages, roles and queries."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from delivery.models import Job, Lane
from distribution.models import Entity, Lead
from partners.models import Partner, Revision, User
from tests.factories import (
    AssignmentFactory,
    DeliverySettingsFactory,
    EntityFactory,
    JobFactory,
    LeadFactory,
    PartnerFactory,
    SmtpAccountFactory,
    UserFactory,
    make_fields,
)

pytestmark = pytest.mark.django_db
LOG = "/admin/delivery/log/"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
UNKNOWN = UUID(int=7)


def person(role: str) -> User:
    user = UserFactory.create(staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(person("operator"))
    return client


@pytest.fixture
def entity() -> Entity:
    made = EntityFactory.create(display_field="name")
    make_fields(made, name="text", iban={"encrypted": True})
    Revision.bump()
    return made


@pytest.fixture
def lead(entity: Entity) -> Lead:
    return LeadFactory.create(entity=entity, values={"name": "Ada Byron"})


def make_letter() -> Any:
    return DeliverySettingsFactory.create(kind="email")


def page(client: Client, **query: Any) -> str:
    response = client.get(LOG, query)
    assert response.status_code == 200
    return response.content.decode()


def shown(html: str) -> set[str]:
    """The ids of the jobs on the page."""
    return set(re.findall(rf'{LOG}([0-9a-f-]{{36}})/"', html))


def ids(*jobs: Job) -> set[str]:
    return {str(job.id) for job in jobs}


def test_log_line_shows_what_happened(operator: Client, lead: Lead) -> None:
    job = JobFactory.create(
        lead=lead,
        retrying=True,
        attempts=3,
        assignment__partner__name="Acme Solar",
        last_error="crm.example refused the connection (port 443).",
    )
    html = page(operator)
    assert shown(html) == ids(job)
    for text in ("Ada Byron", "Acme Solar", "Webhook", "Retrying", "3 of 8", "crm.example refused"):
        assert text in html


def test_log_encrypted_display_field_is_masked(operator: Client, entity: Entity) -> None:
    Entity.objects.filter(id=entity.id).update(display_field="iban")
    Revision.bump()
    JobFactory.create(lead=LeadFactory.create(entity=entity, hidden={"iban": "DE89 3704 0044"}))
    html = page(operator)
    assert "•••" in html
    assert "DE89" not in html


def test_log_lead_and_partner_text_is_escaped(operator: Client, entity: Entity) -> None:
    lead = LeadFactory.create(entity=entity, values={"name": "<script>alert(1)</script>\u202e"})
    JobFactory.create(lead=lead, assignment__partner__name="<b>Acme</b>", last_error="<i>no</i>")
    html = page(operator)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in html
    assert "&lt;b&gt;Acme&lt;/b&gt;" in html
    assert "&lt;i&gt;no&lt;/i&gt;" in html
    assert "hx-disable" in html


def test_log_lead_without_display_value_shows_its_id(operator: Client) -> None:
    job = JobFactory.create()
    assert str(job.lead_id) in page(operator)


def test_log_is_newest_first(operator: Client, lead: Lead) -> None:
    jobs = [JobFactory.create(lead=lead, created_at=NOON + timedelta(minutes=n)) for n in range(3)]
    order = re.findall(rf'{LOG}([0-9a-f-]{{36}})/"', page(operator))
    assert order == [str(job.id) for job in reversed(jobs)]


def test_log_empty_says_what_will_appear(operator: Client) -> None:
    html = page(operator)
    assert "Nothing was sent yet" in html
    assert "Clear filters" not in html


def test_log_no_match_keeps_the_filters(operator: Client) -> None:
    JobFactory.create()
    html = page(operator, status="failed")
    assert "No job matches" in html
    assert "Clear filters" in html
    assert '<option value="failed" selected>' in html


@pytest.mark.parametrize(
    ("name", "columns", "value"),
    [
        ("status", {"failed": True}, "failed"),
        ("error", {"last_error_class": "timeout"}, "timeout"),
        ("channel", {"settings": "email"}, "email"),
    ],
)
def test_log_filters_by_choice(
    operator: Client, lead: Lead, name: str, columns: dict[str, Any], value: str
) -> None:
    if "settings" in columns:
        columns = {"settings": DeliverySettingsFactory.create(kind=columns["settings"])}
    wanted = JobFactory.create(lead=lead, **columns)
    JobFactory.create(lead=lead)
    assert shown(page(operator, **{name: value})) == ids(wanted)


def test_log_filters_by_partner(operator: Client, lead: Lead) -> None:
    wanted, other = JobFactory.create(lead=lead), JobFactory.create(lead=lead)
    assert shown(page(operator, partner=wanted.partner_id)) == ids(wanted)
    assert shown(page(operator, partner=other.partner_id)) == ids(other)


def test_log_filters_by_lead_id_and_by_job_id(operator: Client, entity: Entity, lead: Lead) -> None:
    first, second = JobFactory.create(lead=lead), JobFactory.create(lead=lead)
    JobFactory.create(lead=LeadFactory.create(entity=entity))
    assert shown(page(operator, id=lead.id)) == ids(first, second)
    assert shown(page(operator, id=first.id)) == ids(first)


def test_log_filters_by_whole_days_of_the_zone(operator: Client, lead: Lead, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    # Berlin is an hour ahead: its 24th begins at 23:00 UTC of the 23rd and ends at 23:00.
    times = [(23, 22, 59), (23, 23, 0), (24, 22, 59), (24, 23, 0)]
    jobs = [
        JobFactory.create(lead=lead, created_at=datetime(2026, 11, day, hour, minute, tzinfo=UTC))
        for day, hour, minute in times
    ]
    assert shown(page(operator, since="2026-11-24", until="2026-11-24")) == ids(jobs[1], jobs[2])
    assert shown(page(operator, since="2026-11-24")) == ids(*jobs[1:])
    assert shown(page(operator, until="2026-11-24")) == ids(*jobs[:3])


def test_log_filters_by_profile_and_entity(operator: Client, lead: Lead) -> None:
    job, other = JobFactory.create(lead=lead), JobFactory.create()
    assert job.assignment is not None
    assert shown(page(operator, profile=job.assignment.profile_id)) == ids(job)
    assert shown(page(operator, entity=other.lead.entity_id)) == ids(other)


def test_log_filters_by_code_and_tests(operator: Client, lead: Lead) -> None:
    plain, test = JobFactory.create(lead=lead, last_code=503), JobFactory.create(lead=lead, test=True)
    Job.objects.filter(id=test.id).update(test=True)
    assert shown(page(operator, code="503")) == ids(plain)
    assert shown(page(operator, test="no")) == ids(plain)
    assert shown(page(operator, test="yes")) == ids(test)


@pytest.mark.parametrize(("last", "hours"), [("1h", 1), ("24h", 24), ("7d", 168)])
def test_log_presets_end_with_now(operator: Client, lead: Lead, last: str, hours: int) -> None:
    now = timezone.now()
    young, _old = (
        JobFactory.create(lead=lead, created_at=now - timedelta(hours=hours) + timedelta(minutes=by))
        for by in (5, -5)
    )
    html = page(operator, last=last)
    assert shown(html) == ids(young)
    assert f'href="?last={last}" aria-current="true"' in html


def test_log_finds_what_waits_for_a_slowed_destination(operator: Client, lead: Lead) -> None:
    until = timezone.now() + timedelta(minutes=5)
    slowed, letter = JobFactory.create(lead=lead), JobFactory.create(lead=lead, settings=make_letter())
    JobFactory.create(lead=lead)
    ended = JobFactory.create(
        lead=lead, failed=True, assignment=None, settings=slowed.settings, partner=slowed.partner
    )
    Lane.objects.create(settings=slowed.settings, state="open", open_until=until)
    assert shown(page(operator, status="held")) == ids(slowed)
    Lane.objects.create(smtp=SmtpAccountFactory.create(), state="probing", open_until=until)
    assert shown(page(operator, status="held")) == ids(slowed, letter)
    assert shown(page(operator, status="failed")) == ids(ended)


def test_log_more_filters_are_open_when_one_is_set(operator: Client) -> None:
    JobFactory.create()
    assert '<details class="more">' in page(operator, status="queued")
    assert '<details class="more" open>' in page(operator, code="503")


def news(client: Client, newest: Job, **query: Any) -> Any:
    return client.get(f"{LOG}after/{newest.id}/", query)


def test_log_announces_what_is_new_and_only_once(operator: Client, lead: Lead) -> None:
    seen = JobFactory.create(lead=lead, created_at=NOON)
    assert f"{LOG}after/{seen.id}/" in page(operator)
    assert news(operator, seen, said="0").status_code == 204
    for n in range(2):
        JobFactory.create(lead=lead, created_at=NOON + timedelta(seconds=1 + n))
    assert "2 new · Show" in news(operator, seen, said="0").content.decode()
    assert news(operator, seen, said="2").status_code == 204


def test_log_announces_only_what_the_filters_leave(operator: Client, lead: Lead) -> None:
    seen = JobFactory.create(lead=lead, created_at=NOON)
    JobFactory.create(lead=lead, created_at=NOON + timedelta(seconds=1))
    assert news(operator, seen, said="0", status="failed").status_code == 204
    assert "1 new · Show" in news(operator, seen, said="0", status="queued").content.decode()


def test_log_counts_no_further_than_a_thousand(operator: Client, lead: Lead) -> None:
    seen = JobFactory.create(lead=lead, created_at=NOON)
    Job.objects.bulk_create(
        Job(lead=lead, partner=seen.partner, settings=seen.settings, kind="webhook", next_attempt_at=NOON)
        for _ in range(1001)
    )
    assert "1,000+ new · Show" in news(operator, seen).content.decode()


def test_log_announces_nothing_on_older_pages(operator: Client, lead: Lead) -> None:
    jobs = [JobFactory.create(lead=lead, created_at=NOON + timedelta(seconds=n)) for n in range(2)]
    assert "data-live" not in page(operator, older=jobs[1].id)


def test_log_news_are_for_readers_of_jobs(client: Client) -> None:
    job = JobFactory.create()
    assert news(client, job).status_code == 302
    client.force_login(UserFactory.create(staff=True))
    assert news(client, job).status_code == 403


def test_log_filters_together(operator: Client, lead: Lead) -> None:
    wanted = JobFactory.create(lead=lead, failed=True, last_error_class="http_5xx")
    JobFactory.create(lead=lead, failed=True, last_error_class="dns")
    JobFactory.create(lead=lead, last_error_class="http_5xx")
    assert shown(page(operator, status="failed", error="http_5xx", partner=wanted.partner_id)) == ids(wanted)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"status": "gone"}, "“gone” is not in the list"),
        ({"partner": "999999"}, "There is no such partner"),
        ({"partner": "x' OR 1=1"}, "There is no such partner"),
        ({"profile": "x"}, "There is no such profile"),
        ({"entity": "999999"}, "There is no such entity"),
        ({"code": "abc"}, "Write the code as a number"),
        ({"code": "7"}, "numbers from 100 to 599"),
        ({"last": "1y"}, "“1y” is not in the list"),
        ({"id": "12"}, "Write the whole id"),
        ({"since": "yesterday"}, "YYYY-MM-DD"),
        ({"since": "1969-12-31"}, "after 1 Jan 2000"),
        ({"until": "9999-12-31"}, "before 31 Dec 2999"),
        ({"since": "2026-11-25", "until": "2026-11-24"}, "later than"),
    ],
)
def test_log_filter_that_cannot_be_read_is_named(operator: Client, query: dict[str, str], error: str) -> None:
    JobFactory.create()
    html = page(operator, **query)
    assert error in html
    assert "<title>Error:" in html.replace("\n", "").replace("<title> ", "<title>")
    assert shown(html) == set()


def test_log_pages_by_key_and_keeps_the_filters(operator: Client, lead: Lead) -> None:
    jobs = [JobFactory.create(lead=lead, created_at=NOON + timedelta(seconds=n)) for n in range(51)]
    first = page(operator, status="queued")
    assert shown(first) == ids(*jobs[1:])
    older = re.search(r'href="(\?[^"]*older=[^"]+)"', first)
    assert older is not None
    address = older[1].replace("&amp;", "&")
    assert "status=queued" in address
    assert shown(operator.get(LOG + address).content.decode()) == ids(jobs[0])


@pytest.mark.parametrize(
    "query", ["older=nonsense", f"older={UNKNOWN}", "newer=", f"newer={UNKNOWN}", "page=2"]
)
def test_log_odd_addresses_answer(operator: Client, query: str) -> None:
    JobFactory.create()
    assert operator.get(f"{LOG}?{query}").status_code == 200


@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
def test_log_every_staff_role_reads(client: Client, role: str) -> None:
    client.force_login(person(role))
    assert client.get(LOG).status_code == 200


def test_log_stranger_is_sent_to_sign_in(client: Client) -> None:
    response = client.get(LOG)
    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]


def test_log_staff_without_role_is_refused(client: Client) -> None:
    client.force_login(UserFactory.create(staff=True))
    assert client.get(LOG).status_code == 403


def test_log_portal_login_is_sent_away(client: Client) -> None:
    client.force_login(UserFactory.create())
    assert client.get(LOG).status_code == 302


def test_log_is_not_stored_by_browsers(operator: Client) -> None:
    assert "no-store" in operator.get(LOG)["Cache-Control"]


def test_log_reads_only(operator: Client) -> None:
    assert operator.post(LOG).status_code == 405


def fill(entity: Entity, rows: int) -> None:
    for number in range(rows):
        lead = LeadFactory.create(entity=entity, values={"name": f"Lead {number}"})
        assignment = AssignmentFactory.create(profile__entity=entity, partner=PartnerFactory.create())
        JobFactory.create(lead=lead, assignment=assignment)


@pytest.mark.parametrize("rows", [1, 50])
def test_log_queries_do_not_grow(
    operator: Client, entity: Entity, rows: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fill(entity, rows)
    page(operator)
    with django_assert_max_num_queries(9) as one:
        html = page(operator)
    assert len(shown(html)) == rows
    assert Partner.objects.count() == rows
    assert not [query["sql"] for query in one if "count(" in query["sql"].lower()]
    assert not [query["sql"] for query in one if "OFFSET" in query["sql"]]
