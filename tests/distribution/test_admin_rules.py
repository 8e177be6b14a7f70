"""The rule builder: rows by buttons without a script, errors at their conditions, words and count."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from distribution.admin.rule_row import Row, control, saved_row
from distribution.fields import FieldSpec
from distribution.models import Entity, Profile
from distribution.rules.targets import find
from distribution.services import save_profile
from leadflip.kit import clock
from tests import factories as f
from tests.distribution.typed import condition
from tests.forms import controls, errors, submit

BIG = [[{"field": "size", "op": "greater_than", "value": 30}]]
EITHER = [[*BIG[0], {"field": "roofs", "op": "in_list", "value": ["Flat"]}], BIG[0]]

FIELDS = {
    "name": FieldSpec("name", "Name", "text"),
    "size": FieldSpec("size", "Size", "number"),
    "roof": FieldSpec("roof", "Roof", "select", options=("Flat", "Gable")),
    "roofs": FieldSpec("roofs", "Roofs", "multi_select", options=("Flat", "Gable")),
    "yes": FieldSpec("yes", "Yes", "checkbox"),
    "day": FieldSpec("day", "Day", "date"),
    "at": FieldSpec("at", "At", "datetime"),
    "phone": FieldSpec("phone", "Phone", "phone", country="DE"),
    "address": FieldSpec("address", "Address", "address"),
}


def page(profile: Profile) -> str:
    return reverse("admin:distribution_profile_change", args=[profile.pk])


def ruled(profile: Profile, rules: Any) -> Profile:
    profile.rules = rules
    profile.save()
    save_profile(profile=profile, by=None)
    return profile


def press(client: Client, url: str, button: str, **changes: Any) -> Any:
    return submit(client, url, {**changes, button: "1"})


def only(answer: Any) -> dict[str, list[str]]:
    """The builder's controls."""
    return {name: values for name, values in controls(answer).items() if name.startswith("rules-")}


@pytest.mark.parametrize(
    ("field", "op", "expected"),
    [
        ("name", "equals", "text"),
        ("name", "in_list", "lines"),
        ("name", "between", "number"),
        ("size", "equals", "number"),
        ("roof", "equals", "select"),
        ("roof", "contains", "text"),
        ("roof", "starts_with", "text"),
        ("roof", "not_in_list", "ticks"),
        ("roofs", "equals", "ticks"),
        ("roofs", "contains", "select"),
        ("yes", "equals", "yesno"),
        ("day", "greater_than", "date"),
        ("day", "in_list", "lines"),
        ("at", "between", "datetime"),
        ("address", "is_empty", "nothing"),
        ("address.latitude", "less_than", "number"),
        ("address.postcode", "starts_with", "text"),
    ],
)
def test_control_fits_field_and_operator(field: str, op: str, expected: str) -> None:
    target = find(field, FIELDS)
    assert target is not None
    assert control(target, op) == expected


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (Row("size", "equals", ("12,5",)), 12.5),
        (Row("size", "between", ("1", "2")), [1, 2]),
        (Row("size", "in_list", ("1, 2",)), [1, 2]),
        (Row("size", "equals", ("a dozen",)), "a dozen"),
        (Row("name", "in_list", ("Ana, Ben",)), ["Ana", "Ben"]),
        (Row("name", "in_list", ("Roof, Inc\n\nGarden Ltd\n",)), ["Roof, Inc", "Garden Ltd"]),
        (Row("name", "between", ("01067", "2000")), ["01067", "2000"]),
        (Row("roof", "in_list", ("Flat", "Gable")), ["Flat", "Gable"]),
        (Row("roof", "equals", ("flat",)), "Flat"),
        (Row("yes", "equals", ("false",)), False),
        (Row("day", "equals", ("24.11.2026",)), "2026-11-24"),
        (Row("at", "equals", ("2026-11-24T14:00",)), "2026-11-24T14:00:00Z"),
        (Row("phone", "starts_with", ("+49 30",)), "+49 30"),
        (Row("phone", "equals", ("030 12345678",)), "+493012345678"),
        (Row("name", "equals", ()), ""),
    ],
)
def test_what_is_typed_becomes_a_value(row: Row, value: object) -> None:
    assert row.condition(FIELDS) == {"field": row.field, "op": row.op, "value": value}


@pytest.mark.parametrize(
    ("field", "op", "value", "shown"),
    [
        ("size", "equals", 0, ("0",)),
        ("size", "between", [1, 2.5], ("1", "2.5")),
        ("name", "in_list", ["Ana", "Ben"], ("Ana\nBen",)),
        ("yes", "equals", "yes", ("true",)),
        ("roofs", "equals", "gable; flat", ("Flat", "Gable")),
        ("day", "equals", "24.11.2026", ("2026-11-24",)),
        ("at", "equals", "2026-11-24T14:00+01:00", ("2026-11-24T13:00:00",)),
        ("size", "is_empty", None, ()),
    ],
)
def test_what_is_saved_is_shown(field: str, op: str, value: object, shown: tuple[str, ...]) -> None:
    assert saved_row({"field": field, "op": op, "value": value}, FIELDS).values == shown


def test_saved_rules_stand_in_their_controls(desk: Client, profile: Profile) -> None:
    shown = only(desk.get(page(ruled(profile, EITHER))))
    assert shown["rules-0-0-field"] == ["size"]
    assert shown["rules-0-1-op"] == ["in_list"]
    assert shown["rules-0-1-value"] == ["Flat"]
    assert shown["rules-1-0-value"] == ["30"]


@pytest.mark.parametrize(
    "rules",
    [
        [[{"field": "size", "op": "equals", "value": "12,50"}]],
        [[{"field": "name", "op": "in_list", "value": ["Roof, Inc", "two\nlines"]}]],
        [[{"field": "roofs", "op": "equals", "value": "gable; FLAT"}]],
        [[{"field": "address.postcode", "op": "between", "value": [80331, 85999]}]],
        [[{"field": "callback", "op": "equals", "value": "on"}, {"field": "name", "op": "is_empty"}]],
    ],
)
def test_page_saved_untouched_keeps_rules_as_written(desk: Client, profile: Profile, rules: Any) -> None:
    assert submit(desk, page(ruled(profile, rules)), {}).status_code == 302
    profile.refresh_from_db()
    assert profile.rules == rules


def test_encrypted_fields_are_closed_with_the_reason(desk: Client, profile: Profile) -> None:
    html = press(desk, page(profile), "add-alternative").content.decode()
    assert '<option value="iban" disabled>Bank account (encrypted: routing cannot read it)</option>' in html
    assert '<option value="address.postcode">Address postcode</option>' in html


def test_buttons_add_and_remove_and_save_nothing(desk: Client, profile: Profile) -> None:
    url = page(ruled(profile, EITHER))
    more = press(desk, url, "add-condition-0", **{"rules-1-0-value": "77", "name": "Renamed"})
    assert (only(more)["rules-0-2-field"], only(more)["rules-1-0-value"]) == ([""], ["77"])
    assert controls(more)["name"] == ["Renamed"]
    assert 'id="id_rules-0-2-field"' in more.content.decode()
    other = press(desk, url, "add-alternative")
    assert "rules-2-0-field" in only(other)
    less = press(desk, url, "remove-condition-0-0")
    assert (only(less)["rules-0-0-field"], "rules-0-1-field" in only(less)) == (["roofs"], False)
    gone = press(desk, url, "remove-alternative-0")
    assert (only(gone)["rules-0-0-value"], "rules-1-0-field" in only(gone)) == (["30"], False)
    profile.refresh_from_db()
    assert (profile.rules, profile.version) == (EITHER, 2)


def test_last_condition_takes_its_alternative_along(desk: Client, profile: Profile) -> None:
    none = press(desk, page(ruled(profile, BIG)), "remove-condition-0-0")
    assert only(none) == {"rules-sent": ["1"]}
    assert "Every lead matches." in none.content.decode()


def test_rows_that_are_not_there_are_no_fault(desk: Client, profile: Profile) -> None:
    for button in ("add-condition-9", "remove-condition-7-7", "remove-alternative-3", "remove-condition-0-9"):
        assert press(desk, page(ruled(profile, BIG)), button).status_code == 200


def test_a_round_trip_checks_nothing(desk: Client, profile: Profile) -> None:
    answer = press(desk, page(profile), "add-alternative", name="", base_price="dear")
    assert errors(answer) == ""
    assert controls(answer)["base_price"] == ["dear"]
    assert "<title>Error" not in answer.content.decode()


def test_removing_all_matches_every_lead(desk: Client, profile: Profile) -> None:
    url = page(ruled(profile, BIG))
    sent = {name: None for name in only(desk.get(url)) if name != "rules-sent"}
    assert submit(desk, url, sent).status_code == 302
    profile.refresh_from_db()
    assert profile.rules == []


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (("", ""), "Choose a field, or remove this condition."),
        (("size", "equals", "a dozen"), "“a dozen” is not a number"),
        (("size", "between", "9", "3"), "The first value is greater than the second; exchange them."),
        (("size", "starts_with", "1"), "“starts with” does not fit Roof size: choose another operator."),
        (("size", ""), "Choose an operator."),
        (("size", "like", "1"), "Choose an operator."),
        (("name", "in_list", " \n"), "Write at least one value."),
        (("roofs", "in_list"), "Tick at least one option."),
        (("name", "equals", " "), "The value is missing"),
        (("iban", "equals", "DE"), "“iban” is encrypted"),
        (("sice", "equals", "1"), "did you mean “size”?"),
    ],
)
@pytest.mark.parametrize("owner", ["profile", "assignment"])
def test_errors_stand_at_their_condition(
    desk: Client, profile: Profile, typed: tuple[str, ...], fault: str, owner: str
) -> None:
    ids = {"profile": profile.pk, "assignment": profile.assignments.get().pk}
    url = reverse(f"admin:distribution_{owner}_change", args=[ids[owner]])
    field, op, *values = typed
    sent = {**condition(0, 0, "name", "is_empty"), **condition(1, 0, field, op, *values)}
    answer = submit(desk, url, sent)
    html = answer.content.decode()
    assert "Rules: mend what is marked in that section." in html
    assert fault in errors(answer)
    assert 'id="rules-1-0-error"' in html
    assert 'id="rules-0-0-error"' not in html
    shown = only(answer)
    assert shown["rules-1-0-field"] == [field]
    for value in filter(str.strip, values):
        assert value in shown["rules-1-0-value"]
    profile.refresh_from_db()
    assert profile.version == 1


def test_assignment_saves_its_own_rules(desk: Client, profile: Profile) -> None:
    assignment = profile.assignments.get()
    url = reverse("admin:distribution_assignment_change", args=[assignment.pk])
    assert submit(desk, url, condition(0, 0, "size", "greater_than", "30")).status_code == 302
    assignment.refresh_from_db()
    profile.refresh_from_db()
    assert (assignment.rules, profile.rules, profile.version) == (BIG, [], 2)


def test_a_round_trip_keeps_what_delivery_holds(desk: Client, profile: Profile) -> None:
    assignment = profile.assignments.get()
    url = reverse("admin:distribution_assignment_change", args=[assignment.pk])
    answer = press(desk, url, "add-alternative", **{"delivery-webhook-url": "nonsense", "cap_day": "x"})
    assert (controls(answer)["delivery-webhook-url"], controls(answer)["cap_day"]) == (["nonsense"], ["x"])
    assert errors(answer) == ""


def leads(entity: Entity, *sizes: int) -> None:
    # A second apart: those of one millisecond have no order.
    for at, size in enumerate(sizes, start=-len(sizes)):
        values = {"size": size, "address": {"postcode": "80331"}}
        f.LeadFactory.create(entity=entity, values=values, created_at=clock.now() + timedelta(seconds=at))


def test_words_and_count_stand_below(desk: Client, profile: Profile) -> None:
    url = page(ruled(profile, EITHER))
    assert "There is no lead yet to count by." in said(desk, url)
    leads(profile.entity, 20, 40, 50)
    f.LeadFactory.create(entity=profile.entity, values={"size": 99}, test=True)
    html = said(desk, url)
    assert (
        "Roof size is greater than 30 and Roofs has one of “Flat”; or Roof size is greater than 30." in html
    )
    assert "Matches 2 of 3 leads, which is all there are." in html


def test_count_takes_the_newest(desk: Client, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    leads(profile.entity, 40, 40, 40, 20, 50)
    monkeypatch.setattr("distribution.matching.SAMPLE", 2)
    monkeypatch.setattr("distribution.admin.rules.SAMPLE", 2)
    html = said(desk, page(ruled(profile, BIG)))
    assert "Matches 1 of the last 2 leads." in html


def test_count_of_an_assignment_says_who_matches_the_profile_too(desk: Client, profile: Profile) -> None:
    leads(profile.entity, 20, 40, 50)
    ruled(profile, [[{"field": "size", "op": "less_than", "value": 45}]])
    assignment = profile.assignments.get()
    assignment.rules = BIG
    assignment.save()
    url = reverse("admin:distribution_assignment_change", args=[assignment.pk])
    html = said(desk, url)
    assert "Matches 2 of 3 leads, which is all there are. 1 of them matches the profile" in html


def said(client: Client, url: str) -> str:
    """What the page asks for once it is open."""
    sent = controls(client.get(url))
    return fragment(client, url.replace("change/", "rules/"), sent, HX_Target="rules-said")


def fragment(client: Client, url: str, data: dict[str, Any], **headers: str) -> str:
    answer = client.post(url, data, headers={"HX-Request": "true", **headers})
    assert answer.status_code == 200
    return answer.content.decode()


def test_fragment_settles_operator_and_value_of_another_field(desk: Client, profile: Profile) -> None:
    url = reverse("admin:distribution_profile_rules", args=[profile.pk])
    sent = condition(0, 0, "roofs", "starts_with", "8")
    html = fragment(desk, url, sent, **{"HX-Trigger-Name": "rules-0-0-field"})
    assert '<option value="equals" selected>is exactly</option>' in html
    assert 'value="8"' not in html
    assert "<html" not in html


def test_fragment_of_what_it_means_alone(desk: Client, profile: Profile) -> None:
    url = reverse("admin:distribution_profile_rules", args=[profile.pk])
    leads(profile.entity, 20, 40)
    sent = condition(0, 0, "size", "less_than", "30")
    html = fragment(desk, url, sent, **{"HX-Target": "rules-said"})
    assert "Roof size is less than 30." in html
    assert "Matches 1 of 2 leads" in html
    assert "<select" not in html
    sent = condition(0, 0, "size", "less_than", "")
    assert "Complete each condition" in fragment(desk, url, sent, **{"HX-Target": "rules-said"})


def test_fragment_is_for_those_who_may_save(client: Client, desk: Client, profile: Profile) -> None:
    viewer = f.UserFactory.create(staff=True)
    assignment = profile.assignments.get()
    urls = [
        reverse("admin:distribution_profile_new_rules"),
        reverse("admin:distribution_profile_rules", args=[profile.pk]),
        reverse("admin:distribution_assignment_rules", args=[assignment.pk]),
    ]
    for url in urls:
        assert desk.get(url).status_code == 404
    client.force_login(viewer)
    for url in urls:
        assert client.post(url, {}).status_code == 403


def test_a_new_profile_waits_for_its_entity(desk: Client, entity: Entity) -> None:
    f.EntityFactory.create()
    url = reverse("admin:distribution_profile_add")
    assert "Choose the entity first" in desk.get(url).content.decode()
    chosen = submit(desk, url, {"entity": str(entity.pk), "show-rules": "1"})
    assert controls(chosen)["entity"] == [str(entity.pk)]
    more = desk.post(url, {**controls(chosen), "add-alternative": "1"})
    assert '<option value="size">Roof size</option>' in more.content.decode()
    part = reverse("admin:distribution_profile_new_rules")
    assert 'name="add-alternative"' in fragment(desk, part, {"entity": str(entity.pk)})
    assert "Choose the entity first" in fragment(desk, part, {"entity": "9999999999999"})


def test_queries_do_not_grow_with_conditions(
    desk: Client, profile: Profile, django_assert_max_num_queries: Any
) -> None:
    leads(profile.entity, *range(30))
    with django_assert_max_num_queries(40) as few:
        desk.get(page(ruled(profile, BIG)))
    many = [[{"field": "size", "op": "greater_than", "value": n} for n in range(40)] for _ in range(3)]
    ruled(profile, many)
    with django_assert_max_num_queries(len(few)):
        desk.get(page(profile))
