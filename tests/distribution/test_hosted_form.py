"""The hosted form: what it asks, what it takes and refuses, and who may frame it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from distribution.api import rate
from distribution.models import Entity, HostedForm, Idempotency, Lead, Profile
from distribution.pages import form_token
from distribution.pages.hosted_form import A_MINUTE, AGREED, TOKEN, TRAP
from leadflip.kit import clock
from tests import factories as f
from tests.architecture.test_headers import POLICY, policy
from tests.distribution.conftest import changed
from tests.forms import controls

CONSENT = "I agree to be called by partners\nabout my roof."
TYPED = {"name": "Ana Bold", "email": "Ana@Example.com", "size": "42,5", AGREED: "on"}


@pytest.fixture(autouse=True)
def _nobody_counted() -> Iterator[None]:
    rate.forget()
    yield
    rate.forget()


@pytest.fixture
def form(entity: Entity) -> HostedForm:
    return f.HostedFormFactory.create(
        entity=entity,
        consent=CONSENT,
        origins=["https://www.example.com", "https://shop.example.com:8443"],
    )


def at(form: HostedForm) -> str:
    return reverse("hosted_form", args=[form.token])


def token(form: HostedForm) -> str:
    """One that somebody got who has filled in the form."""
    return form_token.new(form, at_once=True)


def send(client: Client, form: HostedForm, **typed: Any) -> Any:
    return client.post(at(form), {**TYPED, TOKEN: token(form), **typed})


def words(response: Any) -> list[str]:
    """The error summary, line by line."""
    html = response.content.decode()
    assert "<title>Error: " in html
    summary = html[html.index('class="summary-box"') : html.index("<form")]
    return [re.sub(r"<[^>]+>", "", line).strip() for line in re.findall(r"<li>.*?</li>", summary, re.S)]


def test_sent_form_becomes_a_routed_lead_with_its_consent(
    client: Client, form: HostedForm, profile: Profile
) -> None:
    response = client.post(at(form), {**TYPED, TOKEN: token(form)}, REMOTE_ADDR="203.0.113.7")
    assert response.status_code == 302
    lead = Lead.objects.get()
    assert lead.values == {"name": "Ana Bold", "email": "Ana@example.com", "size": 42.5, "callback": False}
    assert (lead.source, lead.routing, lead.jobs.count()) == ("form", "routed", 1)
    assert lead.consent["text"] == CONSENT.replace("\n", "\n")
    assert lead.consent["ip"] == "203.0.113.7"
    assert lead.consent["url"].endswith(at(form))
    assert lead.consent["at"]
    assert "Thank you" in client.get(response["Location"]).content.decode()


def test_every_type_is_typed_in_by_its_own_control(client: Client, form: HostedForm) -> None:
    f.make_fields(
        form.entity,
        phone="phone",
        site="url",
        day="date",
        moment="datetime",
        choice={"type": "select", "options": ["Flat", "Gable"]},
        story="textarea",
    )
    changed(form.entity)
    typed = {
        "phone": "+49 30 1234567",
        "site": "example.com",
        "day": "2026-11-24",
        "moment": "2026-11-24T14:05",
        "choice": "Gable",
        "story": "One\r\ntwo",
        "roofs": ["Flat", "Gable"],
        "callback": "on",
        "address.street": "Main St",
        "address.city": "Berlin",
        "iban": "DE02",
    }
    page = client.get(at(form))
    assert set(typed) <= set(controls(page)) | {"roofs", "callback"}
    html = page.content.decode()
    for attributes in (
        r'type="email"[^>]*autocomplete="email"',
        r'type="tel"[^>]*autocomplete="tel"',
        r'name="size"[^>]*inputmode="decimal"',
        r'type="date" name="day"',
        r'type="datetime-local" name="moment"',
        r'name="address.city"[^>]*autocomplete="address-level2"',
    ):
        assert re.search(attributes, html), attributes
    assert send(client, form, **typed).status_code == 302
    lead = Lead.objects.get()
    assert lead.values["roofs"] == ["Flat", "Gable"]
    assert lead.values["address"] == {"street": "Main St", "city": "Berlin"}
    assert (lead.values["moment"], lead.values["story"]) == ("2026-11-24T14:05:00Z", "One\ntwo")
    assert (lead.values["choice"], lead.values["callback"]) == ("Gable", True)
    assert "iban" not in lead.values
    assert lead.sealed


def test_errors_are_those_of_the_api_and_all_that_was_typed_stays(client: Client, form: HostedForm) -> None:
    typed = {"name": " ", "email": "ana@", "size": "big", "roofs": ["Gable"], "address.city": "Köln <1>"}
    response = send(client, form, **typed, **{AGREED: ""})
    assert response.status_code == 422
    assert words(response) == [
        "Full name is required; send a value.",
        "Email: “ana@” is not an e-mail address; write one such as ana@example.com.",
        "Roof size: “big” is not a number; write one such as 1234.5.",
        "Tick this box if you agree; without it the form cannot be sent.",
    ]
    again = controls(response)
    assert again["email"] == ["ana@"]
    assert again["roofs"] == ["Gable"]
    assert again["address.city"] == ["Köln <1>"]
    html = response.content.decode()
    for name in ("f-name", "f-email", "f-size", f"f-{AGREED}"):
        assert f'href="#{name}"' in html
        assert re.search(rf'id="{name}"[^>]*>', html)
    assert html.count('aria-invalid="true"') == 4
    assert not Lead.objects.exists()
    mended = {name: values for name, values in again.items() if name != TRAP}
    assert client.post(at(form), {**mended, **TYPED, "address.city": "Köln"}).status_code == 302


def test_one_token_makes_one_lead(client: Client, form: HostedForm) -> None:
    twice = {TOKEN: token(form)}
    first, second = (send(client, form, **twice) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Lead.objects.count() == 1
    other = send(client, form, **twice, name="Ben")
    assert words(other) == ["This form was sent already. To send what stands here too, send it again."]
    assert client.post(at(form), controls(other)).status_code == 302
    assert [lead.values["name"] for lead in Lead.objects.order_by("id")] == ["Ana Bold", "Ben"]


@pytest.mark.django_db(transaction=True)
def test_form_sent_many_times_at_once_makes_one_lead(form: HostedForm) -> None:
    sent = {**TYPED, TOKEN: token(form)}

    def post(_number: int) -> int:
        try:
            return Client().post(at(form), sent).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(16))) == {302}
    assert Lead.objects.count() == 1


def test_form_open_for_too_long_is_sent_again_with_what_was_typed(client: Client, form: HostedForm) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=24, seconds=1), tick=False):
        old = form_token.new(form)
    response = send(client, form, **{TOKEN: old})
    assert "open for more than a day" in words(response)[0]
    assert not Lead.objects.exists()
    assert client.post(at(form), controls(response)).status_code == 302
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("wrong", ["", "none", "other"])
def test_token_that_is_none_of_this_form_is_refused(client: Client, form: HostedForm, wrong: str) -> None:
    other = f.HostedFormFactory.create()
    sent = {TOKEN: token(other) if wrong == "other" else wrong}
    response = send(client, form, **sent)
    assert "could not be sent as it stood" in words(response)[0]
    assert not Lead.objects.exists()


def test_what_fills_in_forms_by_itself_sends_nothing(client: Client, form: HostedForm) -> None:
    quick = send(client, form, **{TOKEN: form_token.new(form)})
    assert "faster than anybody writes" in words(quick)[0]
    bot = send(client, form, **{TRAP: "https://spam.example.com"})
    assert bot["Location"] == send(client, form)["Location"]
    assert Lead.objects.count() == 1


def test_too_many_from_one_address_wait_and_keep_what_they_typed(client: Client, form: HostedForm) -> None:
    for _ in range(A_MINUTE):
        send(client, form, name="")
    response = send(client, form)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert "Too many forms come from your network" in words(response)[0]
    assert controls(response)["name"] == ["Ana Bold"]
    assert not Lead.objects.exists()
    assert not Idempotency.objects.exists()
    elsewhere = client.post(at(form), {**TYPED, TOKEN: token(form)}, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 302


def test_consent_whose_text_changed_is_asked_for_again(client: Client, form: HostedForm) -> None:
    seen = token(form)
    changed(form, consent="I agree to something else.")
    response = send(client, form, **{TOKEN: seen})
    assert words(response) == ["This text has changed meanwhile. Read it, and tick the box again."]
    assert AGREED not in controls(response)
    assert not Lead.objects.exists()
    again = {**controls(response), AGREED: "on"}
    assert client.post(at(form), again).status_code == 302
    assert Lead.objects.get().consent["text"] == "I agree to something else."


def test_only_chosen_fields_are_asked_for_and_taken(client: Client, form: HostedForm) -> None:
    changed(form, shown=["email", "gone"], consent="")
    asked = set(controls(client.get(at(form)))) - {TOKEN, TRAP}
    assert asked == {"email", "name"}  # without a name no lead is taken
    send(client, form, size="3", status="Sold", source="bank", test="1", note="hi", consent_ip="::1")
    lead = Lead.objects.get()
    assert lead.values == {"name": "Ana Bold", "email": "Ana@example.com", "callback": False}
    assert (lead.status, lead.source, lead.note, lead.test, lead.consent) == ("New", "form", "", False, {})


@pytest.mark.parametrize("ticked", [True, False])
def test_tick_that_must_be_set(client: Client, form: HostedForm, ticked: bool) -> None:
    f.make_fields(form.entity, owner={"type": "checkbox", "required": True})
    changed(form.entity)
    response = send(client, form, **({"owner": "on"} if ticked else {}))
    assert response.status_code == (302 if ticked else 422)


def test_closed_form_says_so_and_takes_nothing(client: Client, form: HostedForm) -> None:
    changed(form, enabled=False)
    for response in (client.get(at(form)), send(client, form)):
        assert response.status_code == 404
        assert "This form is closed" in response.content.decode()
    assert client.get("/forms/nobody-has-this/").status_code == 404
    assert not Lead.objects.exists()


def test_policy_names_the_sites_that_may_frame_it_and_no_cookie_is_set(
    client: Client, form: HostedForm
) -> None:
    own = POLICY.replace(
        "frame-ancestors 'none'", "frame-ancestors https://www.example.com https://shop.example.com:8443"
    )
    thanks = send(client, form)
    for response in (client.get(at(form)), thanks, client.get(thanks["Location"])):
        assert policy(response) == set(own.split("; "))
        assert "X-Frame-Options" not in response
        assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
    changed(form, origins=[], redirect="https://www.example.com/thanks?from=form")
    answer = client.get(at(form))
    assert policy(answer) == set(
        POLICY.replace("form-action 'self'", "form-action 'self' https://www.example.com").split("; ")
    )
    assert send(client, form)["Location"] == "https://www.example.com/thanks?from=form#"


def test_form_needs_no_cookie_and_no_csrf_token(form: HostedForm) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies["leadflip_theme"] = "dark"
    page = stranger.get(at(form))
    assert "data-theme" not in page.content.decode()
    assert send(stranger, form).status_code == 302


def test_form_is_read_in_few_queries(
    client: Client, form: HostedForm, django_assert_max_num_queries: Any
) -> None:
    client.get(at(form))
    with django_assert_max_num_queries(3):
        client.get(at(form))
