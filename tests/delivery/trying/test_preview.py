"""The preview of a Delivery section: what would be sent, nothing stored by a look, nothing secret shown."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from distribution.models import Entity, Lead
from partners.models import Partner
from partners.services import touch
from tests.delivery.trying.forms import (
    HEADER,
    PART,
    SEALED,
    chosen,
    delivers,
    form_of,
    look,
    result,
    rows,
    send,
)
from tests.factories import EntityFactory, LeadFactory, make_fields
from tests.servers.http import HttpServer

pytestmark = pytest.mark.django_db


@delivers
def test_preview_is_what_is_sent(
    desk: Client, acme: Partner, entity: Entity, http_server: HttpServer, loopback: None
) -> None:
    lead = LeadFactory.create(entity=entity, values={"name": "Ana", "size": 3})
    changes = {"webhook-url": http_server.url, "webhook-header_0_value": HEADER, "lead": chosen(lead)}
    html = look(desk, acme, **changes)
    shown = html[html.index("<pre") : html.index("</pre>")].partition(">")[2].replace("&quot;", '"')
    send(desk, acme, **changes)
    result(desk)
    assert json.loads(shown) == http_server.requests[0].json()


def test_preview_stores_nothing_and_shows_no_secret(desk: Client, acme: Partner, lead: Lead) -> None:
    before = rows()
    html = look(desk, acme, **{"lead": chosen(lead), "webhook-signing": "on"})
    assert rows() == before
    assert "v1,•••" in html
    assert "X-API-Key" in html
    assert "&quot;iban&quot;: &quot;•••&quot;" in html
    assert SEALED not in html
    assert HEADER not in html


@delivers
def test_sensitive_value_is_masked_in_a_preview_and_sent(
    desk: Client, acme: Partner, entity: Entity, http_server: HttpServer, loopback: None
) -> None:
    entity.fields.filter(key="name").update(sensitive=True)
    touch()
    lead = LeadFactory.create(entity=entity, values={"name": "Ana", "size": 3})
    changes = {"webhook-url": http_server.url, "webhook-header_0_value": HEADER, "lead": chosen(lead)}
    html = look(desk, acme, **changes)
    assert "&quot;name&quot;: &quot;•••&quot;" in html
    assert "Ana" not in html
    send(desk, acme, **changes)
    assert "Ana" not in result(desk)
    assert http_server.requests[0].json()["name"] == "Ana"


def test_preview_of_a_partner_that_is_not_saved(desk: Client, entity: Entity) -> None:
    sent = {"delivery-method": "webhook", "delivery-everything": "yes"}
    html = desk.post(reverse("delivery:preview"), sent, headers=PART).content.decode()
    assert "Sample name" in html
    assert "&quot;size&quot;: 42" in html
    assert rows() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": ""}, "Choose a delivery method to see"),
        ({"method": "portal"}, "The partner sees this in the portal"),
        ({"method": "email"}, "New lead: Sample name"),
        ({"method": "webhook", "webhook-url": "nonsense"}, "https://partner.example.com/leads"),
        ({"method": "webhook", "webhook-format": "form"}, "name=Sample+name"),
        ({"method": "webhook", "everything": "no"}, "&quot;entity&quot;: &quot;solar-lead&quot;"),
        ({"method": "webhook", "webhook-url": "http://crm.example.com/"}, "travel unencrypted"),
        ({"method": "webhook", "webhook-url": "http://crm.example.com/"}, "in clear over http://: Iban"),
        ({"method": "email"}, "in clear by e-mail, where every mail server on the way can read them: Iban"),
        ({"method": "email"}, "No SMTP server is set: e-mail jobs fail at once."),
        ({"everything": "no"}, "No field of Solar lead is ticked: nothing of its leads is sent."),
    ],
)
def test_preview_says(desk: Client, acme: Partner, changes: dict[str, str], said: str) -> None:
    assert said in look(desk, acme, **changes)


def test_unticked_encrypted_field_is_no_warning(desk: Client, acme: Partner, entity: Entity) -> None:
    ticks = {f"entity-{entity.pk}-ticks": ["name"]}
    html = look(desk, acme, method="email", everything="no", **ticks)
    assert "in clear" not in html
    assert "Iban" not in html


@pytest.mark.parametrize(
    ("body", "ticks", "said"),
    [
        (
            "Hi\n {{ lead.nmae }}",
            ["name"],
            "Line 2, column 5: There is no field lead.nmae. The nearest is lead.name.",
        ),
        ("{{ lead.size }}", ["name"], "lead.size is not ticked for this partner"),
        ("{{ lead.sizes }}", ["name"], "The nearest is lead.size, which is not ticked."),
    ],
)
def test_preview_names_errors_of_texts(
    desk: Client, acme: Partner, entity: Entity, body: str, ticks: list[str], said: str
) -> None:
    texts = {f"entity-{entity.pk}-body": body, f"entity-{entity.pk}-ticks": ticks}
    assert said in look(desk, acme, method="email", everything="no", **texts)


def test_html_letter_stands_alone_under_its_own_policy(desk: Client, acme: Partner, entity: Entity) -> None:
    texts = {
        "email-html": "on",
        f"entity-{entity.pk}-body": '<p style="color:red">{{ lead.name }}</p><script>x()</script>',
    }
    html = look(desk, acme, method="email", **texts)
    assert '<iframe class="letter" name="letter" sandbox' in html
    sent = form_of(desk, acme, method="email", **texts)
    answer = desk.post(reverse("delivery:letter_of", args=[acme.pk]), sent)
    assert answer.headers["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in answer.headers["Cache-Control"]
    letter = answer.content.decode()
    assert 'style="color:red">Sample name' in letter
    assert "script" not in letter


def test_preview_without_scripts_is_a_page_that_repeats_no_secret(desk: Client, acme: Partner) -> None:
    sent = form_of(desk, acme, method="email", **{"email-html": "on", "webhook-header_0_value": HEADER})
    html = desk.post(reverse("delivery:preview_of", args=[acme.pk]), sent).content.decode()
    assert "<h1>Preview</h1>" in html
    assert 'name="delivery-email-html"' in html
    assert HEADER not in html


def test_no_query_more_for_each_entity(desk: Client, acme: Partner) -> None:
    page = reverse("admin:partners_partner_change", args=[acme.pk])

    def queries() -> int:
        desk.get(page)
        with CaptureQueriesContext(connection) as caught:
            desk.get(page)
        return len(caught)

    one = queries()
    for _more in range(5):
        make_fields(EntityFactory.create(), name="text")
    assert queries() == one


def test_preview_shapes_the_payload_and_names_what_is_wrong_with_a_shape(
    desk: Client, acme: Partner, entity: Entity, lead: Lead
) -> None:
    shape = f"entity-{entity.pk}-shape"
    changes = {"method": "webhook", "lead": chosen(lead)}
    html = look(desk, acme, **changes, **{shape: '{"m2": "{{ lead.size }}", "who": "{{ lead.name }}"}'})
    assert "&quot;m2&quot;: 3" in html
    assert "&quot;who&quot;: &quot;Ana&quot;" in html
    assert "lead_id" not in html[html.index("<pre") : html.index("</pre>")]
    html = look(desk, acme, **changes, **{shape: '{\n"m2": "{{ lead.sizes }}"}'})
    assert "Line 2, column 11: There is no field lead.sizes. The nearest is lead.size." in html
