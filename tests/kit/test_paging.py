from uuid import UUID

import pytest
from django.db.models import QuerySet

from leadflip.kit import paging, show
from partners.models import Partner
from portal.models import Entry
from tests.factories import EntryFactory, PartnerFactory


@pytest.fixture
def rows(db: None) -> QuerySet[Partner]:
    PartnerFactory.create_batch(7)
    return Partner.objects.all()


def ids(page: paging.Page[Partner]) -> list[int]:
    return [row.pk for row in page.rows]


def walk(rows: QuerySet[Partner], size: int) -> list[list[int]]:
    """All pages from the newest to the oldest."""
    page = paging.page(rows, {}, size)
    pages = [ids(page)]
    while page.older:
        page = paging.page(rows, {"older": page.older}, size)
        pages.append(ids(page))
    return pages


def test_page_walks_through_all_rows_once(rows: QuerySet[Partner]) -> None:
    every = sorted(rows.values_list("pk", flat=True), reverse=True)
    assert walk(rows, 3) == [every[:3], every[3:6], every[6:]]


def test_page_of_exactly_all_rows_has_no_older(rows: QuerySet[Partner]) -> None:
    assert paging.page(rows, {}, 7).older == ""


def test_page_newer_goes_back_the_same_way(rows: QuerySet[Partner]) -> None:
    first = paging.page(rows, {}, 2)
    second = paging.page(rows, {"older": first.older}, 2)
    third = paging.page(rows, {"older": second.older}, 2)
    assert ids(paging.page(rows, {"newer": third.newer}, 2)) == ids(second)


def test_page_newer_near_the_top_is_the_full_newest_page(rows: QuerySet[Partner]) -> None:
    first = paging.page(rows, {}, 3)
    back = paging.page(rows, {"newer": str(first.rows[1].pk)}, 3)
    assert (ids(back), back.newer) == (ids(first), "")


def test_page_rows_that_arrive_move_nothing(rows: QuerySet[Partner]) -> None:
    older = paging.page(rows, {}, 3).older
    before = ids(paging.page(rows, {"older": older}, 3))
    PartnerFactory.create_batch(2)
    assert ids(paging.page(rows, {"older": older}, 3)) == before


def test_page_below_the_last_row_leads_back(rows: QuerySet[Partner]) -> None:
    last = rows.order_by("pk")[0].pk
    empty = paging.page(rows, {"older": str(last)}, 3)
    assert (empty.rows, empty.newer) == ([], str(last))


@pytest.mark.parametrize("word", ["", "x", "1; DROP TABLE partner", "٣x", "9" * 30])
def test_page_with_an_id_that_is_none_is_the_newest(rows: QuerySet[Partner], word: str) -> None:
    assert ids(paging.page(rows, {"older": word, "newer": word}, 3)) == ids(paging.page(rows, {}, 3))


def test_page_works_with_uuid_keys(db: None) -> None:
    entries = EntryFactory.create_batch(3)
    page = paging.page(Entry.objects.all(), {"older": str(max(entry.id for entry in entries))}, 1)
    assert page.rows[0].id == sorted((entry.id for entry in entries), reverse=True)[1]
    assert UUID(page.older) == page.rows[0].id


def test_page_takes_one_query(rows: QuerySet[Partner], django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator] # pytest-django gives a callable
        paging.page(rows, {}, 3)


def test_counted_stops_above_the_most(rows: QuerySet[Partner], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST", 3)
    assert paging.counted(rows) == 4
    assert show.MOST == 1000
