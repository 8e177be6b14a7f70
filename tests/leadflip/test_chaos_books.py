"""The accounting behind `make chaos`, on made-up records."""

from dataclasses import replace

import pytest

from tests.chaos.books import Books, Came, Happened, Job, Posted, Records, Row, Try, close

KILL = Happened("SIGKILL engine", at=100.0, until=100.5, cuts=True)


def sound() -> Records:
    """Two leads, one by webhook and one by email, and nothing amiss."""
    return Records(
        posted=[Posted(0, "desk-0", "lead0"), Posted(1, "desk-1", "lead1", posts=3)],
        rows=[Row("lead0", 0), Row("lead1", 1)],
        jobs=[
            Job("job0", "lead0", "desk-0", "webhook", "delivered"),
            Job("job1", "lead1", "desk-1", "email", "delivered"),
        ],
        tries=[Try("job0", 1, "delivered"), Try("job1", 1, "delivered")],
        came=[arrival(0, began=10.0), arrival(1, began=11.0)],
        pains=[KILL],
    )


def arrival(number: int, *, began: float, body: bytes = b"same") -> Came:
    return Came(f"job{number}", f"desk-{number}", number, body, began, began + 1.0)


def repeated(first: Came, *, tries: list[Try], attempts: int = 2) -> Books:
    """The books when lead 0 came twice, `first` and again long after the kill."""
    records = sound()
    records.jobs = [replace(records.jobs[0], attempts=attempts), records.jobs[1]]
    records.tries = [*tries, records.tries[1]]
    records.came = [first, arrival(0, began=130.0), records.came[1]]
    return close(records)


def only(books: Books) -> str:
    (fault,) = books.faults
    return fault


def test_close_sound_records_add_up() -> None:
    books = close(sound())
    assert books.faults == []
    assert books.counts["accepted"] == books.counts["rows"] == books.counts["jobs"] == 2
    assert books.counts["posted again (error or no answer)"] == 2
    assert books.counts["delivered by webhook"] == books.counts["delivered by email"] == 1
    assert books.counts["lost"] == books.counts["repeats of a webhook-id"] == 0


@pytest.mark.parametrize("status", ["failed", "queued", "sending"])
def test_close_job_without_delivery_is_a_lost_lead(status: str) -> None:
    records = sound()
    records.jobs = [records.jobs[0], replace(records.jobs[1], status=status)]
    books = close(records)
    assert books.counts["lost"] == 1
    assert only(books) == f"lead 1 is lost: {status}"


def test_close_lead_without_job_is_lost() -> None:
    records = sound()
    records.jobs, records.came, records.tries = records.jobs[:1], records.came[:1], records.tries[:1]
    assert only(close(records)) == "lead 1 is lost: no job"


def test_close_accepted_lead_without_row_is_a_difference() -> None:
    records = sound()
    records.posted = [*records.posted, Posted(2, "desk-2", "gone")]
    books = close(records)
    assert "lead 2 was accepted as gone and has no such row" in books.faults
    assert books.counts["lost"] == 1


def test_close_lead_never_accepted_is_a_difference() -> None:
    records = sound()
    records.posted = [*records.posted, Posted(2, "desk-2", None, posts=40)]
    assert only(close(records)) == "lead 2 was not accepted: no answer"


def test_close_lead_stored_twice_is_a_duplicate() -> None:
    records = sound()
    records.rows = [*records.rows, Row("lead1b", 1)]
    books = close(records)
    assert books.counts["duplicates of leads"] == 1
    assert only(books) == "lead 1 has 2 rows"


def test_close_lead_at_a_wrong_partner_is_a_difference() -> None:
    records = sound()
    records.came = [replace(records.came[0], desk="desk-1"), records.came[1]]
    books = close(records)
    assert books.counts["leads at a wrong partner"] == 1
    assert only(books) == "lead 0 came to desk-1 and was for desk-0"


def test_close_job_for_a_wrong_partner_is_a_difference() -> None:
    records = sound()
    records.jobs = [replace(records.jobs[0], desk="desk-1"), records.jobs[1]]
    assert only(close(records)) == "lead 0 has a job for desk-1 and was for desk-0"


def test_close_delivered_job_that_never_came_is_a_difference() -> None:
    records = sound()
    records.came = records.came[1:]
    assert only(close(records)) == "job job0 (webhook) is called delivered and never came"


def test_close_arrival_under_a_strange_id_is_a_difference() -> None:
    records = sound()
    records.came = [*records.came, replace(records.came[0], id="other")]
    assert only(close(records)) == "lead 0 came under other, which is not its job"


def test_close_repeat_of_a_call_cut_by_a_kill_is_explained() -> None:
    tries = [Try("job0", 1, "unknown"), Try("job0", 2, "delivered")]
    books = repeated(arrival(0, began=99.5), tries=tries)
    assert books.faults == []
    assert books.counts["repeats of a webhook-id"] == books.counts["attempts without an answer"] == 1


def test_close_repeat_after_an_attempt_not_logged_is_explained() -> None:
    assert repeated(arrival(0, began=99.5), tries=[Try("job0", 2, "delivered")]).faults == []


def test_close_repeat_without_an_open_attempt_is_a_difference() -> None:
    tries = [Try("job0", 1, "delivered"), Try("job0", 2, "delivered")]
    assert "0 of its attempts are without an answer" in only(repeated(arrival(0, began=99.5), tries=tries))


@pytest.mark.parametrize("began", [97.5, 100.4, 100.9])
def test_close_repeat_of_a_call_at_the_edge_of_a_kill_is_explained(began: float) -> None:
    tries = [Try("job0", 1, "unknown"), Try("job0", 2, "delivered")]
    assert repeated(arrival(0, began=began), tries=tries).faults == []


@pytest.mark.parametrize("began", [96.5, 101.5])
def test_close_repeat_of_a_call_that_no_kill_cut_is_a_difference(began: float) -> None:
    tries = [Try("job0", 1, "unknown"), Try("job0", 2, "delivered")]
    fault = only(repeated(arrival(0, began=began), tries=tries))
    assert "not under way at any kill, the nearest was 0.50 s apart" in fault


def test_close_repeat_with_another_body_is_a_difference() -> None:
    tries = [Try("job0", 1, "unknown"), Try("job0", 2, "delivered")]
    assert "the bodies differ" in only(repeated(arrival(0, began=99.5, body=b"other"), tries=tries))


def test_lines_show_counts_and_some_of_many_faults() -> None:
    books = Books({"lost": 12}, [f"lead {number} is lost: no job" for number in range(12)])
    lines = list(books.lines())
    assert lines[0].split() == ["lost", "12"]
    assert lines[1] == "  DIFFERENCE: lead 0 is lost: no job"
    assert lines[-1] == "  … and 2 more"
    assert len(lines) == 12
