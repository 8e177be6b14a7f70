"""The delivery methods' configurations and forms."""

from typing import Any

import pytest

from partners.kinds import KINDS
from partners.kinds.email import EmailConfig, EmailForm, EmailKind
from partners.kinds.portal import PortalConfig
from partners.models.settings import Kind


def bound(recipients: str, html: str = "", saved: dict[str, Any] | None = None) -> EmailForm:
    return EmailForm({"recipients": recipients, "html": html}, config=saved)


def test_every_kind_is_whole() -> None:
    assert set(KINDS) == set(Kind.values)
    for key, kind in KINDS.items():
        assert kind.key == key
        assert str(kind.label)
        assert str(kind.best_for)
        assert kind.form(config={}).config is not None
        assert kind.host({}) == ""


@pytest.mark.parametrize("config", [{}, {"recipients": None}, {"recipients": [], "more": 1}])
def test_email_load_raises_nothing(config: dict[str, Any]) -> None:
    assert EmailKind().load(config) == EmailConfig((), False)


def test_portal_has_nothing_to_configure() -> None:
    form = KINDS["portal"].form({}, config={})
    assert form.is_valid()
    assert form.config() == {}
    assert KINDS["portal"].load({}) == PortalConfig()


def test_email_form_gives_what_load_reads() -> None:
    form = bound(" a@example.com ,B@EXAMPLE.com,, jané@bücher.example ", html="on")
    assert form.is_valid(), form.errors
    config = form.config()
    assert config == {"recipients": ["a@example.com", "B@example.com", "jané@bücher.example"], "html": True}
    assert EmailKind().load(config) == EmailConfig(tuple(config["recipients"]), True)
    assert EmailKind().host(config) == "example.com"


@pytest.mark.parametrize("between", [",", ", ", ";", "\n", "\r\n"])
def test_email_form_separators(between: str) -> None:
    form = bound(f"a@example.com{between}b@example.com")
    assert form.is_valid()
    assert form.config()["recipients"] == ["a@example.com", "b@example.com"]


def test_email_form_drops_duplicates() -> None:
    form = bound("a@example.com, A@Example.com, b@example.com, a@example.com")
    assert form.is_valid()
    assert form.config()["recipients"] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize(
    ("recipients", "words"),
    [
        ("", "Enter at least one address"),
        (" , ; ", "Enter at least one address"),
        ("a@example.com, nonsense, x@", "“nonsense” is not an email address"),
        ("a@example.com, nonsense, x@", "“x@” is not an email address"),
        ("a@localhost", "“a@localhost”"),
        ("Jane <a@example.com>", "“Jane <a@example.com>”"),
        ("a@example.com\x00", "Null"),
        (", ".join(f"a{number}@example.com" for number in range(51)), "51 recipients: enter at most 50."),
    ],
)
def test_email_form_refuses(recipients: str, words: str) -> None:
    form = bound(recipients)
    assert not form.is_valid()
    assert words in " ".join(map(str, form.errors["recipients"]))


def test_email_form_takes_fifty() -> None:
    assert bound(", ".join(f"a{number}@example.com" for number in range(50))).is_valid()


def test_email_form_shows_what_is_saved() -> None:
    saved = {"recipients": ["a@example.com", "b@example.com"], "html": True}
    form = EmailForm(config=saved)
    assert "a@example.com, b@example.com" in str(form["recipients"])
    assert form["html"].value() is True
    assert EmailForm(config=saved, initial={"html": False})["html"].value() is False


def test_email_form_tells_a_change() -> None:
    saved = {"recipients": ["a@example.com", "b@example.com"], "html": False}
    assert not bound("a@example.com, b@example.com", saved=saved).has_changed()
    assert bound("a@example.com", saved=saved).has_changed()


def test_email_has_no_secrets_and_no_warnings() -> None:
    form = bound("a@example.com")
    assert form.is_valid()
    assert form.secrets({"kept": 1}) == {"kept": 1}
    assert EmailKind().warnings(form.config()) == []
