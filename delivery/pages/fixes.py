"""What to do about a failed test: a sentence for each class of error, more exact where a code says more."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery.models import Job
from partners.models.settings import Kind

CODES: Mapping[int, Promise] = {
    400: _("It did not understand the content: read its answer, then change fields or payload format."),
    401: _("It wants a sign-in: check the custom headers, and that it knows the signing secret."),
    403: _("It refuses us: check custom headers and signing secret, and whether it lets our address in."),
    404: _("Nothing is there: check the path of the URL."),
    405: _("It wants another method: choose POST, PUT or PATCH as the partner's papers say."),
    410: _("The endpoint was given up: ask the partner for the new one."),
    413: _("It finds the content too long: send fewer fields."),
    415: _("It wants another payload format: choose JSON or form-encoded as the partner's papers say."),
    422: _("It refuses the values: read its answer, and tick the fields that it wants."),
    429: _("It is asked too often: set the partner's calls a second, then test again in a minute."),
}

FIXES: Mapping[str, Promise] = {
    "dns": _("Check the spelling of the host name."),
    "refused": _("Check the port, and that the server is running."),
    "reset": _("Check port and https:// or http://, and ask whoever runs the server what its log says."),
    "tls": _("Ask whoever runs the server for a valid certificate; check that this port speaks TLS."),
    "timeout": _("Ask whoever runs the server to answer at once and to do its work after that."),
    "protocol": _("Check the port: something else answers there."),
    "blocked": _("Use a public address, or open your own network in OUTGOING_ALLOW."),
    "redirect": _("Enter the address that it leads to: redirects are not followed."),
    "http_4xx": _("Read its answer, and compare with the partner's papers."),
    "http_5xx": _("The partner's server failed: give the partner the id of this test, to look into its log."),
    "smtp_4xx": _("The mail server puts us off. Test again in a few minutes."),
    "smtp_5xx": _("Read the mail server's words: it does not take this recipient, or this sender."),
    "auth": _("Mend user and password in the e-mail settings."),
    "not_configured": _("Enter the mail server in the e-mail settings."),
    "settings": _("Mend the delivery settings above, then test again."),
    "template": _("Mend the template above, then test again."),
    "erased": _("The chosen lead was erased: choose another."),
    "sealed": _("Put the key that sealed the value back into ENCRYPTION_KEYS, then test again."),
    "bounced": _("The letter came back: check the recipient's address with the partner."),
    "rejected": _("The connection works: its answer rejects this lead. Read why, and tick what it wants."),
    "duplicate": _("The connection works: it has a lead like this one already. Test with another."),
    "worker_lost": _("The worker stopped in the middle. Test again."),
    "internal": _("The worker's log says more; look for the id of this test."),
}


def fix(job: Job) -> str:
    """What to do about a failed job; "" where it did not fail."""
    if not job.last_error_class:
        return ""
    exact = CODES.get(job.last_code or 0) if job.kind == Kind.WEBHOOK else None
    return str(exact or FIXES.get(job.last_error_class) or "")
