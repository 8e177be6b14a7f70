from distribution.models import Entity
from portal import reading
from portal.values import Shown
from tests.portal.conftest import EntryMaker, SettingsMaker

ADDRESS = {"street": "Musterstraße", "postcode": "10115", "city": "Berlin"}


def labels(fields: list[Shown] | None) -> list[str]:
    return [field.label for field in fields or []]


def test_lead_of_everything_shows_all_fields_in_order(make_entry: EntryMaker) -> None:
    title, fields = reading.lead(make_entry({"name": "Ana"}, hidden={"iban": "DE02"}))
    assert title == "Ana"
    assert labels(fields) == ["Name", "Phone", "Email", "Score", "Address", "Iban"]
    assert fields is not None
    assert fields[-1].lines == ("DE02",)


def test_lead_of_a_subset_shows_the_ticked_fields_alone(
    make_entry: EntryMaker, subset: SettingsMaker
) -> None:
    settings = subset("phone", "address.postcode")
    entry = make_entry({"name": "Ana", "phone": "+4930", "address": ADDRESS, "score": 9}, settings=settings)
    title, fields = reading.lead(entry)
    assert title.startswith("Lead ")
    assert [(field.label, field.lines) for field in fields or []] == [
        ("Phone", ("+4930",)),
        ("Address", ("10115",)),
    ]


def test_lead_of_a_subset_without_its_entity_shows_nothing(
    make_entry: EntryMaker, subset: SettingsMaker
) -> None:
    settings = subset()
    title, fields = reading.lead(make_entry({"name": "Ana"}, settings=settings))
    assert title.startswith("Lead ")
    assert fields == []


def test_lead_follows_the_ticks_of_the_moment(make_entry: EntryMaker, entity: Entity) -> None:
    entry = make_entry({"name": "Ana", "phone": "+4930"})
    entry.settings.everything = False
    entry.settings.per_entity = {str(entity.pk): {"ticks": ["name"]}}
    assert labels(reading.lead(entry)[1]) == ["Name"]


def test_lead_that_is_gone_has_no_fields(make_entry: EntryMaker) -> None:
    entry = make_entry({"name": "Ana"})
    entry.lead_id = entry.id
    title, fields = reading.lead(entry)
    assert (title, fields) == (f"Lead {entry.id.hex[-8:]}", None)


def test_summary_has_the_name_and_the_first_three_values(make_entry: EntryMaker) -> None:
    entry = make_entry({"name": "Ana", "phone": "+4930", "score": 9, "address": ADDRESS, "email": ""})
    summary = reading.summaries([entry])[entry.id]
    assert summary.title == "Ana"
    assert summary.bits == (("Phone", "+4930"), ("Score", "9"), ("Address", "Musterstraße, 10115 Berlin"))


def test_summary_opens_no_encrypted_value(make_entry: EntryMaker, entity: Entity) -> None:
    entity.display_field = "iban"
    entity.save()
    entry = make_entry({"phone": "+4930"}, hidden={"iban": "DE02"})
    summary = reading.summaries([entry])[entry.id]
    assert "DE02" not in str(summary)
    assert summary.title.startswith("Lead ")


def test_summary_cuts_long_values(make_entry: EntryMaker) -> None:
    entry = make_entry({"name": "x" * 500, "phone": "y" * 500})
    summary = reading.summaries([entry])[entry.id]
    assert len(summary.title) == len(summary.bits[0][1]) == reading.BIT_LENGTH


def test_summaries_take_one_query_for_many(
    make_entry: EntryMaker, django_assert_max_num_queries: object
) -> None:
    entries = [make_entry({"name": "Ana"}) for _ in range(5)]
    reading.summaries(entries)
    with django_assert_max_num_queries(1):  # type: ignore[operator] # pytest-django gives a callable
        reading.summaries(entries)
