"""The first leads: posted through the API like anybody's, then watched until each is delivered."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from delivery.models import Attempt, Job
from delivery.models.job import SETTLED, Status
from distribution.models import Lead
from leadflip.run.errors import StartError
from leadflip.run.loopback import open_url
from leadflip.run.sample.demo import Demo
from leadflip.run.sample.load import SLUG
from leadflip.run.sample.received import received
from leadflip.run.state import State

SECONDS = 30.0
POLL = 0.05
# Telephone numbers that are kept free for fiction.
LEADS: tuple[dict[str, Any], ...] = (
    {
        "first_name": "Sample",
        "last_name": "One",
        "email": "one@example.com",
        "phone": "030 23125 101",
        "address": {"street": "Musterstraße", "house_number": "1", "postcode": "10115", "city": "Berlin"},
        "roof": "Pitched",
        "budget": 18000,
        "tax_number": "12/345/67890",
    },
    {
        "first_name": "Sample",
        "last_name": "Two",
        "email": "two@example.com",
        "phone": "+49 30 23125 102",
        "address.postcode": "80331",
        "address.city": "München",
        "roof": "Flat",
        "install_by": "2027-05-01",
    },
)


def post(address: str, demo: Demo) -> list[UUID]:
    """Post the sample leads where there is no lead yet; their ids."""
    if Lead.objects.exists():
        return []
    return [_post(f"{address}api/intake", demo.api_key, {"entity": SLUG, **lead}) for lead in LEADS]


def outcomes(state: State, leads: Sequence[UUID]) -> Iterator[str]:
    """Wait for the leads' jobs to settle; a line for each channel, with what its receiver saw."""
    jobs = _settled(leads)
    for kind in ("webhook", "email", "portal"):
        job = next((job for job in jobs if job.kind == kind), None)
        if job is not None:
            yield f"{kind:<8}{job.status:<10} {_words(state, job)}"


def _post(url: str, key: str, lead: dict[str, Any]) -> UUID:
    request = urllib.request.Request(  # noqa: S310 - our own address
        url,
        json.dumps(lead).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with open_url(request, SECONDS) as answer:
            return UUID(json.load(answer)["lead_id"])
    except urllib.error.HTTPError as error:
        raise StartError(f"A sample lead was refused: {error.read().decode(errors='replace')}") from error
    except OSError as error:
        raise StartError(
            f"The web process did not answer to a sample lead: {error}. Its log tells why."
        ) from error


def _settled(leads: Sequence[UUID]) -> list[Job]:
    deadline = time.monotonic() + SECONDS
    while True:
        jobs = list(Job.objects.filter(lead__in=leads).order_by("id"))
        waiting = [job for job in jobs if job.status not in SETTLED]
        if (jobs and not waiting) or time.monotonic() > deadline:
            return jobs
        time.sleep(POLL)


def _words(state: State, job: Job) -> str:
    attempt = Attempt.objects.filter(job=job).order_by("-number").first()
    if job.status != Status.DELIVERED or attempt is None:
        return job.last_error or "not tried yet: is the worker up?"
    if job.kind == "portal":
        return "in the partner's feed"
    took = f"{attempt.code} in {attempt.ms} ms"
    inbox = received(state, "crm" if job.kind == "webhook" else "mailbox") or []
    seen = next((one for one in inbox if one["id"] == str(job.id)), None)
    if seen is None:
        return f"{took}, not seen by its receiver"
    if job.kind == "email":
        return f"{took}, seen in the sample mailbox"
    return f"{took}, signature {'✗ ' + seen['fault'] if seen['fault'] else '✓'}"
