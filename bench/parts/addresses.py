"""The addresses of the staff's pages over many rows: the log by each of its filters, jobs, leads, lists."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse

from delivery.models import Job
from delivery.pages.filters import LeadsField, LogFilter
from distribution.models import Entity, Lead
from distribution.models.lead import Routing
from leadflip.kit import clock
from leadflip.kit.ids import first_of

Address = str
# Filters whose every choice is worth a look; of longer lists the first, the middle and the last are taken.
SHORT = 8
# What a filter gets that is no choice, by its name.
CODES = ("500", "550", "599")


def addresses(count: int, seed: int = 1) -> dict[str, list[Address]]:
    """`count` addresses of each page, by the page's name."""
    rng = random.Random(seed)
    jobs = _some_jobs(rng, count)
    log, leads = reverse("delivery:log"), reverse("admin:distribution_lead_changelist")
    found = {
        "index": [reverse("admin:index")],
        "log": [log],
        "log older": [f"{log}?older={job.pk}" for job in jobs],
        "log news": [reverse("delivery:log_news", args=[job.pk]) for job in jobs],
        "job": [reverse("delivery:job", args=[job.pk]) for job in jobs],
        "lead": [reverse("admin:distribution_lead_change", args=[job.lead_id]) for job in jobs],
        "leads": [leads],
        "leads id": [f"{leads}?q={job.lead_id}" for job in jobs],
        **{f"leads {name}": [f"{leads}?{query}"] for name, query in lead_filters()},
        **{f"log {name}": [f"{log}?{query}"] for name, query in log_filters(jobs[0])},
        "destinations": [reverse("delivery:destinations")],
        "audit log": [reverse("audit:log")],
    }
    return {name: (each * count)[:count] for name, each in found.items()}


def lead_filters() -> Iterator[tuple[str, str]]:
    """(name, query) of the lead list's filters."""
    for value in Routing.values:
        yield f"routing={value}", f"routing__exact={value}"
    for number, entity in enumerate(Entity.objects.order_by("pk")[:2]):
        yield f"entity={number}", f"entity__id__exact={entity.pk}"


def log_filters(job: Job) -> Iterator[tuple[str, str]]:
    """(name, query) of each of the log's filters, with values of every kind; `job` lends some."""
    form = LogFilter({})
    for name, field in form.fields.items():
        for label, value in _values(name, field, job):
            yield f"{name}={label}", urlencode({name: value})


def _values(name: str, field: forms.Field, job: Job) -> Iterator[tuple[str, Any]]:
    if isinstance(field, forms.ChoiceField):
        listed: Any = field.choices
        keys = [str(key) for key, _label in listed if key]
        few = keys if len(keys) <= SHORT else [keys[0], keys[len(keys) // 2], keys[-1]]
        yield from zip(few if len(keys) <= SHORT else ("first", "middle", "last"), few, strict=True)
    elif isinstance(field, forms.IntegerField):
        yield from zip(CODES, CODES, strict=True)
    elif isinstance(field, forms.DateField):
        yield "month", (clock.now() - timedelta(days=30)).date().isoformat()
    elif isinstance(field, forms.UUIDField):
        yield from (("job", job.pk), ("lead", job.lead_id))
    elif isinstance(field, LeadsField):
        yield "contact", job.lead_id
    elif isinstance(field, forms.BooleanField):
        yield "on", "on"
    else:
        contact = Lead.objects.values_list("values", flat=True).get(pk=job.lead_id)["email"]
        for label, value in (("e-mail", contact), ("lead", job.lead_id)):
            if LogFilter({name: str(value)}).is_valid():
                yield label, value


def _some_jobs(rng: random.Random, count: int) -> list[Job]:
    """Jobs of all times, not the newest alone."""
    now = clock.now()
    found = []
    for _ in range(count):
        at = now - timedelta(days=59 * rng.random())
        job = Job.objects.filter(pk__gte=first_of(at)).order_by("pk").first()
        found += [job] if job else []
    return found or list(Job.objects.order_by("pk")[:1])
