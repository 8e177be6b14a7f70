"""What is photographed: every page, after a story that gives each of them something to show."""

import time
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page

from delivery import destinations
from delivery import hourly as attempt_hours
from delivery.bounce import address
from delivery.bounce.take import take
from delivery.models import BounceBox, BounceMail, Job
from delivery.models.job import SETTLED, Status
from distribution import hourly as lead_hours
from distribution.erasing import run as erasing
from distribution.models import ApiKey, Assignment, CapUse, Entity, Erasure, HostedForm, Lead, Profile
from distribution.models.erasure import FoundBy
from distribution.routing.hours import DAYS
from distribution.services import save_profile
from leadflip.kit import clock
from leadflip.run.sample import walk
from leadflip.run.sample.demo import ADMIN, PARTNER, Demo
from partners import audit
from partners.models import DeliverySettings, Partner, RetryPolicy, User
from partners.models.settings import Kind
from partners.services import save_settings, touch
from tests.tour import alerts, bulk, empty, factors, imports, moving, own, partner
from tests.tour.scene import Scene

SECONDS = 30
# What a server says that took a letter and could not hand it on.
REPORT = """From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain

The mail system could not deliver your message.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {name}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.1.1 <{name}>: Recipient address rejected: no such user

--=_b--
"""
CRM = "crm@example.com"
FLAT = "Flat roofs only"


def scenes() -> Sequence[Scene]:
    """Plays the story, then lists the scenes with the addresses that came of it."""
    failed, retrying = _story()
    lead = Lead.objects.filter(jobs=retrying).get()
    return [*_public(), *_configuration(), *_operations(failed, retrying, lead), *partner.scenes()]


def _public() -> list[Scene]:
    return [
        Scene("start", "/", "nobody"),
        Scene("sign-in", reverse("account_login"), "nobody"),
        Scene("portal-sign-in", reverse("portal:login"), "nobody"),
        Scene("password-reset", reverse("account_reset_password"), "nobody"),
        *factors.scenes(),
        Scene("not-found", "/nothing-here", "nobody", status=404),
        Scene("api-docs", "/api/docs", "admin", lambda page: page.wait_for_selector(".opblock")),
        Scene("hosted-form", _form(), "nobody"),
        Scene("hosted-form-refused", _form(), "nobody", _send_empty),
        Scene("sample-crm", "/sample/crm/", "nobody"),
        Scene("sample-mailbox", "/sample/mailbox/", "nobody"),
    ]


def _configuration() -> list[Scene]:
    crm, letter = Partner.objects.get(name="Sample CRM"), Partner.objects.get(name="Sample mailbox")
    profile, entity = Profile.objects.get(), Entity.objects.get()
    assignment = Assignment.objects.get(partner=letter)
    flat = _change("distribution.assignment", Assignment.objects.get(partner__name=FLAT).pk)
    person = User.objects.get(email=PARTNER)
    return [
        Scene("profiles", _list("distribution.profile")),
        Scene("profile", _change("distribution.profile", profile.pk)),
        Scene("profile-partner", _change("distribution.assignment", assignment.pk)),
        Scene("profile-partner-hours", flat, part=".hours"),
        Scene("profile-partner-rules", flat, part=".rules"),
        Scene("entities", _list("distribution.entity")),
        Scene("entity", _change("distribution.entity", entity.pk)),
        Scene("entity-field-used", _change("distribution.entity", entity.pk), act=_archive, part=".uses"),
        Scene("partners", _list("partners.partner")),
        Scene("partner-webhook", _change("partners.partner", crm.pk)),
        Scene("partner-test", _change("partners.partner", crm.pk), act=_send_test, part=".try"),
        Scene("partner-signatures", reverse("delivery:signatures", args=[crm.pk])),
        Scene("partner-email", _change("partners.partner", letter.pk)),
        Scene("partner-new", reverse("admin:partners_partner_add")),
        Scene("retry-policy", _change("partners.retrypolicy", RetryPolicy.objects.latest("id").pk)),
        Scene("api-keys", _list("distribution.apikey")),
        Scene("api-key", _change("distribution.apikey", ApiKey.objects.get().pk)),
        Scene("hosted-form-settings", _change("distribution.hostedform", HostedForm.objects.get().pk)),
        Scene("import-upload", reverse("imports:upload")),
        Scene("import-columns", imports.columns()),
        Scene("import-preview", imports.preview()),
        Scene("import-summary", imports.done()),
        Scene("imports", reverse("imports:index")),
        Scene("email-settings", reverse("admin:delivery_smtpaccount_add")),
        Scene("bounces", reverse("admin:delivery_bouncebox_changelist")),
        Scene("people", _list("partners.user")),
        Scene("person", _change("partners.user", person.pk)),
        Scene("audit-log", reverse("audit:log")),
        Scene("audit-history", reverse("admin:partners_partner_history", args=[crm.pk])),
        Scene("erase", reverse("erasing:find"), act=_find),
        Scene("erase-report", reverse("erasing:report", args=[Erasure.objects.get().pk])),
        Scene("lead-erased", _change("distribution.lead", Erasure.objects.get().leads[0])),
    ]


def _operations(failed: Job, retrying: Job, lead: Lead) -> list[Scene]:
    delivered = Job.objects.filter(status=Status.DELIVERED, kind=Kind.WEBHOOK, erased=False).latest("id")
    return [
        Scene("dashboard", reverse("admin:index"), "operator"),
        Scene("dashboard-empty", reverse("admin:index"), act=empty.dashboard),
        Scene("destinations", reverse("delivery:destinations"), "operator"),
        Scene("destination", _lane("Sample CRM"), "operator"),
        Scene("addresses", own.asked()),
        Scene("answers", reverse("answers"), "operator"),
        Scene("alerts", alerts.opened(), "operator"),
        Scene("alerts-mine", reverse("delivery:alerts_mine"), "operator"),
        Scene("log", reverse("delivery:log"), "operator"),
        Scene("log-filtered", f"{reverse('delivery:log')}?status=failed&code=404&last=24h", "operator"),
        Scene("bulk-resend", bulk.asked(), "operator"),
        Scene("bulk-skipped", bulk.skipped(), "operator"),
        Scene("bulk-done", bulk.done(), "operator"),
        Scene("bulk-actions", reverse("delivery:bulk_actions"), "operator"),
        Scene("move-job", moving.one(failed.pk), "operator"),
        Scene("move-jobs", moving.many(), "operator"),
        Scene("partner-pause", _pause_all("Sample CRM"), "operator"),
        Scene("job-retrying", _job(retrying), "operator"),
        Scene("job-failed", _job(failed), "operator"),
        Scene("job-delivered", _job(delivered), "operator", partner.opened),
        Scene("job-returned", _job(Job.objects.get(last_error_class="bounced")), "operator"),
        Scene("returned-mail", _list("delivery.bouncemail"), "operator"),
        Scene("returned-letter", _returned(), "operator"),
        Scene("leads", _list("distribution.lead"), "operator"),
        Scene("lead", _change("distribution.lead", lead.pk), "operator"),
        Scene("lead-shown", _change("distribution.lead", lead.pk), "operator", _show, ".lead-values"),
        Scene("lead-add", reverse("admin:distribution_lead_add"), "operator"),
        Scene("lead-edit", reverse("admin:distribution_lead_edit", args=[lead.pk]), "operator"),
    ]


def _pause_all(name: str) -> str:
    return reverse("delivery:partner_lanes", args=[Partner.objects.get(name=name).pk, "pause"])


def _lane(name: str) -> str:
    row = DeliverySettings.objects.get(partner__name=name, kind=Kind.WEBHOOK, scope="")
    return reverse("delivery:destination", args=[row.pk])


def _list(model: str) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_changelist")


def _change(model: str, key: object) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_change", args=[key])


def _form() -> str:
    return reverse("hosted_form", args=[HostedForm.objects.get().token])


def _send_empty(page: Page) -> None:
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").wait_for()


def _find(page: Page) -> None:
    lead = Lead.objects.filter(erased_at=None).earliest("id")
    page.get_by_label("E-mail address, phone number or lead id").fill(str(lead.pk))
    page.get_by_role("button", name="Find").click()
    page.get_by_role("heading", name="What goes").wait_for()


def _archive(page: Page) -> None:
    """A field that a rule asks for."""
    row = page.locator('tr:has([name$="-key"][value="budget"])')
    row.locator('[name$="-archived"]').check()
    page.locator('[name="_save"]').click()
    page.locator(".uses").wait_for()


def _send_test(page: Page) -> None:
    page.get_by_role("button", name="Send test lead").click()
    page.locator("#trial .badge-delivered").wait_for(timeout=30_000)


def _show(page: Page) -> None:
    page.get_by_role("button", name="Show masked values").click()
    page.get_by_role("button", name="Show masked values").wait_for(state="detached")


def _job(job: Job) -> str:
    return reverse("delivery:job", args=[job.pk])


def _story() -> tuple[Job, Job]:
    """Leads that arrive, one whose webhook failed for good, one that is tried again, portal answers."""
    _agree()
    _ask()
    _send(), _send()
    once = RetryPolicy.objects.create(name="Once more, soon", waits=[1])
    _point_crm("/nowhere", once)
    failed = _until(_send(), Status.FAILED)
    _point_crm("/nowhere", RetryPolicy.objects.create(name="Soon, then hourly", waits=[2, 3600, 3600]))
    retrying = _until(_send(), Status.RETRYING, attempts=2)
    _point_crm("/leads", None)
    _until(_send(), Status.DELIVERED)
    partner.answer()
    _return()
    _erase(_until(_send(), Status.DELIVERED))
    _look_back()
    return failed, retrying


def _erase(job: Job) -> None:
    """The person of this lead asked for it."""
    by = User.objects.get(email=ADMIN)
    made = erasing.start(leads=[job.lead_id], found_by=FoundBy.EMAIL, by=by)
    erasing.carry_on(made.pk)


def _look_back() -> None:
    """A partner that asked for quiet, a cap that is nearly full, and the sums by hour."""
    quiet = Partner.objects.create(name="Harbour Heat", cap_day=20)
    row = DeliverySettings.objects.create(partner=quiet, kind=Kind.WEBHOOK, host="leads.harbour.example")
    destinations.pause(row.pk, by=User.objects.get(email=ADMIN))
    today = clock.now().date()
    CapUse.objects.create(partner=quiet, day=today, week=today, month=today, day_used=18)
    attempt_hours.count()
    lead_hours.count()


def _agree() -> None:
    """One partner with open hours, one with a rule of its own that may read it in its portal."""
    office = {day: [["09:00", "12:30"], ["13:30", "17:00"]] for day in DAYS[:5]}
    with transaction.atomic():
        touch()
        hours = {**office, "holidays": ["2026-12-25", "2026-12-26"]}
        with audit.watching(User.objects.get(email=ADMIN), Assignment.objects.get(partner__name=FLAT)):
            Assignment.objects.filter(partner__name=FLAT).update(hours=hours)
        large = [[{"field": "budget", "op": "greater_than", "value": 10000}]]
        Assignment.objects.filter(partner__name=partner.NAME).update(rules=large)
        by, profile = User.objects.get(email=ADMIN), Profile.objects.get()
        with audit.watching(by, Partner.objects.get(name=partner.NAME)):
            Partner.objects.filter(name=partner.NAME).update(tells_why=True)
        save_profile(profile=profile, by=by)
    own.permit(CRM)


def _ask() -> None:
    """A form on which people write leads themselves."""
    HostedForm.objects.create(
        entity=Entity.objects.get(),
        enabled=True,
        title="What can your roof do?",
        intro="Three minutes, and up to three companies near you make an offer.",
        consent="I agree that up to three companies get what I wrote, and may call me.",
        origins=["https://www.example.com"],
    )


def _returned() -> str:
    return _change("delivery.bouncemail", BounceMail.objects.get(effect="job_failed").pk)


def _return() -> None:
    """One letter comes back, and two mails that belong to no job."""
    job = Job.objects.filter(kind=Kind.EMAIL, status=Status.DELIVERED).earliest("id")
    name = job.settings.config["recipients"][0]
    to = address.signed(job.pk, clock.now(), "bounces.example.com")
    take(REPORT.format(to=to, name=name).replace("\n", "\r\n").encode(), inlet="imap")
    take(b"From: ana@example.com\r\nSubject: A question\r\n\r\nWhose leads are these?\r\n", inlet="imap")
    BounceBox.current()
    BounceBox.objects.update(
        host="imap.example.com", user="bounces", read_at=clock.now(), read_count=2, error="", port=993
    )


def _send() -> Job:
    """Another sample lead; its webhook's job."""
    return Job.objects.get(lead=walk.send(), kind=Kind.WEBHOOK)


def _until(job: Job, status: str, attempts: int = 1) -> Job:
    """The job in that status after so many attempts, and the lead's other jobs at their end."""
    deadline = time.monotonic() + SECONDS
    while (
        job.status != status
        or job.attempts < attempts
        or Job.objects.filter(lead=job.lead_id).exclude(status__in=[*SETTLED, Status.RETRYING])
    ):
        if time.monotonic() > deadline:
            raise TimeoutError(f"The job is {job.status} and not {status} after {SECONDS} s.")
        time.sleep(0.1)
        job.refresh_from_db()
    return job


def _point_crm(path: str, policy: RetryPolicy | None) -> None:
    """The sample CRM's partner saved with another path, as its form would."""
    demo = Demo.known(settings.STATE)
    row = DeliverySettings.objects.get(partner__name="Sample CRM", kind=Kind.WEBHOOK)
    assert demo is not None
    with transaction.atomic():
        touch()
        with audit.watching(User.objects.get(email=ADMIN), row.partner):
            save_settings(
                partner=row.partner,
                kind=row.kind,
                scope=row.scope,
                config={**row.config, "url": demo.crm_url.replace("/leads", path)},
                secrets=row.secrets(),
                policy=policy,
                everything=row.everything,
                per_entity=row.per_entity,
            )
