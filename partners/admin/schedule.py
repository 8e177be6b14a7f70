"""A retry policy as a time line: when each attempt begins, if all before it failed at once."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadflip.kit import show
from partners.models import RetryPolicy

if TYPE_CHECKING:
    PolicyChoice = forms.ModelChoiceField[RetryPolicy]
else:
    PolicyChoice = forms.ModelChoiceField

STANDARD = gettext_lazy("The standard one: 8 attempts within 17 hours")


class Step(NamedTuple):
    """An attempt's number, and how long after the first it begins; "" for the first."""

    number: int
    after: str


def steps(waits: Sequence[int]) -> list[Step]:
    """The attempts of a policy with these waits, in seconds."""
    times = [show.span(timedelta(seconds=total)) for total in accumulate(waits)]
    return [Step(number, after) for number, after in enumerate(["", *times], 1)]


def sentence(waits: Sequence[int]) -> str:
    """«4 attempts, the last one 2 min 35 s after the first»."""
    count = len(waits) + 1
    words = ngettext("%(count)d attempt", "%(count)d attempts", count) % {"count": count}
    if not waits:
        return words
    return _("%(attempts)s, the last one %(span)s after the first") % {
        "attempts": words,
        "span": show.span(timedelta(seconds=sum(waits))),
    }


class PolicyField(PolicyChoice):
    """A choice among the policies, each with what it comes to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"empty_label": STANDARD, **kwargs})

    def label_from_instance(self, obj: RetryPolicy) -> str:
        return f"{obj.name}: {sentence(obj.waits)}"
