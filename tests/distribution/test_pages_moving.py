"""The pages of moving: who can have a lead and who not, what is said first, one job and many."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from delivery import tasks
from delivery.models import BulkAction, Job
from partners.models import AuditEntry
from tests.distribution.capped import in_force, placed, routed
from tests.distribution.test_moving import NOT_BEN, named

pytestmark = pytest.mark.django_db
MOVE, LOG = "/admin/move/", "/admin/delivery/log/"


@pytest.fixture
def operator(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("operator")


def text(client: Client, address: str, answer: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == answer
    return re.sub(r"\s+", " ", response.content.decode())


def test_one_lead_is_moved_from_its_page(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = in_force({}, {"price": "12.5"}, {"rules": NOT_BEN}, entity=named())
    (lead,) = routed(rows[0].profile.entity, name="Ana")
    job = Job.objects.get()
    way = f"{MOVE}{job.pk}/"
    for page in (f"/admin/distribution/lead/{lead.pk}/change/", f"{LOG}{job.pk}/"):
        assert f'href="{way}"' in text(operator, page)
    with django_assert_max_num_queries(11):
        html = text(operator, way)
    assert f"{rows[1].partner.name} · Webhook · " in html
    assert f"{rows[2].partner.name}</bdi>: The lead does not fit the other partner’s rules." in html
    assert "its cap place is given back" in html
    assert "Choose the partner" in operator.post(way).content.decode()
    for to in (rows[2].partner_id, rows[0].partner_id):
        assert "is not in it any more" in operator.post(way, {"to": to}).content.decode()
    answer = operator.post(way, {"to": rows[1].partner_id}, follow=True)
    assert f"Moved: {rows[1].partner.name} gets the lead." in answer.content.decode()
    assert "chosen by an operator" in answer.content.decode()
    entry = AuditEntry.objects.get(model="delivery.job")
    assert entry.changes[0]["what"] == f"Move to {rows[1].partner.name}"
    assert "Nobody else of" in text(operator, way)


def test_more_partners_than_a_page_names_are_chosen_among_all(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distribution.pages.moving.ASKED", 2)
    rows = in_force({}, {}, {}, {})
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    html = text(operator, f"{MOVE}{job.pk}/")
    assert rows[2].partner.name in html
    assert rows[3].partner.name not in html
    assert f">{rows[3].partner.name}</option>" in text(operator, f"{MOVE}?id={job.pk}")
    assert f'href="{MOVE}?id={job.pk}"' in html


def test_lead_that_the_first_may_have_needs_a_tick(operator: Client) -> None:
    rows = in_force({}, {})
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    Job.objects.update(status="failed", had_unknown=True, next_attempt_at=None, settled_at=timezone.now())
    way, to = f"{MOVE}{job.pk}/", rows[1].partner_id
    assert "may have this lead" in text(operator, way)
    assert "Tick this, or leave" in operator.post(way, {"to": to}).content.decode()
    assert placed(rows[1]) == 0
    operator.post(way, {"to": to, "again": "on"})
    assert placed(rows[1]) == 1


def test_test_lead_and_what_is_being_sent_stay(operator: Client) -> None:
    rows = in_force({}, {})
    routed(rows[0].profile.entity)
    job, soon = Job.objects.get(), timezone.now() + timedelta(minutes=1)
    Job.objects.update(status="sending", next_attempt_at=None, claim_token=job.pk, lease_until=soon)
    html = text(operator, f"{MOVE}{job.pk}/")
    assert "It is being sent" in html
    assert "<form method" not in html.split("<main")[1]


def test_many_are_shown_tried_and_begun(operator: Client) -> None:
    rows = in_force({}, {"cap_life": 2}, entity=named())
    routed(rows[0].profile.entity, 3, name="Ana")
    Job.objects.filter(pk=Job.objects.latest("id").pk).update(
        status="delivered", next_attempt_at=None, settled_at=timezone.now()
    )
    assert "Choose at least one filter first" in text(operator, MOVE, 422)
    query = f"partner={rows[0].partner_id}"
    moved = operator.get(f"/admin/delivery/bulk/new/move/?{query}")
    assert moved["Location"] == f"{MOVE}?{query}"
    html = text(operator, moved["Location"])
    assert "3 jobs" in html
    assert f">{rows[1].partner.name}</option>" in html
    assert f">{rows[0].partner.name}</option>" not in html
    assert "Move 2 jobs" not in html
    html = text(operator, f"{MOVE}?{query}&to={rows[1].partner_id}")
    for told in ("Of the oldest 2 jobs that can move, 2 go to", "Move 2 jobs to", "1: two partners may have"):
        assert told in html, told
    hidden = dict(re.findall(r'name="(key|upto)" value="([^"]+)"', html))
    for _ in range(2):
        way = operator.post(f"{MOVE}?{query}&to={rows[1].partner_id}", hidden)["Location"]
    tasks.run_bulk()
    action = BulkAction.objects.get()
    assert (action.done, action.skipped, placed(rows[1])) == (2, 1, 2)
    page = text(operator, way)
    assert f"Move to {rows[1].partner.name}: 3 jobs" in page
    assert "has it already" in page
    begun = AuditEntry.objects.latest("id").changes
    assert begun[0]["what"] == f"Begin Move to another partner: {rows[1].partner.name}"
