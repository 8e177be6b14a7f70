"""What is said of a pasted request: the page names what is wrong with it, and whose secret it was."""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from delivery.models import AttemptBody
from delivery.signing import sign
from delivery.verify import check, read_headers
from leadflip.kit import crypto
from partners.outgoing.secrets import PREFIX, SIZE, name_of, new_secret
from tests.factories import AttemptFactory, DeliverySettingsFactory, JobFactory
from tests.people import People, make_people

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STAMP = int(NOW.timestamp())
# Always the same: they name the tests.
NEW, OLD, OVER = (PREFIX + base64.b64encode(bytes([number]) * SIZE).decode() for number in range(3))
SECRETS: list[dict[str, Any]] = [
    {"secret": NEW, "until": None},
    {"secret": OLD, "until": (NOW + timedelta(hours=1)).isoformat()},
    {"secret": OVER, "until": (NOW - timedelta(hours=1)).isoformat()},
]
ID = "0193600a-7d2f-7000-8000-000000000001"
BODY = '{"name":"Zoë","note":"a b","n":1.0}'


def headers(secret: str = NEW, *, body: str = BODY, at: int = STAMP, id: str = ID) -> str:
    signature = sign([{"secret": secret}], id, at, body.encode())
    return f"host: x\nWebhook-Id: {id}\nwebhook-timestamp: {at}\nwebhook-signature: {signature}\n"


def said(head: str, body: str = BODY, sent: list[str] | None = None) -> str:
    found = check(head, body, SECRETS, [each.encode() for each in sent or []], NOW)
    return "\n".join(f"{each.look}: {each.text}" for each in found)


@pytest.mark.parametrize(
    ("head", "body", "sent", "told"),
    [
        (headers(), BODY, [], f"success: The signature is right: secret {name_of(NEW)} made it"),
        (headers(OLD), BODY, [], f"warning: The signature is right: secret {name_of(OLD)} made it"),
        (headers(OVER), BODY, [], f"error: Secret {name_of(OVER)} made the signature, which ended on"),
        (headers(), BODY + "\r\n", [], "without the blanks and line breaks around it"),
        (headers(), json.dumps(json.loads(BODY), indent=2), [], "before anything reads the JSON"),
        (headers(body="a\r\nb"), "a\r\nb", [], "with other line breaks"),
        (headers(), BODY.replace("Zoë", "Eve"), [BODY], "differs from what we sent at byte 10"),
        (headers(new_secret()), BODY, [BODY], "Another secret made the signature"),
        (headers(new_secret()), BODY, [], "we know of no request with this webhook-id"),
        ("", BODY, [], "Either signing is off"),
        (headers().replace("webhook-timestamp", "x"), BODY, [], "The header webhook-timestamp is missing."),
        (headers().replace(f": {STAMP}", ": now"), BODY, [], "not a number of seconds"),
        (headers().replace("v1,", "v1a,"), BODY, [], "no signature that begins with"),
        (headers(at=STAMP - 301), BODY, [], "warning: It was signed at"),
        (headers(at=STAMP + 301), BODY, [], "the clock that read it is wrong"),
        (headers(at=STAMP - 299), BODY, [], "which is in time"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(head: str, body: str, sent: list[str], told: str) -> None:
    assert told in said(head, body, sent)


def test_one_of_several_signatures_is_enough() -> None:
    both = sign(SECRETS, ID, STAMP, BODY.encode())
    head = f"webhook-id: {ID}\nwebhook-timestamp: {STAMP}\nwebhook-signature: v1,bm9uZQ== {both}"
    assert said(head).startswith("success:")


@pytest.mark.parametrize(
    "text",
    [
        "webhook-id: a\nwebhook-timestamp: 1\nwebhook-signature: v1,x v1,y",
        '{"webhook-id": "a",\n "webhook-timestamp": "1",\n "webhook-signature": "v1,x v1,y"}',
        '{"webhook-id":"a","webhook-timestamp":"1","webhook-signature":"v1,x v1,y"}',
        "< Webhook-Id: a\n< Webhook-Timestamp: 1\n< Webhook-Signature: v1,x v1,y",
        "'HTTP_WEBHOOK_ID' => 'a',\n'HTTP_WEBHOOK_TIMESTAMP' => '1',\n'HTTP_WEBHOOK_SIGNATURE' => 'v1,x v1,y'",  # noqa: E501
    ],
)
def test_headers_are_read_however_they_are_written(text: str) -> None:
    assert read_headers(text) == {
        "webhook-id": "a",
        "webhook-timestamp": "1",
        "webhook-signature": "v1,x v1,y",
    }


@pytest.fixture
def people(db: None) -> People:
    found = make_people()
    for partner, secret in ((found.partner, NEW), (found.foreign, OLD)):
        DeliverySettingsFactory.create(
            partner=partner, secrets={"signing": [{"secret": secret, "until": None}]}
        )
    return found


def paste(client: Client, head: str, body: str = BODY) -> str:
    with time_machine.travel(NOW, tick=False):
        answer = client.post(reverse("portal_signatures"), {"pasted_headers": head, "pasted_body": body})
    assert answer.status_code == 200
    assert not any(secret in answer.text for secret in (NEW, OLD, OVER))
    return answer.text


def test_partner_checks_against_its_own_secrets_alone(client: Client, people: People) -> None:
    client.force_login(people.owner)
    assert "The signature is right" in paste(client, headers(NEW))
    foreign = paste(client, headers(OLD))
    assert "The signature is right" not in foreign
    assert name_of(OLD) not in foreign


def test_what_was_sent_tells_a_changed_body(client: Client, people: People) -> None:
    for partner, told in (
        (people.foreign, "we know of no request"),
        (people.partner, "differs from what we sent"),
    ):
        job = JobFactory.create(settings=partner.delivery_settings.get(), partner=partner)
        attempt = AttemptFactory.create(job=job, number=1)
        body = crypto.seal(f"attempt:{job.pk}:1", {"request": {"body": BODY}, "response": {}})
        AttemptBody.objects.create(attempt=attempt, sealed=body)
        client.force_login(people.owner)
        assert told in paste(client, headers(id=str(job.pk)), BODY.replace("Zoë", "Eve")).replace(
            "&#x27;", "'"
        )


def test_nothing_pasted_is_kept(client: Client, people: People, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    planted = "planted-in-a-pasted-request"
    client.force_login(people.owner)
    assert planted in paste(client, headers() + f"x-other: {planted}", f'"{planted}"')
    client.logout()
    page = reverse("portal_signatures")
    answer = client.post(
        page, {"pasted_headers": planted, "pasted_body": planted}, headers={"origin": "http://testserver"}
    )
    assert answer.status_code == 302
    assert "kept" not in answer.headers["Location"]
    assert planted not in caplog.text
    assert planted not in str(dict(client.session))


def test_empty_form_says_what_to_paste(client: Client, people: People) -> None:
    client.force_login(people.owner)
    text = client.post(reverse("portal_signatures"), {}).text
    assert "Paste the request&#x27;s headers" in text
    assert "is_ours" in text


def test_staff_check_for_any_partner(desk: Client, people: People) -> None:
    page = reverse("delivery:signatures", args=[people.partner.pk])
    with time_machine.travel(NOW, tick=False):
        text = desk.post(page, {"pasted_headers": headers(OLD), "pasted_body": BODY}).text
    assert "None of this partner" in text
    link = reverse("admin:partners_partner_change", args=[people.partner.pk])
    assert page in desk.get(link).text
