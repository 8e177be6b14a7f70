"""docs/configure.md names every setting once, with the default and the bounds that the code has."""

import ast
import re
from typing import NamedTuple

import pytest

from leadflip import checks
from tests.architecture.project import ROOT, tree
from tests.architecture.test_settings import listed


class Row(NamedTuple):
    """One line of the page's tables; `default` is "" for a dash."""

    name: str
    default: str
    bounds: str


PAGE = (ROOT / "docs/configure.md").read_text()
ROWS = [
    # «0; 1 with HTTPS»: what holds by default stands first.
    Row(name, default.split(";")[0].strip("`") if default != "–" else "", bounds)
    for name, default, bounds in re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|", PAGE, re.M)
]
# Made, found or told from others by the code itself where nothing is set, which the page says in words.
IN_WORDS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "DIGEST_KEYS", "PROXIES"}
# Read by make run or docker compose, not by the settings.
ELSEWHERE = {"PORT": "8000", "LEADFLIP_STATE": ".leadflip", "POSTGRES_PASSWORD": "", "VALKEY_PASSWORD": ""}


def in_settings() -> dict[str, str]:
    """The default of each setting that settings.py reads, as it is written in the environment."""
    found = {}
    for call in ast.walk(tree(ROOT / "leadflip/settings.py")):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("env.") and call.keywords:
            assert isinstance(call.args[0], ast.Constant)
            name = str(call.args[0].value)
            if name not in IN_WORDS:
                # Constants, products of them, and what HTTPS decides; it is off by default.
                value = eval(ast.unparse(call.keywords[0].value), {"__builtins__": {}, "HTTPS": False})
                found[name] = _written(value)
    return found


def _written(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_compose() -> dict[str, str]:
    text = (ROOT / "docker-compose.yml").read_text()
    return dict(re.findall(r"\$\{(WEB_\w+):-([^}]*)\}", text))


def test_every_setting_stands_once_on_the_page() -> None:
    assert sorted(row.name for row in ROWS) == sorted(listed())


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in IN_WORDS], ids=lambda row: row.name)
def test_default_is_the_codes(row: Row) -> None:
    assert row.default == {**in_settings(), **in_compose(), **ELSEWHERE}[row.name]


def test_bounds_are_those_that_the_checks_hold() -> None:
    least = {
        **checks.LEAST,
        "LEASE_SECONDS": checks.longest_timeout() + checks.MARGIN,
        "EMAIL_LEASE_SECONDS": checks.LONGEST_EMAIL,
    }
    told = {row.name: int(found[1]) for row in ROWS if (found := re.fullmatch(r"(\d+) or more", row.bounds))}
    compose = {"WEB_PROCESSES", "WEB_THREADS"}
    assert {name: number for name, number in told.items() if name not in compose} == least


def test_every_setting_says_its_bounds_and_meaning() -> None:
    assert all(row.bounds for row in ROWS)
    assert re.findall(r"^\| `[A-Z_]+` \|[^|]+\|[^|]+\| *\|$", PAGE, re.M) == []
