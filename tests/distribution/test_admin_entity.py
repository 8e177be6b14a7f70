"""Entities and their fields: what leads and rules hang on stays."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Entity, Field, HostedForm, Import, Profile
from distribution.services import save_profile
from partners.models import DeliverySettings, Revision
from tests import factories as f
from tests.forms import controls, errors, submit

ADD = "/admin/distribution/entity/add/"


def page(entity: Entity) -> str:
    return reverse("admin:distribution_entity_change", args=[entity.pk])


def row(entity: Entity, which: str, /, **changes: Any) -> dict[str, Any]:
    """Changes to the row of the field `which` on its entity's page."""
    place = list(entity.fields.values_list("key", flat=True)).index(which)
    return {f"fields-{place}-{name}": value for name, value in changes.items()}


def new(entity: Entity | None, /, **values: Any) -> dict[str, Any]:
    """One more row."""
    place = entity.fields.count() if entity else 0
    typed = {"type": "text", "label": values.get("key", ""), **values}
    return {
        "fields-TOTAL_FORMS": str(place + 1),
        **{f"fields-{place}-{name}": value for name, value in typed.items()},
    }


def uses(answer: Any) -> dict[str, str]:
    """What is listed as using a field: its words by the address that they link to."""
    listed = answer.content.decode().partition('class="summary-box uses"')[2].partition("</section>")[0]
    found = re.findall(r'<li>(?:<a href="([^"]*)"[^>]*>)?(.*?)</li>', listed, re.DOTALL)
    return {unescape(url): unescape(re.sub("<[^>]*>", "", words)) for url, words in found}


def test_add_with_a_field(desk: Client) -> None:
    before = Revision.current()
    basics = {"name": "Roof lead", "slug": "roof-lead", "currency": "CHF", "display_field": "city"}
    answer = submit(
        desk, ADD, {**basics, **new(None, key="city", label="City", required="on", default=" Bern ")}
    )
    assert answer.status_code == 302
    field = Field.objects.get(entity__slug="roof-lead")
    assert (field.key, field.label, field.required, field.default, field.position) == (
        "city",
        "City",
        True,
        "Bern",
        1,
    )
    assert Revision.current() > before


def test_new_fields_go_to_the_end(desk: Client, entity: Entity) -> None:
    submit(desk, page(entity), new(entity, key="colour"))
    assert list(entity.fields.values_list("key", flat=True))[-1] == "colour"


def test_page_saved_untouched_changes_nothing(desk: Client, entity: Entity) -> None:
    before = list(entity.fields.values())
    assert submit(desk, page(entity), {}).status_code == 302
    assert list(entity.fields.values()) == before


@pytest.mark.parametrize(
    "key", ["lead_id", "entity", "created_at", "source", "note", "status", "id", "leadid", "crea_ted_at"]
)
def test_reserved_names_are_refused(desk: Client, entity: Entity, key: str) -> None:
    answer = submit(desk, page(entity), new(entity, key=key))
    assert f"“{key}” is a name that every lead has" in errors(answer)
    assert not entity.fields.filter(key=key).exists()


@pytest.mark.parametrize("key", ["Upper", "1st", "with space", "ümlaut"])
def test_keys_are_plain(desk: Client, entity: Entity, key: str) -> None:
    assert "small letters, digits and _" in errors(submit(desk, page(entity), new(entity, key=key)))


def test_what_is_not_taken_is_listed_on_top_with_the_way_there(desk: Client, entity: Entity) -> None:
    typed = {**row(entity, "email", label=""), "slug": "Not a slug", **new(entity, key="Upper")}
    html = submit(desk, page(entity), typed).content.decode()
    assert "<title>Error: " in html
    top = html.partition('class="summary-box wrong"')[2].partition("</div>")[0]
    ways = re.findall(r'<a href="#([^"]+)">([^<:]+): ', top)
    assert ways == [
        ("id_slug", "Slug"),
        ("id_fields-1-label", "Field 2, Label"),
        ("id_fields-8-key", "Field 9, Key"),
    ]
    assert all(f'id="{name}"' in html for name, _label in ways)
    assert "Write what people read, such as First name." in top


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ({"type": "number", "default": "12.50"}, 12.5),
        ({"type": "checkbox", "default": "no"}, False),
        ({"type": "date", "default": "2026-11-24"}, "2026-11-24"),
        ({"type": "select", "options": "Flat\nGable\n\nFlat", "default": "gable"}, "Gable"),
        ({"type": "multi_select", "options": "Flat\nGable", "default": "gable; flat"}, ["Flat", "Gable"]),
        ({"type": "text", "default": ""}, None),
    ],
)
def test_default_is_stored_in_normal_form(
    desk: Client, entity: Entity, typed: dict[str, str], stored: object
) -> None:
    assert submit(desk, page(entity), new(entity, key="x", **typed)).status_code == 302
    field = entity.fields.get(key="x")
    assert field.default == stored
    submit(desk, page(entity), {})
    field.refresh_from_db()
    assert field.default == stored


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"type": "number", "default": "many"}, "many"),
        ({"type": "select", "default": ""}, "at least one option"),
        ({"type": "select", "options": "Flat", "default": "Round"}, "not an option"),
        ({"type": "address", "default": "Berlin"}, "An address has no default"),
    ],
)
def test_default_that_does_not_fit(desk: Client, entity: Entity, typed: dict[str, str], fault: str) -> None:
    answer = submit(desk, page(entity), new(entity, key="x", **typed))
    assert fault in errors(answer)
    place = entity.fields.count()
    assert controls(answer)[f"fields-{place}-default"] == [typed["default"]]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"key": "surname"}, "so it stays"),
        ({"type": "number"}, "of the type “Text”"),
        ({"encrypted": "on"}, "Archive it and add another"),
    ],
)
def test_field_that_leads_use_is_locked(
    desk: Client, entity: Entity, change: dict[str, str], fault: str
) -> None:
    f.LeadFactory.create(entity=entity, values={"name": "Ana"})
    answer = submit(desk, page(entity), row(entity, "name", **change))
    assert fault in errors(answer)


def test_sealed_field_is_locked_too(desk: Client, entity: Entity) -> None:
    f.LeadFactory.create(entity=entity, hidden={"iban": "DE02"})
    answer = submit(desk, page(entity), row(entity, "iban", encrypted=None))
    assert "Archive it and add another" in errors(answer)


def test_field_that_no_lead_uses_may_change(desk: Client, entity: Entity) -> None:
    f.LeadFactory.create(entity=entity, values={"name": "Ana"})
    changes = row(entity, "size", key="area", type="text")
    assert submit(desk, page(entity), changes).status_code == 302
    assert entity.fields.get(key="area").type == "text"


def test_label_of_a_used_field_may_change(desk: Client, entity: Entity) -> None:
    f.LeadFactory.create(entity=entity, values={"name": "Ana"})
    assert submit(desk, page(entity), row(entity, "name", label="Surname")).status_code == 302
    assert entity.fields.get(key="name").label == "Surname"


def test_delete_of_a_used_field_is_refused_and_archiving_is_not(desk: Client, entity: Entity) -> None:
    f.LeadFactory.create(entity=entity, values={"size": 3})
    answer = submit(desk, page(entity), row(entity, "size", DELETE="on"))
    assert "Nothing is saved yet" in errors(answer)
    assert "Archive it instead" in uses(answer)[f"/admin/distribution/lead/?entity__id__exact={entity.pk}"]
    assert submit(desk, page(entity), row(entity, "size", archived="on")).status_code == 302
    assert entity.fields.get(key="size").archived_at is not None
    assert submit(desk, page(entity), row(entity, "size", archived=None)).status_code == 302
    assert entity.fields.get(key="size").archived_at is None


def test_delete_of_an_unused_field(desk: Client, entity: Entity) -> None:
    assert submit(desk, page(entity), row(entity, "size", DELETE="on")).status_code == 302
    assert not entity.fields.filter(key="size").exists()


@pytest.mark.parametrize("change", [{"DELETE": "on"}, {"key": "area"}], ids=["deleted", "renamed"])
def test_later_field_of_a_key_that_went_is_ticked_for_nobody(
    desk: Client, entity: Entity, change: dict[str, str]
) -> None:
    ticks = {"ticks": ["size", "name"], "known": ["size", "name"]}
    settings = f.DeliverySettingsFactory.create(
        everything=False, per_entity={str(entity.pk): ticks, "0": ticks}
    )
    assert submit(desk, page(entity), row(entity, "size", **change)).status_code == 302
    settings.refresh_from_db()
    assert settings.per_entity == {str(entity.pk): {"ticks": ["name"], "known": ["name"]}, "0": ticks}
    assert settings.version == 2
    submit(desk, page(entity), row(entity, "name", label="Surname"))
    settings.refresh_from_db()
    assert settings.version == 2


@pytest.mark.parametrize(
    "change",
    [{"DELETE": "on"}, {"archived": "on"}, {"encrypted": "on"}, {"key": "area"}, {"type": "checkbox"}],
)
def test_field_that_rules_name_is_kept(desk: Client, entity: Entity, change: dict[str, str]) -> None:
    rules = [[{"field": "size", "op": "greater_than", "value": 30}]]
    profile = f.ProfileFactory.create(entity=entity, name="Big roofs", rules=rules)
    answer = submit(desk, page(entity), row(entity, "size", **change))
    assert "Nothing is saved yet" in errors(answer)
    told = uses(answer)[reverse("admin:distribution_profile_change", args=[profile.pk])]
    assert told.startswith("Big roofs: Rules: ")
    assert entity.fields.get(key="size").type == "number"


def test_field_that_an_assignments_rules_name_is_kept(desk: Client, entity: Entity) -> None:
    rules = [[{"field": "size", "op": "greater_than", "value": 30}]]
    seat = f.AssignmentFactory.create(profile__entity=entity, rules=rules)
    answer = submit(desk, page(entity), row(entity, "size", DELETE="on"))
    assert reverse("admin:distribution_assignment_change", args=[seat.pk]) in uses(answer)


def reached(entity: Entity, kind: str, **chosen: Any) -> DeliverySettings:
    """A partner's own settings with something of their own for this entity."""
    partner = f.PartnerFactory.create()
    per_entity = {str(entity.pk): chosen.pop("item")}
    row = f.DeliverySettingsFactory.create(partner=partner, kind=kind, per_entity=per_entity, **chosen)
    partner.default_settings = row
    partner.save(update_fields=["default_settings"])
    return row


@pytest.mark.parametrize(
    ("kind", "item", "told"),
    [
        ("email", {"subject": "{{ lead.size }} m²"}, "Subject template: "),
        ("email", {"body": "{% if lead.size %}big{% endif %}"}, "Body template: "),
        ("webhook", {"shape": '{"area": "{{ lead.size }}"}'}, "Payload shape: "),
    ],
)
def test_field_that_texts_name_is_kept(
    desk: Client, entity: Entity, kind: str, item: dict[str, str], told: str
) -> None:
    partner = reached(entity, kind, item=item).partner
    change = {**row(entity, "size", archived="on"), **row(entity, "name", label="Family name")}
    answer = submit(desk, page(entity), change)
    assert told in uses(answer)[reverse("admin:partners_partner_change", args=[partner.pk])]
    kept = controls(answer)
    assert {name: kept[name] for name in change} == {name: [value] for name, value in change.items()}
    assert entity.fields.get(key="size").archived_at is None
    assert submit(desk, page(entity), row(entity, "size", label="Area")).status_code == 302


def test_text_that_was_broken_before_keeps_nothing(desk: Client, entity: Entity) -> None:
    reached(entity, "email", item={"body": "{{ lead.gone }} {{ lead.size }}"})
    assert submit(desk, page(entity), row(entity, "size", archived="on")).status_code == 302


def test_what_goes_on_without_a_field_is_listed_and_confirmed(desk: Client, entity: Entity) -> None:
    partner = reached(entity, "portal", everything=False, item={"ticks": ["name", "size"]}).partner
    seat = f.AssignmentFactory.create(profile__entity=entity)
    alone = {"scope": f"assignment:{seat.pk}", "everything": False}
    item = {str(entity.pk): {"ticks": ["size"]}}
    seat.settings = f.DeliverySettingsFactory.create(partner=seat.partner, per_entity=item, **alone)
    seat.save(update_fields=["settings"])
    unused = f.DeliverySettingsFactory.create(per_entity=item, everything=False)
    hosted = HostedForm.objects.create(entity=entity, enabled=True, shown=["name", "size"])
    run = Import.objects.create(entity=entity, name="fair.csv", mapping=["", "size"], on_duplicate="skip")
    Field.objects.filter(entity=entity, key="size").update(match_order=1)
    change = row(entity, "size", archived="on")
    answer = submit(desk, page(entity), change)
    assert "confirm above" in errors(answer)
    assert set(uses(answer)) == {
        reverse("admin:partners_partner_change", args=[partner.pk]),
        reverse("admin:distribution_assignment_change", args=[seat.pk]),
        reverse("admin:distribution_hostedform_change", args=[hosted.pk]),
        reverse("imports:run", args=[run.pk]),
        "",
    }
    assert str(unused.partner) not in " ".join(uses(answer).values())
    assert "fields-confirmed" not in controls(answer)
    more = {**change, **row(entity, "name", archived="on"), "display_field": ""}
    assert "confirm above" in errors(submit(desk, page(entity), {**more, "fields-confirmed": "size"}))
    assert submit(desk, page(entity), {**change, "fields-confirmed": "size"}).status_code == 302
    assert entity.fields.get(key="size").archived_at is not None


def test_display_field_must_be_one_of_them(desk: Client, entity: Entity) -> None:
    answer = submit(desk, page(entity), {"display_field": "nmae"})
    assert "“nmae” is none of the fields below" in errors(answer)
    assert "none of the fields" in errors(submit(desk, page(entity), row(entity, "name", DELETE="on")))


def test_change_that_profiles_read_makes_new_versions(desk: Client, entity: Entity) -> None:
    rules = [[{"field": "size", "op": "greater_than", "value": 30}]]
    reads = f.ProfileFactory.create(entity=entity, rules=rules)
    never_saved = f.ProfileFactory.create(entity=entity)
    save_profile(profile=reads, by=None)
    submit(desk, page(entity), row(entity, "email", label="Mail"))
    assert Profile.objects.get(pk=reads.pk).version == 1
    submit(desk, page(entity), row(entity, "size", label="Area"))
    assert Profile.objects.get(pk=reads.pk).version == 2
    submit(desk, page(entity), {"currency": "USD"})
    assert Profile.objects.get(pk=reads.pk).version == 3
    assert reads.versions.get(number=3).document["currency"] == "USD"
    assert Profile.objects.get(pk=never_saved.pk).version == 0


def test_entity_with_leads_is_not_deleted(desk: Client, entity: Entity) -> None:
    f.LeadFactory.create(entity=entity)
    desk.post(page(entity).replace("change", "delete"), {"post": "yes"})
    assert Entity.objects.filter(pk=entity.pk).exists()


def test_options_are_shown_a_line_each(desk: Client, entity: Entity) -> None:
    place = list(entity.fields.values_list("key", flat=True)).index("roofs")
    assert controls(desk.get(page(entity)))[f"fields-{place}-options"] == ["Flat\nGable"]
    assert json.dumps(entity.fields.get(key="roofs").options) == '["Flat", "Gable"]'


def test_duplicates_are_said_by_way(desk: Client, entity: Entity) -> None:
    said = {"duplicates_api": "update", "duplicates_import": "create", "duplicate_days": "30"}
    assert submit(desk, page(entity), {**said, **row(entity, "email", match_order="1")}).status_code == 302
    entity.refresh_from_db()
    assert entity.duplicates == {"api": "update", "form": "skip", "import": "create", "manual": "skip"}
    assert entity.duplicate_days == 30
    assert entity.fields.get(key="email").match_order == 1
    assert controls(desk.get(page(entity)))["duplicates_api"] == ["update"]


def test_match_fields_have_an_order(desk: Client, entity: Entity) -> None:
    twice = {**row(entity, "email", match_order="1"), **row(entity, "iban", match_order="1")}
    assert "Two fields have the same number under Match" in errors(submit(desk, page(entity), twice))
    address = row(entity, "address", match_order="1")
    assert "cannot be told apart by this type" in errors(submit(desk, page(entity), address))
    assert not entity.fields.filter(match_order__isnull=False).exists()


@pytest.mark.parametrize("ready", ["solar-lead", "insurance-lead", "home-service-lead"])
def test_ready_made_entities_are_filled_in_and_saved_as_they_stand(desk: Client, ready: str) -> None:
    assert f'href="?ready={ready}"' in desk.get(ADD).content.decode()
    assert submit(desk, f"{ADD}?ready={ready}", {}).status_code == 302
    entity = Entity.objects.get(slug=ready)
    fields = list(entity.fields.all())
    assert [field.key for field in fields[:3]] == ["first_name", "last_name", "email"]
    assert [field.position for field in fields] == list(range(1, len(fields) + 1))
    assert [field.key for field in fields if field.match_order] == ["email", "phone"]
    assert sum(field.encrypted for field in fields) == 1
    assert all(field.options for field in fields if field.type in ("select", "multi_select"))
    text = desk.get(page(entity)).content.decode()
    assert f"&quot;entity&quot;: &quot;{ready}&quot;" in text.split('id="example-json"')[1]
    assert "curl http://testserver/api/intake" in text.split('id="example-curl"')[1]
