"""What a partner's page asks for: its last jobs, how the week went, and what is held back."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from delivery.models import Job, Lane
from tests import factories as f


def test_results_of_one_partner(desk: Client) -> None:
    job = f.JobFactory.create(delivered=True)
    url = reverse("delivery:results", args=[job.partner_id])
    for _number in range(2):
        f.JobFactory.create(delivered=True, lead=f.LeadFactory.create(), assignment=job.assignment)
    f.JobFactory.create(failed=True, assignment=job.assignment, last_error="Connection refused here")
    f.JobFactory.create(failed=True, last_error="Somebody else's")
    html = desk.get(url).content.decode()
    assert "75 % of 4 delivered in the last 7 days" in html
    assert "Connection refused here" in html
    assert "Somebody else" not in html
    assert "left alone until" not in html
    soon = timezone.now() + timedelta(minutes=5)
    Lane.objects.create(settings=job.settings, state="open", open_until=soon)
    assert "left alone until" in desk.get(url).content.decode()


def test_results_of_a_new_partner(desk: Client) -> None:
    partner = f.PartnerFactory.create()
    html = desk.get(reverse("delivery:results", args=[partner.pk])).content.decode()
    assert "No job yet" in html
    assert not Job.objects.exists()
