"""How long the staff's pages take over 50,000 jobs and over a million.

Each page of the log's filters, job, lead, lists and the start page. The log's filters are read from its
form, so one that is new is measured too.
"""

from django.test import Client

from bench.parts.addresses import addresses
from bench.parts.report import Report
from bench.parts.sides import PERSON, Asked, compare, filled
from leadflip.run.state import State
from partners.models import User

ROUNDS, REPEATS = 3, 10
LESS, MORE = 50_000, 1_000_000
SMALL = {"rounds": 1, "repeats": 2, "less": 300, "more": 1000}


def measure(
    report: Report,
    state: State,
    *,
    rounds: int = ROUNDS,
    repeats: int = REPEATS,
    less: int = LESS,
    more: int = MORE,
) -> None:
    """See bench.parts.sides."""
    compare(report, {"beside": filled(less), "ours": filled(more)}, _prepare, rounds, repeats)
    report.facts["jobs"] = f"{less:,} beside {more:,}"


def _prepare(repeats: int) -> Asked:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(email=PERSON))
    return client, addresses(repeats)
