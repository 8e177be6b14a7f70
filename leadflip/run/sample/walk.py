"""The sample lead's way in steps, and how another one is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.models import Attempt, Job
from delivery.models.job import SETTLED, Status
from distribution.intake.accept import accept
from distribution.models import ApiKey, Decision, Lead
from distribution.models.lead import Routing
from leadflip.kit import show
from leadflip.run.sample.demo import KEY_PREFIX
from leadflip.run.sample.load import SLUG

# So that the partner that takes flat roofs only gets one of three.
ROOFS = ("Pitched", "Flat", "Metal")
# Where the sample partners' receiving ends are looked at; addresses of demo mode.
ENDS = {
    "webhook": ("/sample/crm/", gettext_lazy("the sample CRM")),
    "email": ("/sample/mailbox/", gettext_lazy("the sample mailbox")),
    "portal": ("/portal/", gettext_lazy("the partner’s feed")),
}


class NoKey(Exception):
    """The key of the sample website is revoked or gone."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to the lead. `link` is its page, `end` where the result is seen."""

    status: str
    label: Any
    title: str
    detail: str
    link: str
    end: tuple[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A sample lead on its way; `settled` once nothing more happens."""

    lead: Lead
    steps: list[Step]
    settled: bool

    @property
    def mark(self) -> str:
        """Differs whenever something was done since."""
        return "-".join(step.status for step in self.steps)


def of(lead_id: UUID | None) -> Walk | None:
    """The way of that sample lead, or of the newest one; None where there is none."""
    leads = Lead.objects.filter(api_key__prefix=KEY_PREFIX).order_by("-id")
    lead = leads.filter(id=lead_id).first() if lead_id else leads.first()
    if lead is None:
        return None
    jobs = sorted(Job.objects.filter(lead=lead).select_related("partner"), key=_place)
    settled = lead.routing != Routing.WAITING and all(job.status in SETTLED for job in jobs)
    return Walk(lead, [_routed(lead), *_jobs(jobs)], settled)


def _place(job: Job) -> tuple[int, int]:
    return list(ENDS).index(job.kind), job.partner_id


def send() -> UUID:
    """Takes another sample lead as the API would. Raises NoKey, intake's IntakeError."""
    key = ApiKey.objects.filter(prefix=KEY_PREFIX, revoked_at=None).first()
    if key is None:
        raise NoKey(_("the key of the sample website is revoked; “make reset” begins anew."))
    number = Lead.objects.filter(api_key=key).count() + 1
    body = _lead(number)
    return UUID(accept(key=key, body=body, token=None)["lead_id"])


def _lead(number: int) -> Mapping[str, object]:
    return {
        "entity": SLUG,
        "first_name": "Sample",
        "last_name": _("Lead %(number)d") % {"number": number},
        "email": f"lead{number}@example.com",
        "phone": f"+49 30 23125 {number % 1000:03}",
        "address": {"street": "Musterstraße", "postcode": "10115", "city": "Berlin"},
        "roof": ROOFS[number % len(ROOFS)],
        "budget": 15000 + number % 10 * 500,
        "tax_number": "12/345/67890",
    }


def _routed(lead: Lead) -> Step:
    counts = [
        (sum(verdict[0] == "chosen" for verdict in verdicts), len(verdicts))
        for verdicts in Decision.objects.filter(lead=lead).values_list("verdicts", flat=True)
    ]
    chosen, asked = (sum(each) for each in zip(*counts, strict=True)) if counts else (0, 0)
    return Step(
        status=lead.routing,
        label=lead.get_routing_display(),
        title=_("Received and routed"),
        detail=_("%(chosen)d of %(all)d partners chosen") % {"chosen": chosen, "all": asked},
        link=reverse("admin:distribution_lead_change", args=[lead.pk]),
    )


def _jobs(jobs: list[Job]) -> Iterator[Step]:
    took = {attempt.job_id: attempt for attempt in Attempt.objects.filter(job__in=jobs).order_by("id")}
    for job in jobs:
        yield Step(
            status=job.status,
            label=job.get_status_display(),
            title=f"{job.get_kind_display()}: {job.partner.name}",
            detail=_detail(job, took.get(job.id)),
            link=reverse("delivery:job", args=[job.id]),
            end=ENDS[job.kind] if job.status == Status.DELIVERED else None,
        )


def _detail(job: Job, attempt: Attempt | None) -> str:
    if attempt is None:
        return _("not tried yet")
    if job.status != Status.DELIVERED:
        return job.last_error
    return _("%(answer)s in %(took)s") % {
        "answer": attempt.code or _("published"),
        "took": show.duration(attempt.ms),
    }
