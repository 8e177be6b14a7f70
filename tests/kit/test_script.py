"""Statements that go together see each other, and can be undone together."""

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leadflip.kit import clock, ids
from leadflip.kit.script import Fixed, Script

pytestmark = pytest.mark.django_db

INSERT = "INSERT INTO noted VALUES (%s)"


@pytest.fixture(autouse=True)
def noted(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE noted (word text UNIQUE) ON COMMIT DROP")


def words() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM noted ORDER BY word")
        return [word for (word,) in cursor.fetchall()]


def test_one_message_and_the_rows_of_the_last() -> None:
    script = Script()
    script.add(INSERT, ["it's; 100 %s"])
    script.add("SELECT word FROM noted")
    with CaptureQueriesContext(connection) as queries:
        assert script.run() == [("it's; 100 %s",)]
    assert len(queries) == 1
    assert script.run() == []


def test_values_arrive_as_they_are() -> None:
    given = {
        "text": "\\'\"{},é 100 %s",
        "int": 7,
        "bool": True,
        "float8": 1.5,
        "bytea": b"\x00\\\xff",
        "uuid": ids.uuid7(),
        "timestamptz": clock.now(),
        "date": None,
        "text[]": ["\\'\"{},é", "", None, "NULL"],
        "bigint[]": [3, -4],
        "bytea[]": [b"\x00\\\xff"],
        "uuid[]": [],
    }
    script = Script()
    script.add("SELECT " + ", ".join(f"%s::{type}" for type in given), list(given.values()))
    assert script.run() == [tuple(given.values())]
    script.add("SELECT %(word)s::text", {"word": "by name"})
    assert script.run() == [("by name",)]


def test_nul_is_refused() -> None:
    script = Script()
    script.add(INSERT, ["before\0after"])
    with pytest.raises(DataError):
        script.run()
    assert words() == []


def test_undo_of_what_was_sent() -> None:
    script = Script()
    script.add(INSERT, ["kept"])
    script.savepoint()
    script.add(INSERT, ["gone"])
    script.add("SELECT 1 / 0")
    with pytest.raises(DataError) as caught:
        script.run()
    script.undo(caught.value)
    assert words() == ["kept"]


def test_undo_before_anything_was_sent() -> None:
    script = Script()
    script.add(INSERT, ["kept"])
    script.savepoint()
    script.add(INSERT, ["gone"])
    script.undo(ValueError())
    script.add(INSERT, ["later"])
    script.run()
    assert words() == ["kept", "later"]


def test_undo_after_a_second_message() -> None:
    script = Script()
    script.savepoint()
    script.run()
    script.add(INSERT, ["gone"])
    script.run()
    script.add(INSERT, ["never sent"])
    script.undo(ValueError())
    assert words() == []


def test_what_fails_before_the_savepoint_is_told() -> None:
    script = Script()
    script.add(INSERT, ["twice"])
    script.add(INSERT, ["twice"])
    script.savepoint()
    with transaction.atomic():
        with pytest.raises(IntegrityError) as caught:
            script.run()
        with pytest.raises(IntegrityError) as again:
            script.undo(caught.value)
        assert again.value is caught.value
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_begins_with_the_first_message() -> None:
    script = Script()
    script.add("CREATE TEMPORARY TABLE lost (word text)")
    with transaction.atomic():
        script.run()
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('lost')")
        assert cursor.fetchone() == (None,)


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_an_operational_error() -> None:
    script = Script()
    script.add("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OperationalError):
        script.run()
    assert not connection.is_usable()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_ended_meanwhile_is_not_usable() -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not connection.is_usable()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_message_ends_the_transaction() -> None:
    with transaction.atomic():
        script = Script()
        script.add("CREATE TEMPORARY TABLE stays (word text)")
        script.commit()
        script.run()
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE stays")


def test_a_part_of_a_transaction_does_not_end_it() -> None:
    with transaction.atomic():
        script = Script()
        script.add(INSERT, ["gone"])
        script.commit()
        script.run()
        transaction.set_rollback(True)
    assert words() == []


SUM = Fixed("SELECT %(one)s::int + %(other)s::int, %(one)s::int")


def test_a_fixed_statement_is_planned_once() -> None:
    script = Script()
    for other in (2, 3):
        script.add(SUM, {"other": other, "one": 1})
        assert script.run() == [(1 + other, 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE name = %s", [SUM.key]
        )
        assert cursor.fetchone() == (2,)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_plans_anew() -> None:
    for _connection in range(2):
        with transaction.atomic():
            script = Script()
            script.add(SUM, {"one": 1, "other": 2})
            script.add("SELECT 1 / 0")
            with pytest.raises(DataError):
                script.run()
            transaction.set_rollback(True)
        script.add(SUM, {"one": 1, "other": 2})
        assert script.run() == [(3, 1)]
        connection.close()
