"""Why a partner may reject a lead."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """The codes in `Entry.reason`."""

    UNREACHABLE = "unreachable", _("Cannot be reached")
    WRONG_DETAILS = "wrong_details", _("Wrong or made-up details")
    DUPLICATE = "duplicate", _("Already known to us")
    NO_INTEREST = "no_interest", _("No interest any more")
    OUT_OF_AREA = "out_of_area", _("Outside our area")
    NO_FIT = "no_fit", _("Does not fit what we offer")
    OTHER = "other", _("Other reason, see the note")
