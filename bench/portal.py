"""How long the portal's pages take one partner over 50,000 entries and over a million, and how CSV streams.

The entries stand beside the jobs of `make bench-pages`: all their leads in one partner's feed.
"""

import random
import resource
import time
from typing import Any

from django.db import connection
from django.db.models import Min
from django.test import Client
from django.urls import reverse

from bench.parts.addresses import Address
from bench.parts.processes import cpu_seconds
from bench.parts.report import Report
from bench.parts.sides import Asked, compare, filled, within
from distribution.models import Lead
from leadflip.run.state import State
from partners.models import DeliverySettings, Member, Partner, User
from partners.models.settings import Kind
from portal.filters import sealed
from portal.models import Entry

ROUNDS, REPEATS = 3, 10
LESS, MORE = 50_000, 1_000_000
SMALL = {"rounds": 1, "repeats": 2, "less": 300, "more": 1000}
NAME, PERSON = "All in one feed", "feed@example.invalid"
AIM_ROWS = 30_000
# One entry a job, and what nobody answers yet is the newest tenth.
FILL = """
INSERT INTO portal_entry (id, partner_id, settings_id, lead_id, entity_id, review, reason, note,
    answered_by_id, answered_at, price, currency, created_at)
SELECT overlay(job.id::text placing 'ffff' from 33)::uuid, %(partner)s, %(settings)s, job.lead_id,
    lead.entity_id, review, CASE WHEN review IN ('rejected', 'returned') THEN 'no_fit' ELSE '' END, '',
    CASE WHEN review <> 'pending' THEN %(person)s::bigint END,
    CASE WHEN review <> 'pending' THEN job.created_at + interval '1 hour' END,
    job.price, job.currency, job.created_at
FROM delivery_job AS job JOIN distribution_lead AS lead ON lead.id = job.lead_id
CROSS JOIN LATERAL (SELECT CASE
    WHEN get_byte(uuid_send(job.id), 15) < 26 THEN 'pending'
    WHEN get_byte(uuid_send(job.id), 15) < 200 THEN 'accepted'
    WHEN get_byte(uuid_send(job.id), 15) < 240 THEN 'rejected' ELSE 'returned' END AS review) AS made
ON CONFLICT DO NOTHING
"""


def measure(
    report: Report,
    state: State,
    *,
    rounds: int = ROUNDS,
    repeats: int = REPEATS,
    less: int = LESS,
    more: int = MORE,
) -> None:
    """The pages of both sides, then one file of all entries of an entity on the larger."""
    places = {"beside": filled(less), "ours": filled(more)}
    for name in places.values():
        with within(name):
            fill()
    compare(report, places, prepare, rounds, repeats)
    with within(places["ours"]):
        for _ in range(min(rounds, 2)):
            _csv(report)
    for name in ("rows", "rows_per_s", "cpu_us", "postgres_cpu_us", "mib_more"):
        report.facts[f"CSV, {name}"] = f"{report.median(f'ours.csv_{name}'):,.0f}"
    report.facts["entries"] = f"{less:,} beside {more:,}"
    report.aim("ours.csv_rows_per_s", f"≥ {AIM_ROWS:,}")


def fill() -> None:
    """All jobs' leads in one partner's feed, once."""
    if Partner.objects.filter(name=NAME).exists():
        return
    partner = Partner.objects.create(name=NAME)
    settings = DeliverySettings.objects.create(partner=partner, kind=Kind.PORTAL)
    person = User.objects.create_user(email=PERSON)
    Member.objects.create(user=person, partner=partner, role=Member.Role.OWNER)
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"partner": partner.pk, "settings": settings.pk, "person": person.pk})
        cursor.execute("VACUUM ANALYZE portal_entry")


def prepare(repeats: int) -> Asked:
    """Its owner's browser, and what is asked of each page."""
    client, person = Client(headers={"host": "127.0.0.1"}), User.objects.get(email=PERSON)
    client.force_login(person)
    return client, {name: (each * repeats)[:repeats] for name, each in _pages(person, repeats).items()}


def _pages(person: User, repeats: int) -> dict[str, list[Address]]:
    feed, rng = reverse("portal:feed"), random.Random(1)
    entries = list(Entry.objects.filter(partner__name=NAME).order_by("-id")[: 20 * repeats])
    some = rng.sample(entries, min(repeats, len(entries)))
    leads = Lead.objects.in_bulk([entry.lead_id for entry in some])
    texts = {
        "exact e-mail": [leads[entry.lead_id].values["email"] for entry in some],
        "a name": ["Maria"],
        "nothing": ["no such text"],
    }
    found: dict[str, list[Address]] = {
        **{f"feed {tab}": [f"{feed}?review={tab}"] for tab in Entry.Review.values},
        "feed older": [f"{feed}?review={entry.review}&older={entry.pk}" for entry in some],
        **{f"feed entity={each}": [f"{feed}?entity={each}"] for each in _entities(entries)},
        **{
            f"search {name}": [f"{feed}?review=accepted&find={sealed(text, person)}" for text in each]
            for name, each in texts.items()
        },
        "lead": [reverse("portal:lead", args=[entry.pk]) for entry in some],
        "csv": [reverse("portal:csv")],
        "history": [reverse("portal:activity")],
    }
    return found


def _entities(entries: list[Entry]) -> list[int]:
    return sorted({entry.entity_id for entry in entries})[:2]


def _csv(report: Report) -> None:
    client, person = Client(headers={"host": "127.0.0.1"}), User.objects.get(email=PERSON)
    client.force_login(person)
    # The first has the most leads, and a sealed value in each.
    entity = Entry.objects.filter(partner__name=NAME).aggregate(first=Min("entity_id"))["first"]
    server = connection.connection.info.backend_pid
    before, began, cpu, theirs = _peak(), time.perf_counter(), time.process_time(), cpu_seconds(server)
    chosen = {"entity": entity, "format": "data", "delimiter": ","}
    answer: Any = client.get(reverse("portal:csv_file"), chosen)
    if answer.status_code != 200:
        raise RuntimeError(f"The file was answered with {answer.status_code}: {answer.content[:300]!r}")
    rows = sum(part.count(b"\n") for part in answer.streaming_content)
    report.add("ours.csv_rows_per_s", rows / (time.perf_counter() - began))
    report.add("ours.csv_cpu_us", (time.process_time() - cpu) / rows * 1e6)
    report.add("ours.csv_postgres_cpu_us", (cpu_seconds(server) - theirs) / rows * 1e6)
    report.add("ours.csv_rows", rows)
    report.add("ours.csv_mib_more", (_peak() - before) / 1024)


def _peak() -> int:
    """KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
