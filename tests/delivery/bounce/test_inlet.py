"""The HTTP address for raw mails: its key, what it takes, what it answers."""

from typing import Any

import pytest
from django.test import Client

from delivery.bounce import inlet
from delivery.models import BounceBox, BounceMail
from leadflip.kit.ids import uuid7
from tests.delivery.bounce.mails import block, report, vacation
from tests.delivery.bounce.test_take import ANA, BOB, back, sent_job
from tests.factories import ApiKeyFactory

pytestmark = pytest.mark.django_db

URL = "/api/inbound/bounce"


@pytest.fixture
def key(db: None) -> str:
    return inlet.make_key()


def post(client: Client, raw: bytes, key: str, kind: str = "message/rfc822") -> Any:
    return client.post(URL, raw, content_type=kind, headers={"Authorization": f"Bearer {key}"})


def test_bounce_fails_its_job(client: Client, key: str) -> None:
    job = sent_job()
    answer = post(client, report(block(ANA), to=back(job)), key)
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "success", "kind": "failed", "effect": "job_failed"},
    )
    job.refresh_from_db()
    assert job.status == "failed"
    assert BounceMail.objects.get().inlet == "http"
    assert BounceBox.current().inlet_used_at is not None


@pytest.mark.parametrize(
    ("raw", "effect"),
    [
        (lambda job: report(block(BOB), block(ANA), to=back(job)), "job_failed"),
        (lambda job: report(block(ANA, "delayed", "4.4.1"), to=back(job)), "noted"),
        (lambda job: report(block(ANA), to=back(job)[:-30] + "0@example.com"), "unmatched"),
        (lambda job: report(block(ANA), to="b+" + str(uuid7()) + back(job)[38:]), "forged"),
        (lambda job: report(block("x@elsewhere.example")), "unmatched"),
        (lambda job: vacation(back(job), job.pk), "noted"),
        (lambda job: report(block(ANA), to=back(job)) + b"x" * 5_000_000, "job_failed"),
        (lambda job: report(block(ANA), to=back(job))[:400], "noted"),
        (lambda job: b"no mail at all", "unmatched"),
        (lambda job: b"\xff\xfe\x00" * 50, "unmatched"),
    ],
    ids=[
        "one that is none of ours beside", "delayed", "cut address", "forged", "foreign", "vacation", "5 MB",
        "broken MIME", "no mail", "noise",
    ],
)  # fmt: skip
def test_every_mail_is_taken_and_kept(client: Client, key: str, raw: Any, effect: str) -> None:
    job = sent_job()
    answer = post(client, raw(job), key)
    assert (answer.status_code, answer.json()["effect"]) == (200, effect)
    assert BounceMail.objects.count() == 1


def test_same_mail_twice_is_one(client: Client, key: str) -> None:
    raw = report(block(ANA), to=back(sent_job()))
    assert post(client, raw, key).json() == post(client, raw, key).json()
    assert BounceMail.objects.count() == 1


def test_mail_is_taken_whatever_its_content_type_says(client: Client, key: str) -> None:
    raw = report(block(ANA), to=back(sent_job()))
    assert post(client, raw, key, "application/x-www-form-urlencoded").json()["effect"] == "job_failed"


def test_empty_body_is_refused(client: Client, key: str) -> None:
    answer = post(client, b"\r\n", key)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["body"])


@pytest.mark.parametrize("sent", ["", "lfb_wrong", "ÿ"])
def test_without_the_key_nothing_is_taken(client: Client, key: str, sent: str) -> None:
    answer = post(client, report(), sent)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert not BounceMail.objects.exists()


def test_key_of_a_lead_source_opens_nothing_here(client: Client, key: str) -> None:
    source = ApiKeyFactory.create(plain="lf_source_secret")
    assert source.revoked_at is None
    assert post(client, report(), "lf_source_secret").status_code == 401


def test_address_without_a_key_is_closed(client: Client) -> None:
    assert post(client, report(), "").status_code == 401


def test_new_key_replaces_the_old_one(client: Client, key: str) -> None:
    other = inlet.make_key()
    assert post(client, report(number=1), key).status_code == 401
    assert post(client, report(number=2), other).status_code == 200
    row = BounceBox.objects.values().get()
    assert other not in str(row)
