"""Send test e-mail: from the e-mail settings' page, with what was typed there."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from email_validator import validate_email

from delivery.admin import SmtpForm
from delivery.channels.base import DeliveryError
from delivery.models import SmtpAccount
from delivery.pages import fixes
from delivery.smtp.account import Account, account_of, current_account
from delivery.smtp.conversation import Recipient
from delivery.smtp.trying import send_test_letter
from leadflip.kit.needs import needs
from partners.kinds.email import address

# What a server's code means, where that is more exact than the class.
MEANINGS = {
    421: _("The server is closing or overloaded: wait some minutes."),
    450: _("The mailbox is busy, or the server wants to see us again: wait some minutes."),
    451: _("The server had a problem of its own, or wants to see us again: wait some minutes."),
    454: _("The server cannot check the password now: wait some minutes."),
    501: _("The server cannot read an address: mend “From” or the recipient."),
    530: _("The server wants a sign-in or TLS first: set user and password, and choose STARTTLS or TLS."),
    534: _("The server wants another way to sign in, such as an app password."),
    535: _("The server refused name or password: type both again."),
    538: _("The server takes no password without TLS: choose STARTTLS or TLS."),
    550: _("The server knows no such mailbox, or does not let us send there: check recipient and “From”."),
    553: _("The server does not accept this address as a sender: mend “From”."),
    554: _("The server refused the letter: its words say why, often “From” or our address's reputation."),
}


@require_POST
@needs("delivery.change_smtpaccount")
def test(request: HttpRequest) -> HttpResponse:
    """Sends a letter in the calling thread, outside of any transaction, and shows what the server said."""
    context = _tested(request)
    part = getattr(request, "htmx", False)
    page = {**admin.site.each_context(request), "title": _("Test e-mail"), **context}
    return render(request, "delivery/_smtp_tested.html" if part else "delivery/smtp_tested.html", page)


def _tested(request: HttpRequest) -> dict[str, Any]:
    try:
        recipient = _recipient(request.POST.get("test_to", ""))
        account = _account(request)
    except ValidationError as error:
        return {"problems": error.messages}
    except DeliveryError as error:
        return {"problems": [error.text]}
    tested = send_test_letter(account, recipient)
    meaning = MEANINGS.get(tested.code or 0) or fixes.FIXES.get(tested.error_class, "")
    return {"tested": tested, "to": recipient.name, "account": account, "meaning": meaning}


def _recipient(typed: str) -> Recipient:
    name = address(typed.strip())
    found = validate_email(name, check_deliverability=False)
    return Recipient(name, f"{found.local_part}@{found.ascii_domain}")


def _account(request: HttpRequest) -> Account:
    """The account of the environment where that is in force, else what the form holds."""
    if settings.SMTP_URL:
        account = current_account()
        assert account is not None
        return account
    form = SmtpForm(request.POST, instance=SmtpAccount.objects.filter(pk=1).first())
    if not form.is_valid():
        raise ValidationError(
            [
                f"{form.fields[name].label}: {message}" if name in form.fields else str(message)
                for name, messages in form.errors.items()
                for message in messages
            ]
        )
    return account_of(form.typed())
