import base64
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from partners.kinds.webhook import WebhookConfig, WebhookForm, WebhookKind
from partners.outgoing.secrets import new_secret

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://crm.example.com/leads"
SAVED = {"url": URL, "method": "POST", "format": "json", "headers": ["X-API-Key"], "signing": False}
SIGNED = {**SAVED, "headers": [], "signing": True}


def form(saved: dict[str, Any] | None = None, /, **data: str) -> WebhookForm:
    return WebhookForm({"url": URL, "method": "POST", "format": "json", **data}, config=saved)


def header(index: int, name: str, value: str = "") -> dict[str, str]:
    return {f"header_{index}_name": name, f"header_{index}_value": value}


def test_new_settings() -> None:
    filled = form(**header(0, "X-API-Key", "s3cret"), **header(1, "Accept", "text/plain"))
    assert filled.is_valid(), filled.errors
    assert filled.config() == {**SAVED, "headers": ["X-API-Key", "Accept"]}
    assert filled.secrets({}) == {"headers": {"X-API-Key": "s3cret", "Accept": "text/plain"}}


def test_url_is_saved_in_its_one_form() -> None:
    filled = form(url="HTTPS://CRM.example.com")
    assert filled.is_valid()
    assert filled.config()["url"] == "https://crm.example.com/"


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://0x7f.1/", "https://a:b@crm.example.com/", "x"])
def test_refused_url_says_why(url: str) -> None:
    filled = form(url=url)
    assert not filled.is_valid()
    assert "url" in filled.errors


def test_own_network_opens(settings: Settings) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1/32:9000"]
    assert form(url="http://127.0.0.1:9000/").is_valid()
    assert not form(url="http://127.0.0.1:9001/").is_valid()


def test_names_are_shown_and_values_never() -> None:
    filled = form(SAVED, **header(0, "X-API-Key", "typed-s3cret"))
    unbound = WebhookForm(config=SAVED)
    assert 'value="X-API-Key"' in str(unbound)
    assert "typed-s3cret" not in str(filled)


def test_empty_value_keeps_the_stored_one() -> None:
    filled = form(SAVED, **header(0, "X-API-Key"))
    assert filled.is_valid(), filled.errors
    assert filled.secrets({"headers": {"X-API-Key": "old"}}) == {"headers": {"X-API-Key": "old"}}


def test_typed_value_replaces_the_stored_one() -> None:
    filled = form(SAVED, **header(0, "X-API-Key", "new"))
    assert filled.is_valid(), filled.errors
    assert filled.secrets({"headers": {"X-API-Key": "old"}}) == {"headers": {"X-API-Key": "new"}}


def test_emptied_name_removes_the_header_with_its_value() -> None:
    filled = form(SAVED, **header(0, ""))
    assert filled.is_valid(), filled.errors
    assert filled.config()["headers"] == []
    assert filled.secrets({"headers": {"X-API-Key": "old"}}) == {}


def test_renamed_header_needs_its_value() -> None:
    filled = form(SAVED, **header(0, "X-Other"))
    assert not filled.is_valid()
    assert "header_0_value" in filled.errors


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        (header(0, "Content-Type", "x"), "header_0_value"),
        (header(0, "X Key", "x"), "header_0_value"),
        (header(0, "X-Key", "geh\xe9im"), "header_0_value"),
        (header(0, "", "x"), "header_0_name"),
        ({**header(0, "X-Key", "a"), **header(1, "x-key", "b")}, "header_1_name"),
    ],
)
def test_refused_header_is_named(rows: dict[str, str], field: str) -> None:
    filled = form(**rows)
    assert not filled.is_valid()
    assert field in filled.errors
    assert "geh" not in str(filled.errors)


def test_too_many_headers() -> None:
    rows = {key: value for index in range(21) for key, value in header(index, f"X-{index}", "v").items()}
    filled = form(**rows)
    assert not filled.is_valid()
    assert "20" in str(filled.non_field_errors())


def test_rows_offer_room_for_more() -> None:
    unbound = WebhookForm(config=SAVED)
    rows = [line for line in unbound.lines() if "header_0_name" in line or "header_3_value" in line]
    assert len(rows) == 2
    assert unbound["header_0_name"].value() == "X-API-Key"
    renewal = ("make_secret", "old_stays")
    assert renewal not in unbound.lines()
    assert renewal in WebhookForm(config=SIGNED).lines()


def test_prefix_is_respected() -> None:
    data = {f"w-{key}": value for key, value in header(6, "X-Key", "v").items()}
    filled = WebhookForm(
        {"w-url": URL, "w-method": "PUT", "w-format": "form", **data}, config=None, prefix="w"
    )
    assert filled.is_valid(), filled.errors
    assert filled.config()["headers"] == ["X-Key"]


@pytest.mark.parametrize(
    "url",
    ["https://other.example.com/leads", "https://crm.example.com:8443/leads", "http://crm.example.com/leads"],
)
def test_new_host_asks_for_values_again(url: str) -> None:
    filled = form(SAVED, url=url, **header(0, "X-API-Key"))
    assert not filled.is_valid()
    assert "header_0_value" in filled.errors
    again = form(SAVED, url=url, **header(0, "X-API-Key", "old"))
    assert again.is_valid(), again.errors


def test_new_path_keeps_values() -> None:
    assert form(SAVED, url="https://crm.example.com/other", **header(0, "X-API-Key")).is_valid()


@time_machine.travel(NOW, tick=False)
def test_switching_signing_on_makes_a_secret() -> None:
    filled = form(signing="on")
    assert filled.is_valid(), filled.errors
    saved = filled.secrets({})
    assert filled.made_secret is not None
    assert saved == {"signing": [{"secret": filled.made_secret, "until": None, "made": NOW.isoformat()}]}
    assert filled.secrets({}) == saved


@time_machine.travel(NOW, tick=False)
def test_kept_secret_is_not_made_anew() -> None:
    old = [{"secret": "whsec_b2xk", "until": None}]
    filled = form(SIGNED, signing="on")
    assert filled.is_valid(), filled.errors
    assert filled.secrets({"signing": old}) == {"signing": old}
    assert filled.made_secret is None


@time_machine.travel(NOW, tick=False)
def test_new_secret_lets_the_old_one_sign_along_for_a_day() -> None:
    filled = form(SIGNED, signing="on", make_secret="on")
    assert filled.is_valid(), filled.errors
    signing = filled.secrets({"signing": [{"secret": "whsec_b2xk", "until": None}]})["signing"]
    assert signing[0] == {"secret": filled.made_secret, "until": None, "made": NOW.isoformat()}
    assert signing[1] == {"secret": "whsec_b2xk", "until": "2026-11-25T12:00:00+00:00"}


def test_signing_off_forgets_the_secrets() -> None:
    filled = form(SIGNED)
    assert filled.is_valid(), filled.errors
    assert filled.secrets({"signing": [{"secret": "whsec_b2xk", "until": None}]}) == {}


def test_new_host_asks_for_a_new_secret_and_drops_the_old() -> None:
    kept = form(SIGNED, url="https://other.example.com/", signing="on")
    assert not kept.is_valid()
    assert "make_secret" in kept.errors
    made = form(SIGNED, url="https://other.example.com/", signing="on", make_secret="on")
    assert made.is_valid(), made.errors
    signing = made.secrets({"signing": [{"secret": "whsec_b2xk", "until": None}]})["signing"]
    assert [entry["secret"] for entry in signing] == [made.made_secret]


def test_secret_is_32_random_bytes() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != new_secret()


def test_kind_loads_what_the_form_saved() -> None:
    kind = WebhookKind()
    assert kind.load(SAVED) == WebhookConfig(URL, "POST", "json", ("X-API-Key",), False)
    assert kind.load({}) == WebhookConfig()
    assert kind.host(SAVED) == "crm.example.com"
    assert kind.host({}) == ""


def test_clear_text_is_warned_of() -> None:
    kind = WebhookKind()
    assert kind.warnings(SAVED) == []
    assert "unencrypted" in kind.warnings({"url": "http://crm.example.com/"})[0]
