"""Check now and Make a key, from the page of bounces; and what came back of one job."""

from dataclasses import dataclass, field

from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from delivery.bounce import inlet, mailbox, state
from delivery.bounce.imap import MailboxError
from delivery.models import BounceBox, BounceMail, Job
from delivery.pages import words
from leadflip.kit import once
from leadflip.kit.crypto import SealError
from leadflip.kit.needs import needs
from partners import audit
from partners.admin.base import person
from partners.services import touch

# Who reads what servers wrote.
READ = "delivery.view_attemptbody"
# Somebody waits before a page, and holds a thread of the web server; the worker reads the rest.
SECONDS, MOST = 20, 50
MOST_SHOWN = 20
# The looks of badges (`kit.templatetags.kit.LOOKS`) by what became of a mail.
LOOKS = {
    "job_failed": "failed",
    "recipient": "temporary",
    "noted": "delivered",
    "repeated": "cancelled",
    "waiting": "waiting",
    "unmatched": "unknown",
    "forged": "rejected",
}


@require_POST
@needs("delivery.change_bouncebox")
def check(request: HttpRequest) -> HttpResponse:
    """Reads the mailbox as the worker does, outside of any transaction, and shows how that went."""
    looked: int | None = None
    failed = False
    try:
        looked = mailbox.check(seconds=SECONDS, most=MOST)
    except MailboxError:
        failed = True
    found = state.state()
    busy = looked is None and not failed and found["by_mailbox"]
    shown = {"box": found["box"], "read": found["read"], "looked": looked, "busy": busy}
    part = getattr(request, "htmx", False)
    page = {**admin.site.each_context(request), "title": _("Check now"), **shown}
    return render(request, "delivery/_bounces_read.html" if part else "delivery/bounces_read.html", page)


@require_POST
@needs("delivery.change_bouncebox")
def key(request: HttpRequest) -> HttpResponse:
    """Makes the key of the HTTP address and shows it once."""
    with transaction.atomic():
        touch()
        with audit.watching(person(request), BounceBox.current()):
            plain = inlet.make_key()
    back = reverse("admin:delivery_bouncebox_changelist")
    text = _("Whatever posts mails to %(url)s sends it as “Authorization: Bearer …”.")
    once.keep(
        request,
        title=_("Key for returned mail"),
        text=text % {"url": state.state()["url"]},
        secret=plain,
        back=back,
    )
    return once.way(request) or redirect(back)


@dataclass(frozen=True, slots=True)
class Line:
    """A mail with what may be shown of it."""

    mail: BounceMail
    look: str
    text: str = field(default="", repr=False)


def of(user: AbstractBaseUser | AnonymousUser, job: Job) -> list[Line]:
    """What came back of a job, the newest first; the servers' words for who may see them."""
    rows = BounceMail.objects.filter(job=job).order_by("-pk").defer("sealed")[:MOST_SHOWN]
    return [Line(mail, LOOKS[mail.effect], _text(mail) if may_read(user) else "") for mail in rows]


def may_read(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether `user` sees what servers wrote: it may quote the lead, as their answers do."""
    return isinstance(user, PermissionsMixin) and user.has_perm(READ)


def _text(mail: BounceMail) -> str:
    try:
        return words.plain(str(mail.head().get("text") or ""))
    except SealError:
        return _("None of the keys in ENCRYPTION_KEYS opens what was kept of this mail.")
