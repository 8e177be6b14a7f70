"""What a webhook's answer means by the answer rules: delivered, or refused for good.

Without rules the status alone decides (`delivery.http.answers`).
"""

from dataclasses import replace

from django.utils.translation import gettext as _

from delivery.channels.base import Answer, DeliveryError, Parcel, Permanent, Receipt, Temporary
from partners.kinds.answers import Reading
from partners.kinds.webhook import WebhookConfig

REFUSED = ("rejected", "duplicate")


def taken(receipt: Receipt, parcel: Parcel[WebhookConfig]) -> Receipt:
    """The receipt of a 2xx, with what was read from it. Raises Permanent where a rule says refused."""
    answers = parcel.config.answers
    if not answers:
        return receipt
    reading = answers.read(receipt.answer.code or 0, receipt.answer.text)
    answer = replace(receipt.answer, facts=reading.facts)
    if reading.means in REFUSED:
        raise _permanent(reading, answer, parcel)
    said = _("Accepted: %s.") % reading.rule.words() if reading.rule else reading.note
    return replace(receipt, answer=answer, note=" ".join(filter(None, (receipt.note, said))))


def refused(error: Temporary, parcel: Parcel[WebhookConfig]) -> DeliveryError:
    """What follows an answer that is no 2xx, or none: the same error, or a refusal for good."""
    answers, code = parcel.config.answers, error.answer.code
    if not answers or code is None:
        return error
    reading = answers.read(code, error.answer.text)
    if reading.means not in REFUSED:
        return error
    return _permanent(reading, replace(error.answer, facts=reading.facts), parcel)


def _permanent(reading: Reading, answer: Answer, parcel: Parcel[WebhookConfig]) -> Permanent:
    why = reading.rule.words() if reading.rule else ""
    if reading.means == "rejected":
        text = _("The partner rejected the lead: %s.") % why
    else:
        text = _("The partner says that it has this lead already: %s.") % why
        if parcel.attempt > 1:
            text = f"{text} {_('It may have it from an earlier attempt of this job.')}"
    return Permanent(reading.means, text, answer=answer, endpoint=False)
