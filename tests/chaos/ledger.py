"""What the installation stored, as the books read it."""

from django.db import Error

from delivery.models import Attempt, Job
from delivery.models.job import SETTLED
from distribution.models import Lead
from portal.models import Entry
from tests.chaos import books
from tests.chaos.world import forget_connections

NOTHING = 0.0


def unsettled() -> int | None:
    """Jobs without an end and leads without a routing; None while the database is away."""
    try:
        jobs = Job.objects.exclude(status__in=SETTLED).count()
        return jobs + Lead.objects.filter(routing="waiting").count()
    except Error:
        forget_connections()
        return None


def rows() -> list[books.Row]:
    """All leads."""
    return [
        books.Row(str(id), int(values["number"]))
        for id, values in Lead.objects.values_list("id", "values").iterator()
    ]


def jobs() -> list[books.Job]:
    """All jobs, by their partners' names."""
    columns = ("id", "lead_id", "partner__name", "kind", "status", "attempts")
    return [
        books.Job(str(id), str(lead), *rest)
        for id, lead, *rest in Job.objects.values_list(*columns).iterator()
    ]


def tries() -> list[books.Try]:
    """All logged attempts."""
    columns = ("job_id", "number", "outcome")
    return [books.Try(str(job), *rest) for job, *rest in Attempt.objects.values_list(*columns).iterator()]


def entries(leads: list[books.Row]) -> list[books.Came]:
    """What stands in the portals' feeds; an entry's id is its job's, so it cannot come twice."""
    numbers = {row.id: row.number for row in leads}
    columns = ("id", "partner__name", "lead_id")
    return [
        books.Came(str(id), desk, numbers.get(str(lead), -1), b"", NOTHING, NOTHING)
        for id, desk, lead in Entry.objects.values_list(*columns).iterator()
    ]
