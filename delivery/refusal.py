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
    HAS_IT = "has_it", _("The partner has it already. Say that another one is to have it, too.")
    IN_DOUBT = "in_doubt", _("The partner may have it: an attempt had no answer, or a recipient took it.")
    ELSEWHERE = (
        "elsewhere",
        _("As many partners have this lead by now as its profile lets have one. Look at the lead’s page."),
    )
    HAD = "had", _("The other partner had this lead before. Resend the job that it has.")
    NO_SEAT = "no_seat", _("The other partner is not in the profile that this job came from.")
    NO_PROFILE = "no_profile", _("The profile that it came from is switched off, or needs to be saved anew.")
    PROFILE_RULES = "not_profile", _("The lead does not fit the rules of its profile any more.")
    RULES = "rules", _("The lead does not fit the other partner’s rules.")
    SEAT_OFF = "seat_off", _("The other partner’s assignment in the profile is not enabled.")
    TO_INACTIVE = "to_inactive", _("The other partner is inactive.")
    NO_METHOD = "no_method", _("No delivery method is set for the other partner.")
    CLOSED = "closed", _("The other partner is closed now, and leads are not held for it.")
    TO_CAPPED = "to_capped", _("A cap of the other partner or of its place in the profile is full.")
    PACING = "pacing", _("The other partner’s cap is spread evenly: nothing of it is left by now.")
    GATE = "gate", _("A gate of the profile keeps the lead from the other partner.")
    NOT_IN_DOUBT = "not_in_doubt", _("No failed attempt of it is in doubt: nothing is kept back.")


class Refused(Exception):
    """The job is not in a state for what was asked; nothing was changed. `refusal` names the reason."""

    def __init__(self, job_id: UUID, refusal: Refusal) -> None:
        super().__init__(f"Job {job_id}: {refusal.label}")
        self.refusal = refusal
