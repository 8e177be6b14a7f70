"""The block that `make run` prints when all is up: where to go, who signs in, what happened so far."""

from collections.abc import Iterable, Iterator

from leadflip.run import named
from leadflip.run.embedded import Servers
from leadflip.run.postgres import Postgres
from leadflip.run.sample.demo import ADMIN, OPERATOR, PARTNER, Demo

FIRST_ADMIN = "  First admin: .venv/bin/python manage.py createsuperuser"
STOP = "Stop: Ctrl+C (data stays)   Fresh start: make reset   Settings: README"


def lines(running: Servers, demo: Demo | None, outcomes: Iterable[str]) -> Iterator[str]:
    """Everything below the first line."""
    if demo is not None:
        yield from _doors(demo)
    yield from (f"  {outcome}" for outcome in outcomes)
    yield from _warnings(running)
    if named.named("DATABASE_URL"):
        yield FIRST_ADMIN
    yield STOP


def _doors(demo: Demo) -> Iterator[str]:
    doors = (
        ("Admin", "/admin/", ADMIN, demo.admin, "Sample CRM      /sample/crm/"),
        ("Operator", "/admin/", OPERATOR, demo.operator, "Sample mailbox  /sample/mailbox/"),
        ("Portal", "/portal/", PARTNER, demo.partner, ""),
    )
    for door, path, login, password, other in doors:
        yield f"  {door:<9} {path:<10} {login:<21} {password:<15} {other}".rstrip()
    yield f"  {'API':<9} {'/api/docs':<10} key {demo.api_key}"


def _warnings(running: Servers) -> Iterator[str]:
    for server in running:
        if isinstance(server, Postgres) and server.home.temporary:
            yield (
                f"  The data is in {server.home.folder} and does not outlive a restart of this machine: "
                "PostgreSQL does not run as root, and `nobody` cannot enter this folder. Run as an ordinary "
                "user to keep it."
            )
