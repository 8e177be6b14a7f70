"""Caps in a form: four numbers in a row, each with what is used of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit import show
from partners.caps import PERIODS, Caps
from partners.models import Partner

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CAP_FIELDS = tuple(f"cap_{period}" for period in PERIODS)
_LABELS: Sequence["StrOrPromise"] = (_("A day"), _("A week"), _("A month"), _("In all"))
# With a cap and without one.
_WORDS: Sequence[tuple["StrOrPromise", "StrOrPromise"]] = (
    (_("%(used)s of %(cap)s today"), _("%(used)s today")),
    (_("%(used)s of %(cap)s this week"), _("%(used)s this week")),
    (_("%(used)s of %(cap)s this month"), _("%(used)s this month")),
    (_("%(used)s of %(cap)s in all"), _("%(used)s in all")),
)


def show_caps(fields: Mapping[str, forms.Field], caps: Caps, used: Sequence[int] | None) -> None:
    """Labels the four fields of a form, and says below each what is used. `used` None: not counted yet."""
    for place, name in enumerate(CAP_FIELDS):
        if name in fields:
            fields[name].label = str(_LABELS[place])
            fields[name].help_text = _below(place, caps[place], used)


def used_words(caps: Caps, used: Sequence[int] | None) -> list[str]:
    """“12 of 50 today” for each cap that is set."""
    return [_told(place, cap, used) for place, cap in enumerate(caps) if cap is not None]


def used_lines(caps: Caps, used: Sequence[int] | None) -> SafeString:
    """The same with a bar each, a line a cap; for those who may only read them."""
    lines = [[_below(place, cap, used)] for place, cap in enumerate(caps) if cap is not None]
    return format_html_join("", '<div class="cap-used">{}</div>', lines) or format_html(
        "{}", gettext("No caps")
    )


def about_caps(partner: Partner | None) -> str:
    """What the four numbers mean."""
    zone = partner.zone if partner else gettext("the partner's time zone")
    return gettext(
        "Most leads it may get. Empty: no limit. A day begins at midnight, a week on Monday, a month on the "
        "1st, in %(zone)s."
    ) % {"zone": zone}


def caps_fieldset(partner: Partner | None, *more: str) -> tuple[Any, Any]:
    """The four in one row, for an admin's fieldsets; `more`: fields below them."""
    options = {"fields": [CAP_FIELDS, *more], "description": about_caps(partner), "classes": ["caps"]}
    return (_("Caps"), options)


def _below(place: int, cap: int | None, used: Sequence[int] | None) -> SafeString:
    words = _told(place, cap, used)
    if cap is None or used is None:
        return format_html("<span>{}</span>", words)
    bar = '<progress class="used{}" max="{}" value="{}" aria-hidden="true"></progress><span>{}</span>'
    return format_html(bar, " full" if used[place] >= cap else "", cap, min(used[place], cap), words)


def _told(place: int, cap: int | None, used: Sequence[int] | None) -> str:
    if used is None:
        return gettext("No limit") if cap is None else gettext("Counted from the next lead on")
    with_cap, without = _WORDS[place]
    named = {"used": show.number(used[place]), "cap": "" if cap is None else show.number(cap)}
    return str(without if cap is None else with_cap) % named
