"""To which job a mail belongs, and to which of its recipients."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from delivery.bounce import address
from delivery.bounce.report import Report, Returned
from delivery.models import Attempt, Job
from partners.models.settings import Kind


@dataclass(frozen=True, slots=True)
class Match:
    """`sent_at`: when the letter was written, where a return address says so. `forged`: one that lies."""

    job: UUID | None = None
    sent_at: datetime | None = None
    forged: bool = False


def find(report: Report, now: datetime) -> Match:
    """By the signed return address, else by a quoted Message-ID of the last ten days; never by recipient.

    A return address of ours with a wrong signature ends the search: what else the mail quotes is not
    believed.
    """
    signed = [found for found in (address.read(one, now) for one in report.sent_to) if found is not None]
    genuine = next((one for one in signed if one.valid), None)
    if genuine is not None:
        return Match(_known([genuine.job]), genuine.sent_at)
    if signed:
        return Match(forged=True)
    return Match(_known(report.references, since=now - address.VALID))


def _known(jobs: Sequence[UUID], since: datetime | None = None) -> UUID | None:
    if not jobs:
        return None
    rows = Job.objects.filter(id__in=jobs, kind=Kind.EMAIL)
    if since is not None:
        rows = rows.filter(id__in=Attempt.objects.filter(job__in=jobs, started_at__gte=since).values("job"))
    found = set(rows.values_list("id", flat=True))
    return next((job for job in jobs if job in found), None)


def pairs(names: Sequence[str], returned: Iterable[Returned]) -> list[tuple[str, Returned]]:
    """Each of the job's recipients that the report names. A job's only recipient needs no name:

    its letters may have been forwarded, and the report then names an address that we never wrote to.
    """
    known = {_form(name): name for name in names}
    found = []
    for one in returned:
        hit = next((known[form] for form in map(_form, one.names) if form in known), None)
        if hit is not None or len(names) == 1:
            found.append((hit or names[0], one))
    return found


def _form(name: str) -> str:
    """An address as it travels, in small letters."""
    try:
        found = validate_email(name, check_deliverability=False)
    except EmailNotValidError:
        return name.lower()
    return f"{found.local_part}@{found.ascii_domain}".lower()
