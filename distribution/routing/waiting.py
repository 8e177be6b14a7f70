"""Leads that wait for routing: those whose routing failed, and those saved in bulk."""

import time
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from distribution.models import Lead
from distribution.models.lead import Routing
from distribution.routing.route import route
from partners.models.revision import hold_shared

BATCH = 100
SECONDS = 5.0


def drain(now: datetime | None = None) -> int:
    """Routes what is due, 100 leads a transaction, until none is or 5 s are over; returns how many.

    Due by the database's clock, or at `now`. Safe to run twice at a time: a lead that one run holds
    is skipped by the other. Leads that fail wait for longer and stop nobody else.
    """
    end = time.monotonic() + SECONDS
    routed = 0
    while (count := _batch(now)) and time.monotonic() < end:
        routed += count
    return routed + count


def _batch(now: datetime | None) -> int:
    with transaction.atomic():
        revision = hold_shared()
        leads = _due(now)
        if leads:
            route(leads, revision=revision)
    return len(leads)


def _due(now: datetime | None) -> list[Lead]:
    due = Lead.objects.filter(routing=Routing.WAITING, routing_due__lte=now or Now())
    locked = due.select_for_update(skip_locked=True, no_key=True)
    return list(locked.order_by("routing_due")[:BATCH])
