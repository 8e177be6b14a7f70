"""The system checks: silent on sound settings, and one message with a way out for each that is not."""

import base64
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
import trustme
from cryptography.fernet import Fernet
from django.core.checks import CheckMessage, registry
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connections
from pytest_django.fixtures import Settings

from delivery import channels
from leadflip import checks
from partners.kinds import KINDS

FERNET = Fernet.generate_key().decode()
DIGEST = base64.b64encode(b"k" * 32).decode()


def ids(messages: Collection[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_checks_sound_settings_say_nothing() -> None:
    assert checks.keys_are_set() == []
    assert checks.leases_outlast_tries() == []
    assert checks.kinds_are_whole() == []
    assert checks.demo_is_embedded() == []
    assert checks.allowed_networks_parse() == []


def test_checks_are_registered() -> None:
    assert registry.registry.registered_checks >= {
        checks.keys_are_set,
        checks.leases_outlast_tries,
        checks.kinds_are_whole,
        checks.demo_is_embedded,
        checks.allowed_networks_parse,
        checks.postgres_is_new_enough,
    }


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "", "leadflip.E001"),
        ("SECRET_KEY", "short", "leadflip.E001"),
        ("ENCRYPTION_KEYS", [], "leadflip.E002"),
        ("ENCRYPTION_KEYS", ["planted-no-key"], "leadflip.E002"),
        ("ENCRYPTION_KEYS", [FERNET, "planted-no-key"], "leadflip.E002"),
        ("DIGEST_KEYS", [], "leadflip.E003"),
        ("DIGEST_KEYS", ["planted!no-base64"], "leadflip.E003"),
        ("DIGEST_KEYS", [base64.b64encode(b"short").decode()], "leadflip.E003"),
    ],
)
def test_keys_missing_or_malformed(
    settings: Settings, name: str, value: str | list[str], expected: str
) -> None:
    setattr(settings, name, value)
    (message,) = checks.keys_are_set()
    assert message.id == expected
    assert checks.MAKERS[name] in str(message.hint)
    assert "planted" not in str(message)


def test_keys_several_well_formed_are_accepted(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [FERNET, Fernet.generate_key().decode()]
    settings.DIGEST_KEYS = [DIGEST, base64.b64encode(b"o" * 16).decode()]
    assert checks.keys_are_set() == []


@pytest.mark.parametrize(
    ("name", "key_is_sound"),
    [
        ("SECRET_KEY", lambda key: len(key) >= 32),
        ("ENCRYPTION_KEYS", lambda key: Fernet(key) is not None),
        ("DIGEST_KEYS", lambda key: len(checks._digest_key(key)) >= 16),
    ],
)
def test_keys_hint_makes_a_sound_key(
    name: str, key_is_sound: Callable[[str], bool], capsys: pytest.CaptureFixture[str]
) -> None:
    exec(checks.MAKERS[name], {})
    assert key_is_sound(capsys.readouterr().out.strip())


@pytest.mark.parametrize(
    ("name", "seconds", "expected"),
    [
        ("LEASE_SECONDS", 59, ["leadflip.E004"]),
        ("LEASE_SECONDS", 60, []),
        ("EMAIL_LEASE_SECONDS", 179, ["leadflip.E005"]),
        ("EMAIL_LEASE_SECONDS", 180, []),
    ],
)
def test_lease_outlasts_longest_try(settings: Settings, name: str, seconds: int, expected: list[str]) -> None:
    setattr(settings, name, seconds)
    messages = checks.leases_outlast_tries()
    assert ids(messages) == expected
    assert all(name in str(message.hint) for message in messages)


def test_longest_timeout_is_what_a_policy_may_set() -> None:
    assert checks.longest_timeout() == 30


@pytest.mark.parametrize("name", ["OUTGOING_CA_FILE", "SMTP_CA_FILE"])
def test_authority_file_must_hold_certificates(settings: Settings, tmp_path: Path, name: str) -> None:
    good, empty = tmp_path / "authority.pem", tmp_path / "empty.pem"
    good.write_bytes(trustme.CA().cert_pem.bytes())
    empty.write_text("")
    for path, expected in ((good, []), (empty, ["leadflip.E010"]), (tmp_path / "none", ["leadflip.E010"])):
        setattr(settings, name, str(path))
        assert ids(checks.authorities_can_be_read()) == expected


def test_kind_without_settings_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(KINDS, "email")
    messages = checks.kinds_are_whole()
    assert ids(messages) == ["leadflip.E006"] * 2
    assert "“email” has no settings class" in messages[0].msg
    assert "“email” has no form" in messages[1].msg


def test_kind_without_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    all_but_one = {kind: make for kind, make in channels.makers().items() if kind != "webhook"}
    monkeypatch.setattr(checks, "makers", lambda: all_but_one)
    (message,) = checks.kinds_are_whole()
    assert "“webhook” has no channel" in message.msg


@pytest.mark.parametrize("name", checks.LEAST)
def test_count_below_its_least_is_refused(settings: Settings, name: str) -> None:
    setattr(settings, name, checks.LEAST[name])
    assert checks.counts_are_not_too_small() == []
    setattr(settings, name, checks.LEAST[name] - 1)
    (message,) = checks.counts_are_not_too_small()
    assert (message.id, message.hint) == ("leadflip.E011", f"Set {name} to {checks.LEAST[name]} or more.")


def test_demo_with_a_named_database_is_refused(settings: Settings) -> None:
    settings.DEMO, settings.EMBEDDED = True, False
    assert ids(checks.demo_is_embedded()) == ["leadflip.E007"]


def test_demo_with_the_embedded_database(settings: Settings) -> None:
    settings.DEMO, settings.EMBEDDED = True, True
    assert checks.demo_is_embedded() == []


def test_outgoing_allow_names_what_does_not_parse(settings: Settings) -> None:
    settings.OUTGOING_ALLOW = ["10.1.0.0/16", "crm.example.com", "127.0.0.1/32:9000", "10.0.0.0/40"]
    messages = checks.allowed_networks_parse()
    assert ids(messages) == ["leadflip.E008"] * 2
    assert "“crm.example.com”" in messages[0].msg
    assert "“10.0.0.0/40”" in messages[1].msg


def test_postgres_of_today_is_new_enough(transactional_db: None) -> None:
    assert checks.postgres_is_new_enough(databases=["default"]) == []


def test_postgres_14_is_refused(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections["default"].__dict__, "pg_version", 140_011)
    (message,) = checks.postgres_is_new_enough(databases=["default"])
    assert message.id == "leadflip.E009"
    assert "PostgreSQL 14" in message.msg
    assert "15 or newer" in str(message.hint)


def test_postgres_is_not_asked_where_no_database_is_named() -> None:
    assert checks.postgres_is_new_enough(databases=None) == []


def test_check_command_stops_on_a_missing_key(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(SystemCheckError, match=r"(?s)ENCRYPTION_KEYS is not set.*HINT: Set ENCRYPTION_KEYS"):
        call_command("check")
