"""The pages: where letters come back to, those that came, and what a job's page says of them."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from delivery.bounce import inlet
from delivery.bounce.take import take
from delivery.models import BounceBox, BounceMail, SmtpAccount
from partners.models import AuditEntry
from tests.delivery.bounce.mails import block, report, vacation
from tests.delivery.bounce.test_take import ANA, back, bounced, sent_job
from tests.factories import SmtpAccountFactory
from tests.forms import errors, submit
from tests.mail_factories import BounceBoxFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/delivery/bouncebox/"
PAGE = f"{LIST}1/change/"
MAILS = "/admin/delivery/bouncemail/"
GOOD = {"host": "imap.example.com", "user": "bounces", "password": "planted-pw"}


def test_list_is_the_form(desk: Client) -> None:
    assert desk.get(LIST).headers["Location"] == PAGE
    assert BounceBox.objects.count() == 1


def test_mailbox_is_saved_with_its_password_sealed(desk: Client) -> None:
    BounceBoxFactory.create()
    assert submit(desk, PAGE, GOOD).status_code == 302
    row = BounceBox.objects.get()
    assert (row.host, row.port, row.security, row.folder, row.password()) == (
        "imap.example.com",
        993,
        "tls",
        "INBOX",
        "planted-pw",
    )
    assert row.sealed_by is not None
    html = desk.get(PAGE).content.decode()
    assert "planted-pw" not in html
    assert "Not read yet" in html
    assert submit(desk, PAGE, {"folder": "Returned"}).status_code == 302
    assert BounceBox.objects.get().password() == "planted-pw"
    assert "type its password" in errors(submit(desk, PAGE, {"host": "evil.example.com"}))
    assert submit(desk, PAGE, {"host": "", "remove_password": "on"}).status_code == 302
    assert BounceBox.objects.get().password() == ""


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"host": "imaps://imap.example.com"}, "the server’s name alone"),
        ({"user": ""}, "Name the mailbox"),
        ({"password": ""}, "Type the mailbox"),
        ({"user": "a\r\nA2 DELETE INBOX"}, "control character"),
        ({"password": "a\r\nb"}, "control character"),
        ({"folder": 'INBOX" "x'}, "without quotes"),
        ({"folder": "Zurück"}, "in ASCII"),
        ({"processed": "INBOX"}, "another folder"),
        ({"port": "70000"}, "65535"),
    ],
)
def test_errors_say_how_to_mend(desk: Client, changes: dict[str, str], fault: str) -> None:
    BounceBoxFactory.create()
    answer = submit(desk, PAGE, {**GOOD, **changes})
    assert fault in errors(answer)
    assert "planted-pw" not in answer.content.decode()
    assert BounceBox.objects.get().host == ""


def test_page_says_what_nobody_reads(desk: Client) -> None:
    html = desk.get(PAGE if BounceBoxFactory.create() else "").content.decode()
    assert "Nothing reads returned mail" in html
    SmtpAccountFactory.create(bounce_domain="bounces.example.com")
    inlet.make_key()
    html = desk.get(PAGE).content.decode()
    assert "Nothing reads returned mail" not in html
    assert "b+…@bounces.example.com" in html
    assert "/api/inbound/bounce" in html


def test_email_settings_lead_there_and_say_how_it_stands(desk: Client) -> None:
    account = SmtpAccountFactory.create()
    BounceBoxFactory.create(host="imap.example.com", error="imap.example.com said: <b>Wrong</b>")
    address = reverse("admin:delivery_smtpaccount_change", args=[account.pk])
    html = desk.get(address).content.decode()
    assert reverse("admin:delivery_bouncebox_changelist") in html
    assert "imap.example.com said: &lt;b&gt;Wrong&lt;/b&gt;" in html


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Bounces.Example.com ", "bounces.example.com"),
        ("", ""),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_bounce_domain_is_kept_as_it_travels(desk: Client, typed: str, kept: str) -> None:
    SmtpAccountFactory.create()
    page = reverse("admin:delivery_smtpaccount_change", args=[1])
    assert submit(desk, page, {"bounce_domain": typed}).status_code == 302
    assert SmtpAccount.objects.get().bounce_domain == kept


@pytest.mark.parametrize(
    "typed", ["b@example.com", "example com", "https://example.com", "a\r\nb.example", "x" * 200]
)
def test_bounce_domain_that_is_none_is_refused(desk: Client, typed: str) -> None:
    SmtpAccountFactory.create()
    page = reverse("admin:delivery_smtpaccount_change", args=[1])
    assert submit(desk, page, {"bounce_domain": typed}).status_code == 200
    assert SmtpAccount.objects.get().bounce_domain == ""


def test_key_is_shown_once(desk: Client) -> None:
    answer = desk.post(reverse("delivery:bounce_key"), follow=True)
    shown = re.search(r"lfb_[\w-]+", answer.content.decode())
    assert shown is not None
    assert inlet.opens(shown[0])
    html = desk.get(PAGE).content.decode()
    assert shown[0] not in html
    assert shown[0][:9] in html


def test_check_now_tells_what_the_mailbox_says(desk: Client) -> None:
    answer = desk.post(reverse("delivery:bounce_check"), headers={"HX-Request": "true"})
    assert "No mailbox is set." in answer.content.decode()
    row = BounceBoxFactory.create()
    row.host, row.port, row.user = "127.0.0.1", 1, "bounces"
    row.save()
    answer = desk.post(reverse("delivery:bounce_check"), headers={"HX-Request": "true"})
    assert "127.0.0.1 cannot be talked to: Connection refused." in answer.content.decode()
    assert "Connection refused" in desk.get(PAGE).content.decode()


def test_mails_are_listed_and_filtered_by_what_became_of_them(desk: Client) -> None:
    job = sent_job()
    bounced(job)
    take(report(block("x@elsewhere.example")), inlet="http")
    html = desk.get(MAILS).content.decode()
    assert "Job failed" in html
    assert "Belongs to no job" in html
    assert reverse("delivery:job", args=[job.pk]) in html
    only = desk.get(f"{MAILS}?effect__exact=unmatched").content.decode()
    assert reverse("delivery:job", args=[job.pk]) not in only
    assert "Mails that belong to no job: 1" in desk.get(LIST, follow=True).content.decode()


@pytest.mark.parametrize(("role", "sees"), [("admin", True), ("operator", True), ("viewer", False)])
def test_what_servers_wrote_is_shown_by_role(sign_in: Any, role: str, sees: bool) -> None:
    job = sent_job()
    mail = bounced(job)
    client = sign_in(role)
    for address in (f"{MAILS}{mail.pk}/change/", reverse("delivery:job", args=[job.pk])):
        html = client.get(address).content.decode()
        assert "there is no such mailbox (5.1.1, 550)" in html
        assert ("no such user" in html) is sees, address


def test_mail_is_shown_harmless_and_cut(desk: Client) -> None:
    raw = b"Subject: <script>alert(1)</script> \xe2\x80\xae\x1b[2J\r\n\r\n<img src=x>\r\n" + b"y" * 100_000
    mail = take(raw, inlet="http")
    assert "y" * 100 not in desk.get(f"{MAILS}{mail.pk}/change/").content.decode()
    assert not AuditEntry.objects.exists()
    html = desk.post(f"{MAILS}{mail.pk}/whole/").content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.model, entry.object_id) == ("looked", "delivery.bouncemail", str(mail.pk))
    assert "y" * 100 in html
    assert "<script>alert" not in html
    assert "<img src=x>" not in html
    assert "\u202e" not in html
    assert "The first 64 KiB are shown" in html
    assert len(html) < 200_000


@pytest.mark.parametrize("key", ["0", "99999999999999999999", "x"])
def test_mail_that_is_gone_leads_to_the_list(desk: Client, key: str) -> None:
    assert desk.get(f"{MAILS}{key}/change/").headers["Location"] == MAILS


def test_job_page_says_that_the_letter_came_back(desk: Client) -> None:
    job = sent_job()
    bounced(job)
    take(vacation(back(job), job.pk), inlet="imap")
    html = desk.get(reverse("delivery:job", args=[job.pk])).content.decode()
    assert "Failed: the letter came back. ana@example.com: there is no such mailbox (5.1.1, 550)." in html
    assert "Accepted, then returned" in html
    assert "Automatic answer" in html
    assert BounceMail.objects.count() == 2
    assert ANA in html
