"""CSV files: how they are read, matched, looked through, imported, and forgotten."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from distribution import tasks
from distribution.catalogue import entity_spec
from distribution.intake.imports import chunks, mapping, preview, run, upload
from distribution.models import Entity, Field, Import, ImportChunk, Lead, Profile
from distribution.models.imports import ImportState
from leadflip.kit import clock, reseal
from partners.models import Revision, User
from partners.services import touch
from tests import factories as f
from tests.distribution.importing import ANA, BEN, HEADER, brought, cells, refused_file, sent, started, told


@pytest.fixture
def by_email(entity: Entity) -> Entity:
    """Leads are known again by their e-mail."""
    touch()
    Field.objects.filter(entity=entity, key="email").update(match_order=1)
    return entity


@pytest.mark.parametrize(
    ("encoding", "delimiter", "said"),
    [
        ("utf-8", ",", "UTF-8"),
        ("utf-8-sig", ";", "UTF-8"),
        ("utf-16", "\t", "UTF-16"),
        ("utf-16-be", ";", "UTF-16"),
        ("cp1252", ";", "Windows-1252"),
    ],
)
def test_file_is_read_in_any_of_the_encodings(
    desk: Client, entity: Entity, encoding: str, delimiter: str, said: str
) -> None:
    text = f"name{delimiter}remarks\nJürgen Groß{delimiter}“a”\n"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    page = sent(desk, entity, (mark + text).encode(encoding))
    made = Import.objects.get()
    assert cells(made) == [["Jürgen Groß", "“a”"]]
    assert (made.columns, made.mapping, made.reading["delimiter"]) == (
        ["name", "remarks"],
        ["name", ""],
        delimiter,
    )
    assert f"Read as {said}." in page.text
    assert ("read as Windows-1252" in page.text) == (said == "Windows-1252")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name\nA\x00na\n", "Row 2 holds the character NUL"),
        (b"name\n\x81\n", "no text in UTF-8, UTF-16 or Windows-1252"),
        (b"name,email\n", "no rows to import"),
        (b"", "The file is empty"),
        (b'name\n"' + b"a" * 131_100, "Row 2 has a cell of more than 131072 characters"),
        (b",".join([b"name"] * 501) + b"\nA\n", "Row 1 has 501 columns; a file may have 500."),
    ],
    ids=["nul", "no-text", "no-rows", "empty", "open-quote", "columns"],
)
def test_file_that_cannot_be_read_is_refused_with_the_reason(
    desk: Client, entity: Entity, content: bytes, words: str
) -> None:
    page = sent(desk, entity, content)
    assert page.status_code == 422
    assert words in page.text
    assert "<title>Error: " in page.text
    assert not Import.objects.exists()


def test_upload_larger_than_the_limit_is_dropped_not_kept(
    desk: Client, entity: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "LIMIT", 1000)
    # Once where the request's length tells it, once where the file goes past the limit.
    for beside in (0, 64 * 1024):
        monkeypatch.setattr(upload.MemoryHandler, "BESIDE", beside)
        page = sent(desk, entity, "name\n" + "Ana\n" * 400)
        assert page.status_code == 422
        assert page.text.count("The file is larger than 20 MB: split it") == 2
        assert "Choose a file" not in page.text
    assert not Import.objects.exists()


def test_upload_needs_the_token(admin: User, entity: Entity) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert sent(strict, entity, HEADER + ANA).status_code == 403
    page = strict.get(reverse("imports:upload")).text
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    assert sent(strict, entity, HEADER + ANA, csrfmiddlewaretoken=found[1]).status_code == 200


def test_rows_stand_sealed_in_chunks_and_can_be_resealed(desk: Client, entity: Entity, settings: Any) -> None:
    made = brought(desk, entity, HEADER + ANA * 1200)
    assert list(made.chunks.order_by("number").values_list("rows", flat=True)) == [499, 500, 201]
    assert made.rows == 1200
    assert all(b"Ana Maria" not in bytes(chunk.sealed or b"") for chunk in made.chunks.all())
    names = {str(column) for column in reseal.columns()}
    assert {"distribution.ImportChunk.sealed", "distribution.ImportChunk.sealed_refused"} <= names
    settings.ENCRYPTION_KEYS = ["c2VhbGVkLWFuZXctYnktdGhpcy10ZXN0LTAxMjM0NTY=", *settings.ENCRYPTION_KEYS]
    (column,) = [each for each in reseal.columns() if str(each) == "distribution.ImportChunk.sealed"]
    assert sum(reseal.renew(column, rows).renewed for rows in reseal.batches(column)) == 3
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert len(cells(made)) == 1000


def test_file_is_read_again_with_another_separator_without_a_loss(desk: Client, entity: Entity) -> None:
    content = 'name;"a;b"\n' + 'Ana;"x\ny"\n' * 600
    made = brought(desk, entity, content, delimiter=",", header="no")
    assert (made.rows, made.columns) == (1201, [""])
    form = {"delimiter": ";", "header": "yes"}
    desk.post(reverse("imports:read", args=[made.pk]), form)
    made.refresh_from_db()
    assert (made.rows, made.columns, made.mapping) == (600, ["name", "a;b"], ["name", ""])
    assert cells(made) == [["Ana", "x\ny"]] * 600
    assert list(made.chunks.order_by("number").values_list("number", flat=True)) == [0, 1]


def test_guess_takes_keys_labels_parts_and_reserved_names_once(entity: Entity) -> None:
    spec = entity_spec(Revision.current(), entity.pk)
    columns = ["NAME", "Full name", "e-mail", "Address: city", "address.postcode", "Note", "test", "entity"]
    guessed = ["name", "", "email", "address.city", "address.postcode", "note", "", ""]
    assert mapping.guess(columns, spec) == guessed
    assert mapping.is_header(["remarks", "E-Mail"], spec)
    assert not mapping.is_header(["Ana", "ana@example.com"], spec)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (["name", "name"], "Two columns mean “Full name”: choose one."),
        (["email", ""], "“Full name” is required, and no column has it."),
        (["name", "size"], ""),
        (["address", "address.city"], "“Address” is there whole and in parts"),
    ],
    ids=["twice", "required", "fine", "whole-and-part"],
)
def test_columns_that_do_not_fit_are_refused_and_stay_chosen(
    desk: Client, entity: Entity, chosen: Sequence[str], words: str
) -> None:
    made = brought(desk, entity, "Ana,2\n", header="no")
    form = {f"column-{place}": value for place, value in enumerate(chosen)}
    answer = desk.post(reverse("imports:match", args=[made.pk]), form)
    made.refresh_from_db()
    assert (answer.status_code, made.mapping) == ((422, ["", ""]) if words else (302, list(chosen)))
    assert words in answer.text
    assert not words or f'<option value="{chosen[0]}" selected>' in answer.text


def test_match_page_shows_samples_guesses_and_what_is_ignored(desk: Client, entity: Entity) -> None:
    page = sent(desk, entity, HEADER + ANA + BEN)
    assert page.text.count(">guessed<") == 5
    for words in ("Ana Maria", "DE02120300000000202051", "Ignored:", "remarks", "2 rows of Solar lead"):
        assert words in page.text


def test_preview_counts_without_storing_and_groups_what_is_wrong(desk: Client, by_email: Entity) -> None:
    started(desk, by_email, HEADER + ANA)
    tasks.carry_on_imports()
    wrong = "Cy,cy@example.com,many,,,\r\n" + "Di,di@example.com,lots,,,\r\n" + ",eve@example.com,,,,\r\n"
    made = brought(desk, by_email, HEADER + ANA + BEN + BEN + wrong)
    seen = preview.preview(made, entity_spec(Revision.current(), by_email.pk))
    assert (seen.rows, seen.created, seen.repeated, len(seen.refused)) == (6, 1, 2, 3)
    assert [(cause.name, cause.count, cause.rows) for cause in seen.causes] == [
        ("size", 2, [5, 6]),
        ("name", 1, [7]),
    ]
    page = desk.get(reverse("imports:preview", args=[made.pk]))
    for words in ("create 1 · skip 2 · refuse 3", "create 3 · refuse 3", "Roof size", "Import 6 rows"):
        assert words in page.text
    assert Lead.objects.count() == 1


def test_import_takes_skips_updates_and_refuses(desk: Client, by_email: Entity, profile: Profile) -> None:
    first = started(desk, by_email, HEADER + ANA + BEN)
    assert tasks.carry_on_imports() == 1
    assert told(first) == (2, 0, 0, 0)
    first.refresh_from_db()
    assert (first.state, first.ended_at is not None) == (ImportState.DONE, True)
    lead = Lead.objects.get(values__name="Ana Maria")
    assert (lead.source, lead.routing, lead.values["address"]) == ("import", "waiting", {"city": "Berlin"})
    assert "iban" not in lead.values
    tasks.route_waiting()
    lead.refresh_from_db()
    assert lead.routing == "routed"

    again = started(desk, by_email, HEADER + ANA + "Ben B,ben@example.com,,,,\r\n,x,,,,\r\n", "update")
    tasks.carry_on_imports()
    assert told(again) == (0, 2, 0, 1)
    # An empty cell takes nothing away.
    ben = Lead.objects.get(values__email="ben@example.com")
    assert (ben.values["name"], ben.values["address"]) == ("Ben B", {"city": "Potsdam"})
    third = started(desk, by_email, HEADER + ANA)
    tasks.carry_on_imports()
    assert told(third) == (0, 0, 1, 0)


def test_refused_rows_are_mended_and_uploaded_again(desk: Client, by_email: Entity) -> None:
    made = started(desk, by_email, HEADER + ANA + "=Cy,no address,,,,\r\n" + "Di,di@example.com,1,,,,x\r\n")
    tasks.carry_on_imports()
    assert told(made) == (1, 0, 0, 2)
    text = refused_file(desk, made)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["Full name", "email", "size", "address.city", "iban", "remarks", "error"]
    assert rows[1][0] == "'=Cy"
    assert rows[1][-1].startswith("email: ")
    assert "7 cells" in rows[2][6]
    mended = text.replace("no address", "cy@example.com").replace(',"x"', "")
    again = started(desk, by_email, mended)
    assert again.mapping[-1] == ""
    tasks.carry_on_imports()
    assert told(again) == (2, 0, 0, 0)
    assert Lead.objects.filter(values__name="=Cy").exists()
    # What is refused once more has the column once.
    third = started(desk, by_email, mended.replace("cy@example.com", "cy"))
    tasks.carry_on_imports()
    assert refused_file(desk, third).splitlines()[0].count("error") == 1


def test_refused_rows_are_for_who_uploaded_them(desk: Client, by_email: Entity, client: Client) -> None:
    made = started(desk, by_email, HEADER + "Secret Name,no address,,,,\r\n")
    tasks.carry_on_imports()
    assert "no address" in desk.get(reverse("imports:run", args=[made.pk])).text
    client.force_login(f.UserFactory.create(admin=True))
    page = client.get(reverse("imports:run", args=[made.pk]))
    assert page.status_code == 200
    assert "no address" not in page.text
    for name in ("refused", "match", "preview"):
        assert client.get(reverse(f"imports:{name}", args=[made.pk])).status_code == 404


def test_stop_keeps_what_is_done(desk: Client, entity: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SECONDS", 0)
    made = started(desk, entity, HEADER + BEN * 700)
    assert tasks.carry_on_imports() == 1
    fragment = desk.get(reverse("imports:now", args=[made.pk])).text
    assert "499 of 700 rows" in fragment
    assert 'hx-trigger="load delay:2s, live"' in fragment
    desk.post(reverse("imports:stop", args=[made.pk]))
    assert tasks.carry_on_imports() == 0
    made.refresh_from_db()
    assert (made.state, Lead.objects.count()) == (ImportState.STOPPED, 499)
    fragment = desk.get(reverse("imports:now", args=[made.pk])).text
    assert "hx-trigger" not in fragment
    assert "Stopped: what was imported stays" in fragment


def test_import_that_fails_holds_up_no_other(
    desk: Client, entity: Entity, caplog: pytest.LogCaptureFixture
) -> None:
    broken = started(desk, entity, HEADER + ANA)
    fine = started(desk, entity, HEADER + BEN)
    ImportChunk.objects.filter(run=broken).update(sealed=b"nothing")
    tasks.carry_on_imports()
    assert (told(broken), told(fine)) == ((0, 0, 0, 0), (1, 0, 0, 0))
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        assert "Is a worker running?" in desk.get(reverse("imports:run", args=[broken.pk])).text


def test_forget_empties_after_a_week(desk: Client, entity: Entity) -> None:
    never = brought(desk, entity, HEADER + ANA)
    made = started(desk, entity, HEADER + ",,,,,x\r\n")
    tasks.carry_on_imports()
    assert tasks.forget_imports() == 0
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1)):
        tasks.forget_imports()
        assert tasks.forget_imports() == 0
    assert not Import.objects.filter(pk=never.pk).exists()
    (chunk,) = made.chunks.all()
    assert (chunk.sealed, chunk.sealed_refused, chunk.refused) == (None, None, 1)
    made.refresh_from_db()
    assert made.columns == []
    assert "were kept for 7 days" in desk.get(reverse("imports:run", args=[made.pk])).text


def test_pages_ask_no_more_for_more_imports(desk: Client, entity: Entity) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert desk.get(reverse("imports:index")).status_code == 200
        return len(asked)

    brought(desk, entity, HEADER + ANA)
    one = queries()
    brought(desk, entity, HEADER + ANA), brought(desk, entity, HEADER + BEN)
    assert queries() == one <= 10


def test_import_that_was_started_is_neither_matched_nor_read_anew(desk: Client, entity: Entity) -> None:
    made = started(desk, entity, HEADER + ANA)
    stale = Import.objects.get()
    stale.state = ImportState.MAPPING
    spec = entity_spec(Revision.current(), entity.pk)
    chunks.read_again(run=stale, entity=spec, delimiter=";", header=False)
    desk.post(reverse("imports:match", args=[made.pk]), {"column-0": "email", "column-1": "name"})
    desk.post(reverse("imports:read", args=[made.pk]), {"delimiter": ";", "header": "no"})
    tasks.carry_on_imports()
    assert (told(made), Lead.objects.get().values["name"]) == ((1, 0, 0, 0), "Ana Maria")


def test_template_has_the_keys_and_imports(desk: Client, entity: Entity) -> None:
    answer = desk.get(reverse("imports:template", args=[entity.pk]))
    columns = answer.content.decode("utf-8-sig").strip().split(",")
    assert columns[:6] == ["name", "email", "size", "roofs", "callback", "address.street"]
    assert mapping.guess(columns, entity_spec(Revision.current(), entity.pk)) == columns


def test_discard_forgets_the_file_but_no_import_that_was_started(desk: Client, entity: Entity) -> None:
    made, kept = brought(desk, entity, HEADER + ANA), started(desk, entity, HEADER + ANA)
    for each in (made, kept):
        desk.post(reverse("imports:discard", args=[each.pk]))
    assert list(Import.objects.all()) == [kept]
