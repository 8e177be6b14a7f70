"""Where e-mail leaves from, in words for the page of the e-mail settings. Holds no password."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delivery.channels.base import DeliveryError
from delivery.models import Job, SmtpAccount
from delivery.models.job import WAITING
from delivery.smtp.account import current_account
from leadflip.kit import show
from partners.models.settings import Kind


def state() -> dict[str, Any]:
    """For the template: which account counts, and what that of the environment is."""
    by_environment = bool(settings.SMTP_URL)
    without = unset()
    facts, error = _environment() if by_environment else ([], "")
    return {
        "by_environment": by_environment,
        "environment": facts,
        "environment_error": error,
        "unset": without,
        "waiting": _waiting() if without else "",
    }


def unset() -> bool:
    """Whether there is no account at all to send e-mail from."""
    return not settings.SMTP_URL and not SmtpAccount.objects.exists()


def _environment() -> tuple[list[tuple[str, str]], str]:
    try:
        account = current_account()
    except DeliveryError as error:
        return [], error.text
    assert account is not None
    security = SmtpAccount.Security(account.security).label
    return [
        (_("Host"), account.host),
        (_("Port"), str(account.port)),
        (_("Security"), str(security)),
        (_("User"), account.user or show.EMPTY),
        (_("Password"), _("Set") if account.password else _("Not set")),
        (_("From"), f"{account.name} <{account.address}>" if account.name else account.address),
        (_("Bounce domain"), account.bounce_domain or show.EMPTY),
        (_("Connections"), str(account.connections)),
    ], ""


def _waiting() -> str:
    """How many e-mail jobs wait, counted no further than lists do."""
    jobs = Job.objects.filter(kind=Kind.EMAIL, status__in=WAITING).values("id")[: show.MOST + 1]
    return show.count(len(jobs))
