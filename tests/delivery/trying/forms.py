"""What is posted from a Delivery section, and what comes back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from delivery.models import Job
from delivery.tasks import run_job
from distribution.models import Assignment, Lead
from partners.models import DeliverySettings, Partner
from portal.models import Entry
from tests.forms import controls

# For what the engine delivers: it reads what was committed.
delivers = pytest.mark.django_db(transaction=True)

PART = {"HX-Request": "true"}
HEADER = "planted-header-value"
SEALED = "planted-sealed-value"


def form_of(desk: Client, partner: Partner, **changes: Any) -> dict[str, Any]:
    """The partner's form as it stands, with changes by the names of its Delivery section."""
    values = controls(desk.get(reverse("admin:partners_partner_change", args=[partner.pk])))
    return {**values, **{f"delivery-{name}": value for name, value in changes.items()}}


def chosen(lead: Lead) -> str:
    return f"{lead.entity_id}:{lead.pk}"


def rows() -> list[int]:
    return [model.objects.count() for model in (Lead, DeliverySettings, Job, Entry)]


def look(desk: Client, partner: Partner, **changes: Any) -> str:
    sent = form_of(desk, partner, **changes)
    answer = desk.post(reverse("delivery:preview_of", args=[partner.pk]), sent, headers=PART)
    assert answer.status_code == 200
    return answer.content.decode()


def send(desk: Client, partner: Partner, **changes: Any) -> Any:
    sent = form_of(desk, partner, **changes)
    return desk.post(reverse("delivery:test", args=[partner.pk]), sent, headers=PART)


def result(desk: Client) -> str:
    """Delivers the one test job and shows what became of it."""
    job = Job.objects.get()
    run_job(str(job.pk))
    return desk.get(reverse("delivery:trial", args=[job.pk]), headers=PART).content.decode()


def posted(desk: Client, assignment: Assignment, page: str, **changes: Any) -> Any:
    values = controls(desk.get(reverse("admin:distribution_assignment_change", args=[assignment.pk])))
    sent = {**values, **{f"delivery-{name}": value for name, value in changes.items()}}
    return desk.post(
        reverse(f"admin:distribution_assignment_{page}", args=[assignment.pk]), sent, headers=PART
    )
