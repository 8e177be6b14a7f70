"""Why a job cannot be acted on now."""

from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Refusal(TextChoices):
    """Why a job cannot be acted on now, in words for whoever asked."""

    SENDING = "sending", _("It is being sent at this moment. Look again when the attempt has ended.")
    WAITING = "waiting", _("It waits for its next attempt already. “Try now” brings that forward.")
    SETTLED = "settled", _("It has ended. “Resend” begins again.")
    DELIVERED = "delivered", _("The partner has it. Say that it is to be sent once more.")
    INACTIVE = "inactive", _("The partner is inactive. Make it active, then resend.")
    CAPPED = "capped", _("A cap of the partner or of its place in the profile is full. Raise it, or wait.")
    TEST = "test", _("A test is sent once. Send another one where the delivery settings are.")
    ERASED = (
        "erased",
        _("The lead’s values are gone: erased, or too old to be kept. Nothing can be sent."),
    )
    NOT_IN_DOUBT = "not_in_doubt", _("No failed attempt of it is in doubt: nothing is kept back.")


class Refused(Exception):
    """The job is not in a state for what was asked; nothing was changed. `refusal` names the reason."""

    def __init__(self, job_id: UUID, refusal: Refusal) -> None:
        super().__init__(f"Job {job_id}: {refusal.label}")
        self.refusal = refusal
