"""What became of each recipient, and what that means for the job.

A job's state is {address: {"state": "accepted"|"refused"|"deferred"|"bounced", "code": int}}; an address
that does not stand in it was not settled yet. Only "deferred" is tried again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from delivery.channels.base import Answer, Permanent, Receipt, Temporary
from delivery.smtp.errors import FLOOR

ACCEPTED, REFUSED, DEFERRED, BOUNCED = "accepted", "refused", "deferred", "bounced"
SETTLED_STATES = (ACCEPTED, REFUSED, BOUNCED)
States = dict[str, dict[str, Any]]


def state_of(code: int) -> str:
    """The state that an answer to RCPT or DATA gives."""
    if 200 <= code < 300:
        return ACCEPTED
    return REFUSED if 500 <= code < 600 else DEFERRED


def open_ones(recipients: Sequence[str], states: Mapping[str, Any]) -> list[str]:
    """Who is still to be mailed."""
    return [name for name in recipients if states.get(name, {}).get("state") not in SETTLED_STATES]


def verdict(
    recipients: Sequence[str], states: States, answer: Answer, *, unsupported: bool = False
) -> Receipt:
    """Delivered once all are settled and one accepted. Raises Temporary or Permanent else.

    `unsupported`: some were not even named, since their addresses need SMTPUTF8.
    """
    waiting = open_ones(recipients, states)
    refused = [name for name in recipients if states.get(name, {}).get("state") in (REFUSED, BOUNCED)]
    if not waiting and not refused:
        return Receipt(answer, states)
    facts = {"waiting": len(waiting), "refused": len(refused), "all": len(recipients)}
    if waiting:
        text = _("%(waiting)d of %(all)d recipients were put off for now.") % facts
        raise Temporary("smtp_4xx", text, answer=answer, floor=FLOOR, recipients=states, endpoint=False)
    text = _("%(refused)d of %(all)d recipients were refused: check the addresses.") % facts
    if unsupported:
        why = _("The server offers no SMTPUTF8, which an address with letters beyond ASCII needs.")
        text = f"{text} {why}"
    if len(refused) == len(recipients):
        raise Permanent("smtp_5xx", text, answer=answer, recipients=states, endpoint=False)
    return Receipt(answer, states, text)
