"""What a partner's page asks for: its last jobs, how the week went, and what is held back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from delivery.models import Alert, Job, Lane
from partners.services import save_settings, touch
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
    assert "slowed" not in html


def test_results_of_a_new_partner(desk: Client) -> None:
    partner = f.PartnerFactory.create()
    html = desk.get(reverse("delivery:results", args=[partner.pk])).content.decode()
    assert "No job yet" in html
    assert not Job.objects.exists()


def slowed_lane(job: Job, state: str = "open") -> Lane:
    since, soon = timezone.now() - timedelta(hours=2), timezone.now() + timedelta(minutes=5)
    return Lane.objects.create(
        settings=job.settings, state=state, open_until=soon, failing_since=since, failures=12, opens=1
    )


def test_slowed_lane_tells_since_when_why_and_what_waits(desk: Client) -> None:
    job = f.JobFactory.create(retrying=True, last_error="crm.example.com refused the connection")
    lane = slowed_lane(job)
    html = desk.get(reverse("delivery:results", args=[job.partner_id])).content.decode()
    for words in ("it has failed since", "12 times in a row", "refused the connection", "1 job waits for it"):
        assert words in html
    assert "Next probe:" in html
    assert reverse("delivery:lane_try", args=[job.partner_id, lane.pk]) in html


def test_slowed_mail_server_stands_with_its_partners(desk: Client) -> None:
    f.SmtpAccountFactory.create()
    Lane.objects.create(smtp_id=1, state="probing", open_until=timezone.now(), failures=1)
    mail = f.DeliverySettingsFactory.create(kind="email")
    html = desk.get(reverse("delivery:results", args=[mail.partner_id])).content.decode()
    assert "The mail server of this installation is slowed" in html
    assert "Try now" not in html
    other = f.DeliverySettingsFactory.create()
    assert "slowed" not in desk.get(reverse("delivery:results", args=[other.partner_id])).content.decode()


def test_try_now_brings_the_probe_forward(sign_in: Callable[[str], Client]) -> None:
    job = f.JobFactory.create(retrying=True, next_attempt_at=timezone.now() + timedelta(hours=4))
    lane = slowed_lane(job)
    url = reverse("delivery:lane_try", args=[job.partner_id, lane.pk])
    assert sign_in("viewer").post(url).status_code == 403
    answer = sign_in("operator").post(url, headers={"HX-Request": "true"})
    assert "Its first job tries it now" in answer.content.decode()
    lane.refresh_from_db()
    assert lane.open_until is not None
    assert lane.open_until <= timezone.now()
    job.refresh_from_db()
    assert job.next_attempt_at is not None
    assert job.next_attempt_at <= timezone.now()
    Lane.objects.update(state="probing")
    assert "not left alone any more" in sign_in("operator").post(url, headers={"HX-Request": "true"}).text


def test_mended_connection_forgets_that_it_was_slowed(db: None) -> None:
    row = f.DeliverySettingsFactory.create()
    slowed_lane(f.JobFactory.create(settings=row, partner=row.partner))
    alert = Alert.objects.create(kind="lane_open", key=f"lane:{row.pk}")

    def save(**changes: Any) -> None:
        given = {"everything": True, "per_entity": {}, "policy": None, "config": row.config, "secrets": {}}
        with transaction.atomic():
            touch()
            save_settings(partner=row.partner, kind="webhook", **{**given, **changes})

    save(everything=False)
    assert Lane.objects.exists()
    save(config={**row.config, "url": "https://new.example.com/"})
    assert not Lane.objects.exists()
    alert.refresh_from_db()
    assert alert.closed_at is not None
