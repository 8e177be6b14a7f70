"""How a file is read: guessed separators, and our own exports unchanged."""

from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from distribution import tasks
from distribution.catalogue import entity_spec
from distribution.intake.imports import reading
from distribution.models import Entity, Lead
from leadflip.kit import crypto
from leadflip.kit.csvguard import guard, unguard
from partners.models import Revision
from partners.services import touch
from partners.sheet import Ticks
from portal.csvfile import Data, Format, Spreadsheet, field_headings, own_headings
from tests import factories as f
from tests.distribution.importing import started, told


@pytest.mark.parametrize("value", ["=1+1", "+49 30 123", "-a", "@x", "\tx", "＝1", "plain", "it's", "-12.5"])
def test_unguard_takes_off_what_guard_put_there(value: str) -> None:
    assert unguard(guard(value)) == value


def test_delimiter_is_guessed_by_even_rows() -> None:
    assert reading.guess_delimiter("a;b\n1,5;2,5\n3;4,1\n") == ";"
    assert reading.guess_delimiter('a,b\n"x;y;z",1\n"x;y;z",2\n') == ","
    assert reading.guess_delimiter("a\tb\n1\t2,3\n") == "\t"
    assert reading.guess_delimiter("alone\nvalue\n") == ","


@pytest.mark.parametrize(
    "format", [Spreadsheet(";", ZoneInfo("Europe/Berlin")), Data()], ids=["sheet", "data"]
)
def test_own_export_is_imported_unchanged(desk: Client, entity: Entity, format: Format) -> None:
    f.make_fields(entity, seen="datetime", phone="phone", remark="text")
    touch()
    spec = entity_spec(Revision.current(), entity.pk)
    values = {
        "name": "=cmd|' /C calc'!A0",
        "email": "ana@example.com",
        "size": -12.5,
        "roofs": ["Flat", "Gable"],
        "callback": False,
        "address": {"street": "Am See; links", "postcode": "01067", "city": "Dresden"},
        "seen": "2026-07-24T22:30:00Z",
        "phone": "+493012345678",
        "remark": "it's “so”",
    }
    hidden = {"iban": "@home", "born": "1980-02-29"}
    headings = [*own_headings(), *field_headings(spec.columns, [Ticks()])]
    portal = {"lead_id": "1", "portal.received_at": "2026-11-24 13:05:09+00", "portal.review": "pending"}
    rows = [{**values, **hidden, **portal}]
    text = format.start(headings) + format.rows(headings, [heading.of(rows) for heading in headings])
    made = started(desk, entity, text)
    tasks.carry_on_imports()
    assert told(made) == (1, 0, 0, 0)
    lead = Lead.objects.get()
    assert lead.values == values
    assert crypto.unseal(lead.owner, lead.sealed or b"")["values"] == hidden


@pytest.mark.parametrize(
    "way", [{"format": "spreadsheet", "delimiter": ";"}, {"format": "data", "delimiter": ","}]
)
def test_download_of_the_portal_is_imported_unchanged(
    desk: Client, entity: Entity, way: dict[str, str]
) -> None:
    f.make_fields(entity, seen="datetime", code="text", story="textarea")
    touch()
    values = {
        "name": "Jürgen Größe-Łódź 東京",
        "email": "ana@example.com",
        "size": -12.5,
        "roofs": ["Flat", "Gable"],
        "address": {"street": 'Straße 1 "hinten"', "postcode": "01067"},
        "seen": "2026-07-24T22:30:00Z",
        "callback": True,
        "code": "0049123456789012345678",
        "story": "=First line;\n+second, line\n\nlast",
    }
    hidden = {"iban": "-0 1"}
    lead = f.LeadFactory.create(entity=entity, values=values, hidden=hidden)
    person = f.MemberFactory.create(partner__zone="Europe/Berlin")
    row = f.DeliverySettingsFactory.create(partner=person.partner, kind="portal")
    f.EntryFactory.create(lead=lead, partner=person.partner, settings=row)
    portal = Client()
    portal.force_login(person.user)
    file = portal.get(reverse("portal:csv_file"), {"entity": str(entity.pk), **way}).getvalue()
    made = started(desk, entity, file.decode(), on_duplicate="create")
    tasks.carry_on_imports()
    assert told(made) == (1, 0, 0, 0)
    again = Lead.objects.latest("pk")
    assert again != lead
    assert again.values == values
    assert crypto.unseal(again.owner, again.sealed or b"")["values"] == hidden
