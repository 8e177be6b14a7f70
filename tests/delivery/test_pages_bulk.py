"""The pages of bulk actions: what is asked first, one pass for two clicks, progress, and who may."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from delivery import bulk, tasks
from delivery.models import BulkAction
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db
LOG, BULK = "/admin/delivery/log/", "/admin/delivery/bulk/"


@pytest.fixture
def operator(sign_in: Callable[[str], Client]) -> Client:
    return sign_in("operator")


def asked(client: Client, act: str, answer: int = 200, /, **query: Any) -> str:
    response = client.get(f"{BULK}new/{act}/", query)
    assert response.status_code == answer
    return re.sub(r"\s+", " ", response.content.decode())


def started(client: Client, html: str, **typed: str) -> Any:
    """What follows the form's button."""
    found = re.search(r'<form method="post" action="([^"]*bulk/new[^"]*)">(.*?)</form>', html)
    assert found
    hidden = dict(re.findall(r'name="(key|upto)" value="([^"]+)"', found[2]))
    return client.post(found[1].replace("&amp;", "&"), {**hidden, **typed})


def test_log_offers_what_fits_its_filter_and_nothing_without_one(operator: Client) -> None:
    JobFactory.create(failed=True)
    JobFactory.create(retrying=True)
    link = re.compile(rf'href="{BULK}new/([\w-]+)/\?')
    queries = ("", "test=no", "last=7d", "status=failed", "status=retrying", "status=delivered")
    offered = {query: set(link.findall(operator.get(f"{LOG}?{query}").content.decode())) for query in queries}
    assert offered == {
        "": set(),
        "test=no": set(),
        "last=7d": {"resend", "try-now", "cancel", "not-received", "move"},
        "status=failed": {"resend", "move", "not-received"},
        "status=retrying": {"try-now", "move", "cancel"},
        "status=delivered": set(),
    }


def test_everything_and_nothing_are_refused_in_words(operator: Client) -> None:
    job = JobFactory.create()
    for query in ({}, {"test": "no"}):
        assert "Choose at least one filter first" in asked(operator, "resend", 422, **query)
    assert "There is no such partner" in asked(operator, "resend", 422, partner="x")
    assert "There is nothing to act on" in asked(operator, "resend", status="failed")
    assert "All of them would be skipped" in asked(operator, "resend", partner=job.partner_id)
    assert operator.get(f"{BULK}new/shred/?status=failed").status_code == 404
    assert operator.post(f"{BULK}new/resend/").status_code == 422
    assert "Nothing was begun" in operator.post(f"{BULK}new/cancel/?status=queued").content.decode()
    assert not BulkAction.objects.exists()


def test_page_says_how_many_what_is_noticed_and_what_is_skipped(operator: Client) -> None:
    first = JobFactory.create(failed=True, assignment__partner__name="Acme Solar")
    partner = {"assignment__partner": first.partner, "assignment__settings": first.settings}
    for status in ("failed", "failed", "sending", "delivered", "delivered"):
        JobFactory.create(**{status: True}, **partner)
    html = asked(operator, "resend", partner=first.partner_id, last="7d")
    for told in (
        "6 jobs",
        "Acme Solar",
        "Last 7 days",
        "same webhook-id or Message-ID",
        "<strong>1</strong> It is being sent",
        "<strong>2</strong> The partner has it",
        "2: the partners have these already",
        "Resend 3 jobs",
    ):
        assert told in html, told
    assert len(re.findall(rf'class="name" href="{LOG}', html)) == 5
    assert html.index(str(first.pk)) < html.index("What happens")


def test_count_ends_where_it_is_bounded(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    monkeypatch.setattr("delivery.pages.bulk_words.MOST", 2)
    for _ in range(4):
        JobFactory.create(failed=True)
    html = asked(operator, "resend", status="failed")
    assert "2+ jobs" in html
    assert "counting ends at" in html
    started(operator, html)
    tasks.run_bulk()
    assert BulkAction.objects.get().done == 4


def test_begun_twice_is_one_pass_whose_end_and_rest_are_shown(operator: Client) -> None:
    JobFactory.create(failed=True)
    JobFactory.create(failed=True)
    html = asked(operator, "resend", status="failed")
    way = started(operator, html)
    assert started(operator, html)["Location"] == way["Location"]
    action = BulkAction.objects.get()
    page = operator.get(way["Location"]).content.decode()
    assert "hx-get" in page
    assert "Stop" in page
    tasks.run_bulk()
    assert started(operator, html)["Location"] == way["Location"]
    assert BulkAction.objects.count() == 1

    for address in (way["Location"], f"{way['Location']}now/"):
        page = operator.get(address).content.decode()
        assert "hx-get" not in page
        assert "2 of 2 jobs" in page
        assert f'href="{LOG}"' in page
    assert "Resend: 2 jobs" in operator.get(BULK).content.decode()
    assert action.by is not None


def test_delivered_jobs_are_resent_only_where_that_was_ticked(operator: Client) -> None:
    job = JobFactory.create(delivered=True)
    for typed, done, skipped in (({}, 0, 1), ({"again": "on"}, 1, 0)):
        way = started(operator, asked(operator, "resend", partner=job.partner_id), **typed)
        tasks.run_bulk()
        action = BulkAction.objects.get(pk=way["Location"].split("/")[-2])
        assert (action.done, action.skipped) == (done, skipped)
        listed = operator.get(f"{way['Location']}skipped/").content.decode()
        assert ("The partner has it" in listed) is bool(skipped)
        assert (str(job.pk) in listed) is bool(skipped)


def test_stopped_by_its_button(operator: Client) -> None:
    JobFactory.create(failed=True)
    way = started(operator, asked(operator, "resend", status="failed"))["Location"]
    page = operator.post(f"{way}stop/", follow=True).content.decode()
    assert "were not looked at" in page
    assert tasks.run_bulk() == 0


def test_viewer_sees_what_was_done_and_no_button(sign_in: Callable[[str], Client]) -> None:
    JobFactory.create(failed=True)
    operator = sign_in("operator")
    way = started(operator, asked(operator, "resend", status="failed"))["Location"]
    viewer = sign_in("viewer")
    assert '<button class="button">Stop' not in viewer.get(way).content.decode()
    assert f"{BULK}new/" not in viewer.get(f"{LOG}?status=failed").content.decode()
    assert viewer.get(f"{BULK}new/resend/?status=failed").status_code == 403
    assert viewer.post(f"{way}stop/").status_code == 403


@pytest.mark.parametrize("jobs", [1, 20])
def test_queries_do_not_grow(
    operator: Client, jobs: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(jobs):
        JobFactory.create(sending=True)
        JobFactory.create(failed=True)
    html = asked(operator, "resend", last="1h")
    with django_assert_max_num_queries(10):
        asked(operator, "resend", last="1h")
    way = started(operator, html)["Location"]
    tasks.run_bulk()
    for address in (BULK, way, f"{way}now/", f"{way}skipped/"):
        with django_assert_max_num_queries(10):
            operator.get(address)
