"""The sample partners' process, reached as the product reaches it."""

import base64
import smtplib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from delivery.signing import sign
from leadflip.run import process
from leadflip.run.sample import pages
from leadflip.run.sample.demo import Demo
from leadflip.run.sample.received import received
from leadflip.run.state import PROJECT, State
from tests.run.conftest import environment

pytestmark = pytest.mark.process


@cache
def now() -> int:
    """The time of the first delivery: one signature's and its request's must be the same."""
    return int(datetime.now(UTC).timestamp())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[State, Demo]]:
    state = State(Path(tmp_path_factory.mktemp("sample")))
    state.prepare()
    demo = Demo.of(state)
    command = [sys.executable, "-m", "leadflip.run.sample"]
    child = subprocess.Popen(command, cwd=PROJECT, env=environment(state))
    assert process.wait(lambda: received(state, "crm") is not None, 30)
    yield state, demo
    child.terminate()
    assert child.wait(10) == 0


def deliver(demo: Demo, signature: str, body: str = '{"roof": "Flat"}', at: int = 0, url: str = "") -> int:
    headers = {"webhook-id": "job-1", "webhook-timestamp": str(at or now()), "webhook-signature": signature}
    request = urllib.request.Request(url or demo.crm_url, body.encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def signed(secret: str, body: str = '{"roof": "Flat"}', at: int = 0) -> str:
    return sign([{"secret": secret, "until": None}], "job-1", at or now(), body.encode())


def newest(state: State) -> dict[str, object]:
    found = received(state, "crm")
    assert found
    return found[0]


def test_crm_takes_any_partners_lead_at_its_open_address(served: tuple[State, Demo]) -> None:
    state, demo = served
    assert deliver(demo, "v1,nothing", url=demo.open_url) == 204
    assert (newest(state)["checked"], newest(state)["fault"]) == (False, "")


def test_crm_takes_what_is_signed(served: tuple[State, Demo]) -> None:
    state, demo = served
    assert deliver(demo, signed(demo.signing_secret)) == 204
    lead = newest(state)
    assert (lead["id"], lead["fault"], lead["body"]) == ("job-1", "", '{"roof": "Flat"}')
    assert lead["checked"] is True


@pytest.mark.parametrize("old", [3600, -3600])
def test_crm_refuses_another_time(served: tuple[State, Demo], old: int) -> None:
    state, demo = served
    assert deliver(demo, signed(demo.signing_secret, at=now() - old), at=now() - old) == 401
    assert "timestamp" in str(newest(state)["fault"])


def test_crm_refuses_another_body(served: tuple[State, Demo]) -> None:
    state, demo = served
    assert deliver(demo, signed(demo.signing_secret, body='{"roof": "Metal"}')) == 401
    assert newest(state)["fault"] == "No matching signature found"


@pytest.mark.parametrize(
    "signature",
    ["", "v1,", "nonsense", "v1,@@@", "another secret"],
    ids=["none", "no value", "no version", "not base64", "another secret"],
)
def test_crm_refuses_another_signature(served: tuple[State, Demo], signature: str) -> None:
    state, demo = served
    if signature == "another secret":
        signature = signed("whsec_" + base64.b64encode(b"x" * 32).decode())
    assert deliver(demo, signature) == 401
    assert newest(state)["fault"]


def test_mailbox_takes_a_letter(served: tuple[State, Demo]) -> None:
    state, demo = served
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "leads@example.com", "crm@example.com", "Grüße"
    letter["Message-ID"] = "<job-2@leadflip.example.com>"
    letter.set_content("Ein Dach in München\n")
    letter.add_alternative("<p>Ein Dach in München</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", demo.smtp_port) as smtp:
        smtp.send_message(letter)
    found = received(state, "mailbox")
    assert found
    assert found[0]["id"] == "job-2"
    assert found[0]["subject"] == "Grüße"
    assert found[0]["recipients"] == ["crm@example.com"]
    assert found[0]["text"].splitlines() == ["Ein Dach in München"]


def test_received_needs_the_password(served: tuple[State, Demo]) -> None:
    _, demo = served
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{demo.crm_port}/received/crm")
    refused.value.close()


def test_received_without_a_demo(tmp_path: Path) -> None:
    assert received(State(tmp_path), "crm") is None


def test_crm_page_shows_what_came(served: tuple[State, Demo], settings: Settings) -> None:
    settings.STATE, demo = served
    deliver(demo, signed(demo.signing_secret, body="<b>Flat</b>"), body="<b>Flat</b>")
    page = pages.crm(RequestFactory().get("/sample/crm/")).content.decode()
    assert "signature ✓" in page
    assert "&lt;b&gt;Flat&lt;/b&gt;" in page


def test_mailbox_page_shows_what_came(served: tuple[State, Demo], settings: Settings) -> None:
    settings.STATE, demo = served
    with smtplib.SMTP("127.0.0.1", demo.smtp_port) as smtp:
        smtp.sendmail("leads@example.com", "crm@example.com", "Subject: Dach & Fach\n\nA letter")
    page = pages.mailbox(RequestFactory().get("/sample/mailbox/")).content.decode()
    assert "Dach &amp; Fach" in page
    assert "A letter" in page


@pytest.mark.parametrize("page", [pages.crm, pages.mailbox])
def test_pages_say_when_nobody_answers(
    page: Callable[[HttpRequest], HttpResponse], settings: Settings, tmp_path: Path
) -> None:
    settings.STATE = State(tmp_path)
    assert "does not answer: make run starts it" in page(RequestFactory().get("/")).content.decode()


def test_pages_are_not_there_without_demo(client: Client) -> None:
    assert client.get("/sample/crm/").status_code == 404
