"""A partner's page: the Delivery section saves what it says, and shows no secret."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Entity
from partners.models import DeliverySettings, Partner, Revision
from partners.services import touch
from tests.factories import MemberFactory, RetryPolicyFactory, UserFactory, acme_with_header, make_fields
from tests.forms import controls, errors, submit

ADD = "/admin/partners/partner/add/"


def page(partner: Partner) -> str:
    return reverse("admin:partners_partner_change", args=[partner.pk])


@pytest.fixture
def acme(db: None) -> Partner:
    """With a webhook that has a header, whose value is a secret."""
    return acme_with_header("planted-header-value")


def test_add_with_email(desk: Client, entity: Entity) -> None:
    answer = submit(
        desk,
        ADD,
        {
            "name": "Brightside",
            "delivery-method": "email",
            "delivery-email-recipients": "a@example.com, b@example.com",
            "delivery-everything": "no",
            f"delivery-entity-{entity.pk}-ticks": ["name", "address.city"],
            f"delivery-entity-{entity.pk}-subject": "New: {{ lead.name }}",
        },
    )
    assert answer.status_code == 302
    row = Partner.objects.get(name="Brightside").default_settings
    assert row is not None
    assert (row.kind, row.scope, row.version, row.everything) == ("email", "", 1, False)
    assert row.config["recipients"] == ["a@example.com", "b@example.com"]
    assert row.host == "example.com"
    item = row.per_entity[str(entity.pk)]
    assert item.pop("known") == ["name", "address", "iban", "score"]
    assert item == {"ticks": ["name", "address.city"], "subject": "New: {{ lead.name }}", "body": ""}


def test_add_without_method(desk: Client, entity: Entity) -> None:
    assert submit(desk, ADD, {"name": "Later"}).status_code == 302
    assert Partner.objects.get(name="Later").default_settings is None


def test_only_chosen_method_is_checked(desk: Client, entity: Entity) -> None:
    typed = {"name": "Portal only", "delivery-method": "portal", "delivery-webhook-url": "not a url"}
    assert submit(desk, ADD, typed).status_code == 302
    partner = Partner.objects.get(name="Portal only")
    assert [row.kind for row in partner.delivery_settings.all()] == ["portal"]


def test_error_keeps_what_was_typed_for_every_method(desk: Client, entity: Entity) -> None:
    changes = {
        "name": "Typo",
        "delivery-method": "email",
        "delivery-email-recipients": "nobody",
        "delivery-webhook-url": "https://typed.example.com/",
        f"delivery-entity-{entity.pk}-body": "Typed {{ lead.nmae }}",
    }
    answer = submit(desk, ADD, changes)
    assert "“nobody” is not an email address" in errors(answer)
    assert "There is no field lead.nmae" in errors(answer)
    assert "Enter the partner" not in errors(answer)
    kept = controls(answer)
    for name, value in changes.items():
        assert kept[name] == [value]
    assert not Partner.objects.exists()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{{ lead.nmae }}", "There is no field lead.nmae. The nearest is lead.name."),
        ("{{ lead.score }}", "lead.score is not ticked"),
        ("{% for %}", "Line 1"),
    ],
)
def test_template_is_checked_against_the_ticks(desk: Client, entity: Entity, body: str, fault: str) -> None:
    answer = submit(
        desk,
        ADD,
        {
            "name": "Templates",
            "delivery-method": "email",
            "delivery-email-recipients": "a@example.com",
            "delivery-everything": "no",
            f"delivery-entity-{entity.pk}-ticks": ["name"],
            f"delivery-entity-{entity.pk}-body": body,
        },
    )
    assert fault in errors(answer)
    assert not Partner.objects.exists()


def test_payload_shape_is_checked_and_kept_with_its_method(
    desk: Client, entity: Entity, acme: Partner
) -> None:
    name, form = f"delivery-entity-{entity.pk}-shape", {"delivery-webhook-format": "form"}
    unticked = {"delivery-everything": "no", f"delivery-entity-{entity.pk}-ticks": ["name"]}
    for source, changes, fault in (
        (
            '{"a": "{{ lead.nme }}"}',
            {},
            "Line 1, column 11: There is no field lead.nme.",
        ),
        ('{"a": "{{ lead.score }}"}', unticked, "lead.score is not ticked for this partner"),
        ('{\n"a": 1,}', {}, "Line 2, column 8: A comma stands before “}”"),
        ('{"a": {"b": 1}}', form, "A form-encoded body is flat"),
    ):
        assert fault in errors(submit(desk, page(acme), {name: source, **changes}))
    assert submit(desk, page(acme), {name: '{\r\n"a": "{{ lead.score }}"}'}).status_code == 302
    row = DeliverySettings.objects.get(partner=acme, kind="webhook")
    assert row.per_entity[str(entity.pk)]["shape"] == '{\n"a": "{{ lead.score }}"}'
    assert submit(desk, page(acme), {"delivery-method": "portal"}).status_code == 302
    assert controls(desk.get(page(acme)))[name] == ['{\n"a": "{{ lead.score }}"}']


def test_switching_points_to_another_row_and_back(desk: Client, entity: Entity, acme: Partner) -> None:
    webhook = acme.default_settings
    assert webhook is not None
    changes = {"delivery-method": "email", "delivery-email-recipients": "a@example.com"}
    assert submit(desk, page(acme), changes).status_code == 302
    acme.refresh_from_db()
    assert acme.default_settings is not None
    assert acme.default_settings.kind == "email"
    assert submit(desk, page(acme), {"delivery-method": "webhook"}).status_code == 302
    acme.refresh_from_db()
    assert acme.default_settings == webhook
    assert acme.default_settings.config["url"] == "https://crm.example.com/leads"
    assert acme.default_settings.secrets() == {"headers": {"X-API-Key": "planted-header-value"}}
    assert acme.delivery_settings.count() == 2


def test_edit_applies_to_the_row_and_raises_versions(desk: Client, entity: Entity, acme: Partner) -> None:
    revision = Revision.current()
    row = acme.default_settings
    assert row is not None
    policy = RetryPolicyFactory.create()
    answer = submit(
        desk,
        page(acme),
        {
            "delivery-webhook-method": "PUT",
            "delivery-policy": str(policy.pk),
        },
    )
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.config["method"], row.version, row.policy) == ("PUT", 2, policy)
    assert Revision.current() > revision


def test_save_without_change_keeps_the_version(desk: Client, entity: Entity, acme: Partner) -> None:
    assert submit(desk, page(acme), {}).status_code == 302
    acme.refresh_from_db()
    assert acme.default_settings is not None
    assert acme.default_settings.version == 1
    assert acme.delivery_settings.count() == 1


def test_header_value_is_never_shown_and_kept_when_empty(desk: Client, entity: Entity, acme: Partner) -> None:
    html = desk.get(page(acme)).content.decode()
    assert "X-API-Key" in html
    assert "planted-header-value" not in html
    assert submit(desk, page(acme), {"name": "Acme Solar"}).status_code == 302
    acme.refresh_from_db()
    assert acme.default_settings is not None
    assert acme.default_settings.secrets()["headers"] == {"X-API-Key": "planted-header-value"}


def test_header_value_is_replaced(desk: Client, entity: Entity, acme: Partner) -> None:
    row = acme.default_settings
    assert row is not None
    assert submit(desk, page(acme), {"delivery-webhook-header_0_value": "another"}).status_code == 302
    row.refresh_from_db()
    assert row.secrets()["headers"] == {"X-API-Key": "another"}
    assert row.version == 2


def test_typed_header_value_does_not_come_back(desk: Client, entity: Entity, acme: Partner) -> None:
    changes = {"delivery-webhook-header_0_value": "planted-typed", "delivery-webhook-url": "nonsense"}
    answer = submit(desk, page(acme), changes)
    assert errors(answer)
    assert "planted-typed" not in answer.content.decode()


def test_signing_secret_is_shown_once(desk: Client, entity: Entity, acme: Partner) -> None:
    answer = submit(desk, page(acme), {"delivery-webhook-signing": "on"})
    assert answer.headers["Location"] == reverse("admin:once")
    acme.refresh_from_db()
    row = acme.default_settings
    assert row is not None
    secret = row.secrets()["signing"][0]["secret"]
    assert secret not in str(dict(desk.session))
    shown = desk.get(reverse("admin:once"))
    assert secret in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert secret not in desk.get(reverse("admin:once")).content.decode()
    assert secret not in desk.get(page(acme)).content.decode()


def test_new_signing_secret(desk: Client, entity: Entity, acme: Partner) -> None:
    submit(desk, page(acme), {"delivery-webhook-signing": "on"})
    desk.get(reverse("admin:once"))
    row = DeliverySettings.objects.get(partner=acme)
    old = row.secrets()["signing"][0]["secret"]
    submit(desk, page(acme), {"delivery-webhook-make_secret": "on"})
    row.refresh_from_db()
    new, kept = row.secrets()["signing"]
    assert kept["secret"] == old
    assert new["secret"] in desk.get(reverse("admin:once")).content.decode()


def test_plain_http_warns_as_long_as_it_stands(desk: Client, entity: Entity, acme: Partner) -> None:
    assert "travel unencrypted" not in desk.get(page(acme)).content.decode()
    submit(
        desk,
        page(acme),
        {
            "delivery-webhook-url": "http://crm.example.com/leads",
            "delivery-webhook-header_0_value": "typed again",
        },
    )
    assert "travel unencrypted" in desk.get(page(acme)).content.decode()


def test_address_ticked_whole_shows_every_part(desk: Client, entity: Entity, acme: Partner) -> None:
    row = acme.default_settings
    assert row is not None
    row.everything = False
    row.per_entity = {str(entity.pk): {"ticks": ["address"], "subject": "", "body": ""}}
    row.save()
    ticks = controls(desk.get(page(acme)))[f"delivery-entity-{entity.pk}-ticks"]
    assert len(ticks) == 9
    assert "address.postcode" in ticks


def test_encrypted_fields_are_marked(desk: Client, entity: Entity) -> None:
    html = desk.get(ADD).content.decode()
    assert html.count(">Encrypted</span>") == 1


def test_ticks_of_another_entity_survive(desk: Client, entity: Entity, acme: Partner) -> None:
    row = acme.default_settings
    assert row is not None
    row.per_entity = {"999": {"ticks": ["x"], "subject": "", "body": ""}}
    row.save()
    submit(desk, page(acme), {f"delivery-entity-{entity.pk}-ticks": ["name"], "delivery-everything": "no"})
    row.refresh_from_db()
    assert set(row.per_entity) == {"999", str(entity.pk)}


def test_saved_secrets_that_do_not_open_stop_the_save(desk: Client, entity: Entity, acme: Partner) -> None:
    row = acme.default_settings
    assert row is not None
    row.sealed = b"gAAAAA-nothing-opens-this"
    row.save()
    assert "put the key that sealed them back" in errors(submit(desk, page(acme), {"name": "Acme 2"}))


def test_reader_sees_facts_and_no_form(
    client: Client, entity: Entity, acme: Partner, sign_in: Callable[[str], Client]
) -> None:
    html = sign_in("viewer").get(page(acme)).content.decode()
    assert "https://crm.example.com/leads" in html
    assert "X-API-Key" in html
    assert "planted-header-value" not in html
    assert 'name="delivery-method"' not in html


def test_history_names_delivery_and_no_value(desk: Client, entity: Entity, acme: Partner) -> None:
    submit(desk, page(acme), {"delivery-webhook-header_0_value": "planted-header-2"})
    history = desk.get(reverse("admin:partners_partner_history", args=[acme.pk])).content.decode()
    assert "delivery" in history.lower()
    assert "planted" not in history


def test_fields_that_came_after_the_ticks_are_told(desk: Client, entity: Entity, acme: Partner) -> None:
    changes = {"delivery-everything": "no", f"delivery-entity-{entity.pk}-ticks": ["name"]}
    assert submit(desk, page(acme), changes).status_code == 302
    assert "not sent" not in desk.get(page(acme)).content.decode()
    touch()
    make_fields(entity, phone="text", roof="address")
    html = desk.get(page(acme)).content.decode()
    assert "1 of 22 fields ticked · 2 new fields are not sent" in html
    assert submit(desk, page(acme), {}).status_code == 302
    assert "not sent" not in desk.get(page(acme)).content.decode()


def test_later_save_of_delivery_is_told_and_keeps_what_was_typed(
    desk: Client, entity: Entity, acme: Partner
) -> None:
    opened = controls(desk.get(page(acme)))
    assert (
        submit(desk, page(acme), {"delivery-webhook-url": "https://crm.example.com/first"}).status_code == 302
    )
    typed = {**opened, "name": "Acme two", "delivery-webhook-url": "https://crm.example.com/second"}
    answer = desk.post(page(acme), typed)
    html = " ".join(answer.content.decode().split())
    assert "somebody saved it meanwhile" in errors(answer)
    assert (
        '<th scope="row">URL</th><td dir="auto">https://crm.example.com/first</td>'
        '<td dir="auto">https://crm.example.com/second</td>'
    ) in html
    acme.refresh_from_db()
    assert acme.name == "Acme"
    assert acme.delivery_settings.get().config["url"] == "https://crm.example.com/first"
    assert desk.post(page(acme), controls(answer)).status_code == 302
    acme.refresh_from_db()
    assert acme.name == "Acme two"
    assert acme.delivery_settings.get().config["url"] == "https://crm.example.com/second"
    assert acme.delivery_settings.get().secrets() == {"headers": {"X-API-Key": "planted-header-value"}}


def test_stale_page_that_leaves_delivery_alone_is_saved(desk: Client, entity: Entity, acme: Partner) -> None:
    opened = controls(desk.get(page(acme)))
    changes = {"delivery-webhook-method": "PUT"}
    assert submit(desk, page(acme), changes).status_code == 302
    assert desk.post(page(acme), {**opened, **changes, "notes": "Called"}).status_code == 302
    acme.refresh_from_db()
    assert acme.notes == "Called"


def test_a_login_is_added_without_scripts(desk: Client, entity: Entity, acme: Partner) -> None:
    """By what the page itself offers: the link to another row, and a list to choose from."""
    ana, ben = UserFactory.create(name="Ana"), UserFactory.create(name="Ben")
    MemberFactory.create(partner=acme, user=ana)
    assert 'href="?row=1"' in desk.get(page(acme)).content.decode()
    html = desk.get(f"{page(acme)}?row=1").content.decode()
    assert f'<option value="{ben.pk}">Ben</option>' in html
    assert submit(desk, f"{page(acme)}?row=1", {}).status_code == 302
    assert submit(desk, f"{page(acme)}?row=1", {"members-1-user": str(ben.pk)}).status_code == 302
    assert {member.user for member in acme.members.all()} == {ana, ben}
