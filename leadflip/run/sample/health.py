"""Which part of the installation works, and what mends one that does not."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from leadflip import ops


@dataclass(frozen=True, slots=True)
class Part:
    """Web, worker, database or broker. `mend` is what to type where it is down."""

    name: str
    works: bool
    mend: str = ""


def parts() -> list[Part]:
    """The four of them; this page shows that the web process answers."""
    down = ops.missing()
    # Only the database knows of workers.
    silent = {"worker"} if "database" in down else set()
    return [
        Part(_("Web"), True),
        *(
            Part(label, name not in {*down, *silent}, _mend(name))
            for name, label in (
                ("worker", _("Worker")),
                ("database", _("Database")),
                ("broker", _("Broker")),
            )
        ),
    ]


def _mend(name: str) -> str:
    server = {"worker": "worker", "database": "postgres", "broker": "valkey"}[name]
    log = settings.STATE.root / "log" / f"{server}.log"
    return _("Press Ctrl+C where it runs and type “make run”. Its log: %(log)s") % {"log": log}
