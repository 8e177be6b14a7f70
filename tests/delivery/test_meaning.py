"""Answer rules on what a partner's endpoint answers."""

import pytest

from delivery.channels.base import DeliveryError, Permanent, Receipt, Temporary, Unknown
from partners.kinds.answers import Answers, Rule
from partners.kinds.webhook import WebhookConfig
from tests.delivery.test_webhook import deliver, parcel
from tests.servers.behaviours import hang, reply
from tests.servers.http import HttpServer

RULES = Answers(
    (
        Rule("json", "error", "rejected", "result.status"),
        Rule("text", "already known", "duplicate"),
        Rule("status", "409", "duplicate"),
        Rule("json", "ok", "accepted", "result.status"),
    ),
    id="result.id",
    price="result.price",
)

pytestmark = pytest.mark.usefixtures("loopback")


def outcome(
    server: HttpServer, status: int, body: str, *, attempt: int = 1, rules: Answers = RULES
) -> Receipt | DeliveryError:
    server.script(reply(status, body.encode()))
    config = WebhookConfig(server.url, answers=rules)
    try:
        (receipt,) = deliver(parcel(config, attempt=attempt))
    except DeliveryError as error:
        return error
    return receipt


@pytest.mark.parametrize(
    ("status", "body", "kind", "error_class", "words"),
    [
        (200, '{"result": {"status": "ok"}}', Receipt, "", "Accepted: its value result.status is “ok”."),
        (200, '{"result": {"status": "new"}}', Receipt, "", ""),
        (200, "<html>", Receipt, "", "Its answer is no JSON, or over the 4 KiB"),
        (
            200,
            '{"result": {"status": "error"}}',
            Permanent,
            "rejected",
            "rejected the lead: its value result",
        ),
        (422, '{"result": {"status": "ERROR"}}', Permanent, "rejected", "is “error”."),
        (200, "Already known, sorry", Permanent, "duplicate", "already: it contains “already known”."),
        (409, "", Permanent, "duplicate", "already: its status is 409."),
        (500, '{"result": {"status": "ok"}}', Temporary, "http_5xx", "answered with status 500"),
        (404, "nothing", Temporary, "http_4xx", "answered with status 404"),
    ],
)
def test_answer_means(
    http_server: HttpServer, status: int, body: str, kind: type, error_class: str, words: str
) -> None:
    found = outcome(http_server, status, body)
    assert type(found) is kind
    if isinstance(found, DeliveryError):
        assert (found.error_class, words in found.text) == (error_class, True), found.text
        assert found.endpoint is (kind is Temporary)
    else:
        assert isinstance(found, Receipt)
        assert words in found.note if words else found.note == ""


def test_without_rules_the_status_decides(http_server: HttpServer) -> None:
    found = outcome(http_server, 200, '{"result": {"status": "error"}}', rules=Answers())
    assert isinstance(found, Receipt)
    assert (found.note, found.answer.facts) == ("", {})


@pytest.mark.parametrize("status", ["ok", "error"])
def test_id_and_price_are_kept_apart_from_our_words(http_server: HttpServer, status: str) -> None:
    body = f'{{"result": {{"status": "{status}", "id": "A-4711", "price": 12.5}}}}'
    found = outcome(http_server, 201, body)
    assert found.answer.facts == {"id": "A-4711", "price": "12.5"}
    assert "4711" not in (found.text if isinstance(found, DeliveryError) else found.note)


def test_duplicate_of_a_later_attempt_may_be_our_own(http_server: HttpServer) -> None:
    first, later = (outcome(http_server, 409, "", attempt=number) for number in (1, 2))
    assert isinstance(first, Permanent)
    assert isinstance(later, Permanent)
    assert "earlier attempt" not in first.text
    assert later.text.endswith("It may have it from an earlier attempt of this job.")


def test_no_answer_stays_unknown(http_server: HttpServer) -> None:
    http_server.script(hang())
    with pytest.raises(Unknown):
        deliver(parcel(WebhookConfig(http_server.url, answers=RULES), timeout=0.3))
