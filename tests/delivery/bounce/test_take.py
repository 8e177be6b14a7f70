"""What returned mails change: jobs, recipients, attempts, places; and what changes nothing."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from delivery import retention
from delivery.bounce import address
from delivery.bounce.take import MOST_BYTES, take, take_waiting
from delivery.channels import Channels
from delivery.channels.email import EmailChannel
from delivery.engine import news
from delivery.engine.engine import Engine
from delivery.models import Alert, Attempt, BounceMail, Job
from delivery.services import resend
from delivery.signals import job_settled
from delivery.smtp import Sender
from leadflip.kit import clock
from leadflip.kit.ids import uuid7
from tests import factories as f
from tests.delivery.bounce.mails import block, qmail, report, vacation
from tests.delivery.letters import PATIENT, account
from tests.distribution.capped import in_force, placed, routed, use
from tests.mail_factories import BounceMailFactory
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db

ANA, BOB = "ana@example.com", "bob@example.com"


def sent_job(*recipients: str, **fields: Any) -> Job:
    """A delivered e-mail job whose recipients all accepted, with its attempt."""
    names = recipients or (ANA,)
    settings = f.DeliverySettingsFactory.create(
        kind="email", config={"recipients": list(names), "html": False}
    )
    states = {name: {"state": "accepted", "code": 250} for name in names}
    given = {"recipients": states, **fields}
    if "status" not in given:
        given["delivered"] = True
    job = f.JobFactory.create(
        assignment__settings=settings, assignment__partner=settings.partner, told=True, **given
    )
    f.AttemptFactory.create(job=job, code=250, started_at=timezone.now() - timedelta(seconds=30))
    return job


def back(job: Job, *, at: datetime | None = None) -> str:
    """The address that the job's letter returns to."""
    return address.signed(job.pk, at or clock.now(), "bounces.example.com")


def bounced(job: Job, *blocks: str, number: int = 1, at: datetime | None = None) -> BounceMail:
    """Takes a report that came to the job's own address."""
    return take(report(*(blocks or (block(ANA),)), to=back(job, at=at), number=number), inlet="imap")


def again(job: Job) -> Job:
    job.refresh_from_db()
    return job


# A bounce acts


def test_bounce_fails_a_delivered_job_with_its_reason() -> None:
    job = sent_job()
    mail = bounced(job)
    assert (mail.kind, mail.effect, mail.job_id) == ("failed", "job_failed", job.pk)
    again(job)
    words = "ana@example.com: there is no such mailbox (5.1.1, 550)."
    assert (job.status, job.last_outcome, job.last_error_class, job.last_code, job.told) == (
        "failed",
        "permanent",
        "bounced",
        550,
        False,
    )
    assert job.reason == job.last_error == mail.words == words
    assert job.recipients == {ANA: {"state": "bounced", "code": 550}}
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.error_class, attempt.error, attempt.code) == (
        "permanent",
        "bounced",
        words,
        550,
    )
    assert "no such user" in mail.head()["text"]
    assert Alert.objects.get().kind == "bounced"


def test_words_of_servers_are_sealed() -> None:
    job = sent_job()
    mail = bounced(job)
    row = BounceMail.objects.values().get()
    assert all(b"no such user" not in bytes(value) for value in row.values() if isinstance(value, memoryview))
    assert "no such user" not in str([again(job).__dict__, mail.words])
    assert b"no such user" in mail.raw()


def test_alert_is_one_an_hour_for_a_lane() -> None:
    one = sent_job()
    other = sent_job()
    Job.objects.filter(pk=other.pk).update(settings=one.settings)
    for job in (one, again(other)):
        assert bounced(job).effect == "job_failed"
    assert Alert.objects.count() == 1


def test_bounce_is_found_by_the_message_id_that_it_quotes() -> None:
    job = sent_job()
    assert take(report(block(ANA), job=job.pk), inlet="http").effect == "job_failed"
    assert again(job).status == "failed"


def test_form_of_older_servers_acts_too() -> None:
    job = sent_job("leads@example.com")
    assert take(qmail("from@example.com", job.pk), inlet="http").effect == "job_failed"


def test_only_recipient_needs_no_name() -> None:
    """The letter was forwarded, and came back from where we never wrote to."""
    job = sent_job()
    assert bounced(job, block("somebody@elsewhere.example")).effect == "job_failed"


def test_one_of_two_recipients_is_a_warning() -> None:
    job = sent_job(ANA, BOB)
    assert bounced(job).effect == "recipient"
    again(job)
    assert job.status == "delivered"
    assert "ana@example.com: there is no such mailbox" in job.last_error
    assert job.recipients is not None
    assert {name: told["state"] for name, told in job.recipients.items()} == {ANA: "bounced", BOB: "accepted"}
    assert Attempt.objects.get().outcome == "delivered"
    assert bounced(job, block(BOB), number=2).effect == "job_failed"
    assert again(job).status == "failed"


def test_both_recipients_in_one_report() -> None:
    job = sent_job(ANA, BOB)
    assert bounced(job, block(ANA), block("list@elsewhere.example", original=BOB)).effect == "job_failed"


def test_address_is_found_in_whatever_form_it_travels() -> None:
    job = sent_job("Post@Bücher.example", BOB)
    assert bounced(job, block("post@XN--BCHER-KVA.example")).effect == "recipient"


def test_struck_off_recipient_is_not_mailed_again() -> None:
    """Ana's letter came back while Bob was put off: the retry goes to Bob alone."""
    states = {ANA: {"state": "accepted", "code": 250}, BOB: {"state": "deferred", "code": 451}}
    job = sent_job(ANA, BOB, status="retrying", attempts=1, recipients=states)
    assert bounced(job).effect == "recipient"
    assert again(job).status == "retrying"
    states[BOB] = {"state": "refused", "code": 550}
    Job.objects.filter(pk=job.pk).update(recipients=states)
    assert bounced(job, number=2).effect == "job_failed"
    assert (again(job).status, job.next_attempt_at) == ("failed", None)


def test_unknown_end_that_bounces_ends_the_retries_and_keeps_its_place() -> None:
    job = sent_job(status="retrying", attempts=1, recipients=None, had_unknown=True)
    told: list[Any] = []
    job_settled.connect(receiver := (lambda jobs, **_: told.extend(jobs)), weak=False)
    try:
        assert bounced(job).effect == "job_failed"
        assert news.tell().told == 1
    finally:
        job_settled.disconnect(receiver)
    assert again(job).status == "failed"
    assert told == []  # until an operator says that it was not received


def test_place_is_given_back_and_the_lead_goes_to_the_next_best() -> None:
    rows = in_force({"cap_life": 1}, {}, failover=True)
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    settings = job.settings
    settings.kind, settings.config = "email", {"recipients": [ANA], "html": False}
    settings.save()
    states = {ANA: {"state": "accepted", "code": 250}}
    Job.objects.update(
        kind="email", status="delivered", attempts=1, settled_at=timezone.now(), next_attempt_at=None,
        recipients=states, told=True,
    )  # fmt: skip
    f.AttemptFactory.create(job=job)
    assert use(rows[0])[3] == 1
    bounced(job)
    assert news.tell().told == 1
    assert use(rows[0])[3] == 0
    assert [placed(row) for row in rows] == [1, 1]


# A mail changes nothing


def test_same_bounce_twice_changes_nothing() -> None:
    job = sent_job()
    first = bounced(job, at=job.created_at)
    Job.objects.update(told=True, reason="as it was")
    assert bounced(job, at=job.created_at).pk == first.pk
    assert bounced(job, at=job.created_at, number=2).effect == "repeated"
    assert (again(job).told, job.reason) == (True, "as it was")
    assert BounceMail.objects.count() == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good.replace("b+0", "b+1", 1),
        lambda good: good[:60] + ("0" if good[60] != "0" else "1") + good[61:],
    ],
)
def test_forged_address_fails_no_job_whatever_else_it_quotes(spoil: Any) -> None:
    job = sent_job()
    mail = take(report(block(ANA), to=spoil(back(job)), job=job.pk), inlet="http")
    assert (mail.effect, mail.job) == ("forged", None)
    assert again(job).status == "delivered"


def test_address_is_believed_for_ten_days() -> None:
    job = sent_job()
    old = back(job)
    with time_machine.travel(timezone.now() + timedelta(days=11)):
        assert take(report(block(ANA), to=old, job=job.pk), inlet="imap").effect == "forged"
        assert take(report(block(ANA), job=job.pk), inlet="imap").effect == "unmatched"
    assert again(job).status == "delivered"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (report(block(ANA)), "failed"),
        (vacation("leads@example.com", uuid7()), "auto"),
        (b"From: a@example.com\r\nSubject: A question\r\n\r\nHello?\r\n", "other"),
        (b"\x00\x01", "unreadable"),
    ],
)
def test_what_belongs_to_no_job_is_kept(raw: bytes, kind: str) -> None:
    job = sent_job()
    mail = take(raw, inlet="imap")
    assert (mail.kind, mail.effect, mail.job) == (kind, "unmatched", None)
    assert mail.raw() == raw
    assert again(job).status == "delivered"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (lambda job: report(block(ANA, "delayed", "4.4.1"), to=back(job)), "delayed"),
        (lambda job: report(block(ANA, "delivered", "2.0.0"), to=back(job)), "other"),
        (lambda job: vacation(back(job), job.pk), "auto"),
        (lambda job: vacation("from@example.com", job.pk), "auto"),
    ],
)
def test_notes_stand_beside_their_job(raw: Any, kind: str) -> None:
    job = sent_job()
    mail = take(raw(job), inlet="imap")
    assert (mail.kind, mail.effect, mail.job_id) == (kind, "noted", job.pk)
    assert again(job).status == "delivered"


def test_report_that_names_nobody_of_the_job_is_a_note() -> None:
    job = sent_job(ANA, BOB)
    assert bounced(job, block("carl@example.com")).effect == "noted"
    assert again(job).status == "delivered"


def test_job_of_another_channel_is_no_match() -> None:
    job = f.JobFactory.create(delivered=True)
    assert take(report(to=back(job)), inlet="imap").effect == "unmatched"


@pytest.mark.parametrize("trait", ["failed", "cancelled"])
def test_ended_job_stays_ended(trait: str) -> None:
    job = sent_job(**{trait: True, "delivered": False})
    assert bounced(job).effect == "noted"
    assert (again(job).status, job.told, job.reason) == (trait, True, "")


def test_bounce_of_an_earlier_sending_does_not_hit_a_resend() -> None:
    job = sent_job()
    first = clock.now()
    bounced(job, at=first)
    resend(job_id=job.pk)
    assert bounced(job, number=2, at=first).effect == "repeated"
    assert again(job).status == "queued"
    # The resend goes out and comes back too.
    with time_machine.travel(first + timedelta(minutes=5)):
        Job.objects.update(
            status="delivered", attempts=2, next_attempt_at=None, settled_at=timezone.now(),
            recipients={ANA: {"state": "accepted", "code": 250}},
        )  # fmt: skip
        f.AttemptFactory.create(job=job, number=2, started_at=clock.now())
        assert bounced(job, number=3, at=first).effect == "repeated"
        assert bounced(job, number=4).effect == "job_failed"
    assert [row.outcome for row in Attempt.objects.order_by("number")] == ["permanent", "permanent"]


def test_bounce_waits_while_its_job_is_being_sent() -> None:
    states = {ANA: {"state": "accepted", "code": 250}, BOB: {"state": "deferred", "code": 451}}
    job = sent_job(ANA, BOB, recipients=states, status="queued")
    Job.objects.filter(pk=job.pk).update(
        status="sending", next_attempt_at=None, attempts=2, claim_token=job.pk, lease_until=timezone.now()
    )
    mail = bounced(job)
    assert mail.effect == "waiting"
    assert take_waiting() == 0
    Job.objects.filter(pk=job.pk).update(
        status="delivered", settled_at=timezone.now(), claim_token=None, lease_until=None,
        recipients={**states, BOB: {"state": "refused", "code": 550}},
    )  # fmt: skip
    assert take_waiting() == 1
    assert again(job).status == "failed"
    assert BounceMail.objects.get().effect == "job_failed"


def test_large_mail_is_cut_and_still_acts() -> None:
    job = sent_job()
    mail = take(report(block(ANA), to=back(job)) + b"x" * 5_000_000, inlet="imap", size=5_000_500)
    assert mail.effect == "job_failed"
    assert (mail.size, len(mail.raw())) == (5_000_500, MOST_BYTES)


def test_mail_about_an_erased_lead_acts_and_is_not_kept() -> None:
    job = sent_job()
    Job.objects.filter(pk=job.pk).update(erased=True)
    mail = bounced(job)
    mail.refresh_from_db()
    assert mail.effect == "job_failed"
    assert (mail.raw(), mail.head()["text"]) == (b"", "")


def test_mails_are_forgotten_after_ninety_days() -> None:
    job = sent_job()
    bounced(job)
    BounceMailFactory.create(received_at=timezone.now() - timedelta(days=91))
    assert retention.mails() == 1
    assert BounceMail.objects.get().job_id == job.pk


@pytest.mark.django_db(transaction=True)
def test_letter_of_the_engine_comes_back_to_its_job() -> None:
    """The whole way: sent by the engine, returned to the address that the server was given."""
    row = f.DeliverySettingsFactory.create(kind="email", config={"recipients": [ANA], "html": False})
    job = f.JobFactory.create(
        assignment__settings=row, assignment__partner=row.partner, lead=f.LeadFactory.create()
    )

    async def run(sender: Sender) -> None:
        async with Engine(channels=Channels.fixed({"email": EmailChannel(sender)})) as engine:
            await engine.run_once()

    with SmtpServer() as server:
        given = account(server, bounce_domain="bounces.example.com")
        asyncio.run(run(Sender(account=lambda: given, limits=PATIENT)))
    assert again(job).status == "delivered"
    (mail,) = server.mails
    assert mail.sender.startswith(f"b+{job.pk}.")
    assert b'From: "Leads" <from@example.com>' in mail.data
    assert take(report(block(ANA), to=mail.sender), inlet="http").effect == "job_failed"
    assert again(job).status == "failed"
    assert job.tries.get().outcome == "permanent"
