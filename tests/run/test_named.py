import pytest

from leadflip.run import named
from leadflip.run.errors import StartError


@pytest.mark.parametrize(("value", "is_named"), [(None, False), ("", False), ("x", True)])
def test_named(monkeypatch: pytest.MonkeyPatch, value: str | None, is_named: bool) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if value is not None:
        monkeypatch.setenv("DATABASE_URL", value)
    assert named.named("DATABASE_URL") is is_named


@pytest.mark.parametrize("url", ["", "postgres://a:b@c/d", "postgresql:///leadflip"])
def test_database_url_passes(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    named.check_database_url()


@pytest.mark.parametrize("url", ["sqlite:///db", "mysql://a:secret@c/d", "localhost", "://"])
def test_database_url_of_something_else(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(StartError, match="DATABASE_URL is no PostgreSQL address") as error:
        named.check_database_url()
    assert "secret" not in str(error.value)
