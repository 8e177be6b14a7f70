"""Why a letter came back, in our own words, by the codes of RFC 3463."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.bounce.report import Returned

REASONS: Mapping[str, Promise] = {
    "1.1": gettext_lazy("there is no such mailbox"),
    "1.2": gettext_lazy("there is no such mail domain"),
    "1.3": gettext_lazy("the address is not written as one"),
    "1.10": gettext_lazy("the domain takes no mail"),
    "2.1": gettext_lazy("the mailbox is switched off"),
    "2.2": gettext_lazy("the mailbox is full"),
    "2.3": gettext_lazy("the letter is too large for the mailbox"),
    "3.4": gettext_lazy("the letter is too large for the server"),
    "4.1": gettext_lazy("its server does not answer"),
    "4.4": gettext_lazy("no way leads to its server"),
    "4.7": gettext_lazy("its server took it on none of the days that were tried"),
    "7.1": gettext_lazy("its server does not let us write there"),
}
POLICY = gettext_lazy("its server refuses our letters")
RETURNED = gettext_lazy("the letter came back")


def reason(one: Returned) -> str:
    """«there is no such mailbox (5.1.1)»."""
    _class, _dot, detail = one.status.partition(".")
    found = REASONS.get(detail) or (POLICY if detail.startswith("7.") else RETURNED)
    codes = ", ".join(filter(None, (one.status, str(one.code or ""))))
    return f"{found} ({codes})" if codes else str(found)


def failed(name: str, one: Returned) -> str:
    """«ana@example.com: there is no such mailbox (5.1.1).»"""
    return _("%(address)s: %(reason)s.") % {"address": name, "reason": reason(one)}
