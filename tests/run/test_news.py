import pytest
from django.utils import timezone

from delivery.models import Attempt
from leadflip.run.news import MOST, News
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db


def attempt(outcome: str = "delivered") -> Attempt:
    job = JobFactory.create()
    return Attempt.objects.create(
        job=job, number=1, started_at=timezone.now(), outcome=outcome, code=204, ms=12
    )


def test_news_tells_each_delivery_once() -> None:
    attempt()
    said: list[str] = []
    news = News(said.append)
    news.tell()
    assert said == []
    new = attempt()
    news.tell()
    news.tell()
    assert said == [f"  {new.job.kind:<8}delivered  204 in 12 ms  {new.job.partner}"]


def test_news_leaves_out_what_failed() -> None:
    said: list[str] = []
    news = News(said.append)
    attempt("temporary")
    news.tell()
    assert said == []


def test_news_sums_up_a_rush() -> None:
    said: list[str] = []
    news = News(said.append)
    for _ in range(MOST + 3):
        attempt()
    news.tell()
    assert len(said) == MOST + 1
    assert said[-1] == "  … and more"
    attempt()
    news.tell()
    assert len(said) == MOST + 2
