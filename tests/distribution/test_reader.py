"""Sheets of leads for the apps below: their fields in order, sealed values only when they are ticked."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from distribution.catalogue import entity_spec
from distribution.intake.accept import accept_lead
from distribution.intake.origin import Origin
from distribution.models import Entity
from distribution.models.entity import Way
from leadflip.kit import clock
from leadflip.kit.crypto import SealError
from partners.models import Revision
from partners.sheet import Cut, Sheet, Ticks, reader
from tests import factories as f
from tests.distribution.conftest import changed

ALL = Ticks()
ADDRESS = {"street": "Main St", "postcode": "80331", "latitude": 48.1}


def sheet(entity: Entity, hidden: dict[str, Any] | None = None, **values: Any) -> Sheet:
    lead = f.LeadFactory.create(entity=entity, values=values, hidden=hidden or {})
    return reader().sheets([lead.pk])[lead.pk]


def values(sheet: Sheet, *ticks: str) -> dict[str, Any]:
    chosen = Ticks(False, frozenset(ticks)) if ticks else ALL
    return {cell.key: cell.value for cell in sheet.ticked(chosen)}


def test_sheets_have_the_lead_and_its_entity(entity: Entity) -> None:
    lead = f.LeadFactory.create(entity=entity, values={"name": "Ana"})
    found = reader().sheets([lead.pk, uuid4()])
    assert set(found) == {lead.pk}
    one = found[lead.pk]
    assert (one.lead_id, one.created_at) == (lead.pk, lead.created_at)
    assert (one.entity_id, one.entity, one.display_field) == (entity.pk, "solar-lead", "name")


def test_sheets_of_nobody() -> None:
    assert reader().sheets([]) == {}


def test_sheets_columns_in_the_entity_order(entity: Entity) -> None:
    changed(entity.fields.get(key="iban"), position=0)
    changed(entity.fields.get(key="name"), position=9)
    columns = sheet(entity).columns
    assert columns[0].key == "iban"
    assert columns[-1].key == "name"
    assert (columns[0].label, columns[0].encrypted) == ("Bank account", True)


def test_ticked_opens_sealed_values(entity: Entity) -> None:
    full = sheet(entity, {"iban": "DE89"}, name="Ana", address=ADDRESS)
    assert values(full)["iban"] == "DE89"
    assert values(full)["address"] == ADDRESS
    assert values(full)["size"] is None


def test_ticked_gives_only_what_is_ticked(entity: Entity) -> None:
    full = sheet(entity, {"iban": "DE89", "born": "1990-12-24"}, name="Ana", address=ADDRESS)
    assert values(full, "name") == {"name": "Ana"}
    assert values(full, "born") == {"born": "1990-12-24"}
    assert values(full, "address.postcode") == {"address": {"postcode": "80331"}}


def test_ticked_opens_no_seal_that_it_does_not_need(entity: Entity, settings: Any) -> None:
    full = sheet(entity, {"iban": "DE89"}, name="Ana")
    settings.ENCRYPTION_KEYS = [_other_key()]
    assert values(full, "name") == {"name": "Ana"}
    with pytest.raises(SealError):
        values(full, "iban")


def test_sheet_repr_and_error_hold_no_sealed_value(entity: Entity, settings: Any) -> None:
    full = sheet(entity, {"iban": "DE89-planted"})
    assert "planted" not in repr(full)
    settings.ENCRYPTION_KEYS = [_other_key()]
    with pytest.raises(SealError) as caught:
        values(full, "iban")
    assert "planted" not in repr(caught.value)


def test_seal_copied_from_another_lead_does_not_open(entity: Entity) -> None:
    one = f.LeadFactory.create(entity=entity, hidden={"iban": "DE89"})
    other = f.LeadFactory.create(entity=entity, sealed=one.sealed)
    with pytest.raises(SealError):
        reader().sheets([other.pk])[other.pk].ticked(ALL)


def test_sheets_leave_archived_fields_out(entity: Entity) -> None:
    changed(entity.fields.get(key="size"), archived_at=clock.now())
    changed(entity.fields.get(key="iban"), archived_at=clock.now())
    full = sheet(entity, {"iban": "DE89", "born": "1990-12-24"}, name="Ana", size=40)
    assert not {"size", "iban"} & set(values(full))
    assert "size" not in full.values
    assert full.opener is not None
    assert full.opener() == {"born": "1990-12-24"}


def test_sheets_are_one_query_when_the_entity_is_known(entity: Entity) -> None:
    leads = f.LeadFactory.create_batch(5, entity=entity, hidden={"iban": "DE89"})
    ids = [lead.pk for lead in leads]
    reader().sheets(ids)
    with CaptureQueriesContext(connection) as queries:
        for one in reader().sheets(ids).values():
            one.ticked(ALL)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("ticks", "left"),
    [
        (["name"], {"name": "Ana"}),
        (["iban", "born"], {"iban": "DE89"}),
        (["address.postcode", "address.city"], {"address": {"postcode": "80331"}}),
        (["size"], {}),
        ([], {}),
    ],
)
def test_cut_leaves_what_is_ticked(entity: Entity, ticks: list[str], left: dict[str, Any]) -> None:
    lead = f.LeadFactory.create(
        entity=entity, values={"name": "Ana", "address": ADDRESS, "gone": 1}, hidden={"iban": "DE89"}
    )
    columns = reader().columns(entity.pk)
    found = reader().cut([str(lead.pk), str(uuid4())], Cut(Ticks(False, frozenset(ticks)), columns))
    assert found == {str(lead.pk): (left, ())}
    full = reader().cut([str(lead.pk)], Cut(ALL, columns))
    assert full[str(lead.pk)] == ({"name": "Ana", "address": ADDRESS, "iban": "DE89"}, ())


def test_cut_opens_what_is_ticked_alone_in_one_query(entity: Entity, settings: Any) -> None:
    leads = f.LeadFactory.create_batch(3, entity=entity, values={"name": "Ana"}, hidden={"iban": "DE89"})
    columns, ids = reader().columns(entity.pk), [str(lead.pk) for lead in leads]
    settings.ENCRYPTION_KEYS = [_other_key()]
    with CaptureQueriesContext(connection) as queries:
        names = reader().cut(ids, Cut(Ticks(False, frozenset({"name"})), columns))
        everything = reader().cut(ids, Cut(ALL, columns))
    assert list(names.values()) == [({"name": "Ana"}, ())] * 3
    assert [(values, [lost.key for lost in columns]) for values, columns in everything.values()] == [
        ({"name": "Ana"}, ["iban", "born"])
    ] * 3
    assert len(queries) == 2


def test_sheets_follow_the_configuration(entity: Entity) -> None:
    sheet(entity)
    changed(entity.fields.get(key="name"), label="Whole name")
    assert sheet(entity).columns[0].label == "Whole name"


def test_columns_and_entities(entity: Entity) -> None:
    other = f.EntityFactory.create(name="Aaa")
    assert [column.key for column in reader().columns(entity.pk)][:2] == ["name", "email"]
    assert reader().columns(other.pk) == ()
    assert reader().entities() == [(other.pk, "Aaa"), (entity.pk, "Solar lead")]


def _other_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def test_search_finds_leads_by_their_whole_contact_newest_first(entity: Entity) -> None:
    f.make_fields(entity, mobile="phone", home={"type": "phone", "encrypted": True})
    changed(entity, country="DE")
    spec = entity_spec(Revision.current(), entity.pk)
    bodies = [
        {"email": "ana@example.com", "mobile": "030 12345678"},
        {"email": "ana@example.com", "home": "+49 30 12345678"},
        {"email": "ben@example.com"},
    ]
    ana, other, ben = (
        accept_lead(origin=Origin(Way.API, "x"), entity=spec, body={"name": "A", **body}, route=False).lead_id
        for body in bodies
    )
    assert reader().search(" ANA@Example.com ", 5) == [other, ana]
    assert reader().search("ana@example.com", 1) == [other]
    for written in ("+493012345678", "0049 (30) 123 456-78", "030 12345678"):
        assert reader().search(written, 5) == [other, ana]
    assert [reader().search(text, 5) for text in ("ana@example", "A", "+49301234567", "")] == [[], [], [], []]
    assert reader().search("ben@example.com", 5) == [ben]
