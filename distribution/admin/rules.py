"""The section Rules of a form: a row a condition, and below what they mean and whom they match.

Works by buttons that send the whole form and get it back with one row more or less; where scripts
run, htmx sends the same and swaps the section alone. Nothing is checked then, and nothing saved.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from delivery.pages.trying import HtmxRequest
from distribution.admin.rule_parts import Group, Part, groups
from distribution.admin.rule_row import PREFIX, Fields, Row, Sent, saved_row, sent_rows
from distribution.matching import SAMPLE, Matching, matching
from distribution.rules import RuleErrors, Rules, RulesDoc, compile_rules
from distribution.rules.schema import MAX_ALTERNATIVES, MAX_CONDITIONS
from distribution.rules.words import rules_words
from leadflip.kit import show

SENT = f"{PREFIX}-sent"
SEE_RULES: SafeString | Any = gettext_lazy("Rules: mend what is marked in that section.")
_BUTTON = re.compile(
    r"(?P<verb>add|remove)-(?P<what>condition|alternative)(?:-(?P<first>[0-9]{1,4}))?(?:-(?P<second>[0-9]{1,4}))?"
)
SHOW = "show-rules"


def pressed(data: Iterable[str] | None) -> str:
    """The name of the section's button that sent the form, "" where another did."""
    return next((name for name in data or () if name == SHOW or _BUTTON.fullmatch(name)), "")


class Unchecked:
    """A form, or a row of one, that comes back as it was sent when a button of the rules sent it."""

    is_bound: bool
    data: Any
    cleaned_data: dict[str, Any]

    def full_clean(self) -> None:
        """Checks nothing then."""
        if self.is_bound and pressed(self.data):
            self._errors, self.cleaned_data = ErrorDict(), {}
            return
        super().full_clean()  # type: ignore[misc]  # stands before a form class

    def is_valid(self) -> bool:
        """Never true then, so that nothing is saved."""
        if self.is_bound and pressed(self.data):
            self.full_clean()
            return False
        return bool(super().is_valid())  # type: ignore[misc]  # as above


class Builder:
    """What was typed, else the saved `document`. `entity_id` None: none is chosen yet.

    `further`: the rules that a lead has to match as well, those of an assignment's profile.
    """

    def __init__(
        self,
        data: Sent | None,
        document: RulesDoc,
        *,
        entity_id: int | None,
        fields: Fields,
        further: RulesDoc | None = None,
        url: str = "",
    ) -> None:
        self.saved, self.entity_id, self.fields = document, entity_id, fields
        self.further, self.url = further or [], url
        kept = [[saved_row(each, fields) for each in alternative] for alternative in document]
        self._known = {
            row.key: condition
            for rows, alternative in zip(kept, document, strict=True)
            for row, condition in zip(rows, alternative, strict=True)
        }
        # What the page asks for once it is there: the count reads a thousand leads.
        self.later = data is None
        self.rows = sent_rows(data) if data is not None and SENT in data else kept
        self.focus = ""
        if data is not None and (button := pressed(data)):
            self.press(button)

    def press(self, button: str, *, changed: str = "") -> None:
        """Does what a button says. `changed`: the name of the field's control that was turned."""
        for number, place, row in self._each():
            row.settle(self.fields, fresh=changed == f"{PREFIX}-{number}-{place}-field")
        match = _BUTTON.fullmatch(button)
        if match is None:
            return
        number = int(match["first"] or len(self.rows))
        if match["verb"] == "add":
            self._add(number, match["what"])
        else:
            self._remove(number, match["what"], int(match["second"] or 0))

    def _each(self) -> Iterator[tuple[int, int, Row]]:
        for number, rows in enumerate(self.rows):
            for place, row in enumerate(rows):
                yield number, place, row

    def _add(self, number: int, what: str) -> None:
        if what == "alternative" or number >= len(self.rows):
            self.rows.append([])
            number = len(self.rows) - 1
        self.rows[number].append(Row())
        self.focus = f"id_{PREFIX}-{number}-{len(self.rows[number]) - 1}-field"

    def _remove(self, number: int, what: str, place: int) -> None:
        if number >= len(self.rows):
            return
        del self.rows[number][place : place + 1 if what == "condition" else None]
        self.rows = [rows for rows in self.rows if rows]
        number = min(number, len(self.rows) - 1)
        last = len(self.rows[number]) - 1 if self.rows else 0
        self.focus = f"id_{PREFIX}-{number}-{min(place, last)}-field" if self.rows else "id_add-alternative"

    def is_valid(self) -> bool:
        """Checks each condition, and notes at each what is to be mended."""
        for _number, _place, row in self._each():
            row.check(self.fields)
        return not any(row.errors for _number, _place, row in self._each()) and self._fits()

    def _fits(self) -> bool:
        return len(self.rows) <= MAX_ALTERNATIVES and all(len(rows) <= MAX_CONDITIONS for rows in self.rows)

    @property
    def document(self) -> RulesDoc:
        """The document that the rows stand for; a condition that was not touched stays as it is written."""
        return [
            [self._known.get(row.key) or row.condition(self.fields) for row in rows] for rows in self.rows
        ]

    def has_changed(self) -> bool:
        """Whether saving would change the rules."""
        return bool(self.document != self.saved)

    @cached_property
    def rules(self) -> Rules | None:
        """The rules as they stand; None while a condition is not complete."""
        return _compiled(self.document, self.fields)

    @property
    def words(self) -> str:
        """What they mean, in one sentence; "" while a condition is not complete."""
        return "" if self.rules is None else rules_words(self.document, self.fields)

    @property
    def count(self) -> str:
        """How many of the latest leads they match; "" while there is nothing to say."""
        if self.rules is None or self.entity_id is None:
            return ""
        further = _compiled(self.further, self.fields) or Rules()
        return count_words(matching(self.entity_id, self.rules, further), bool(further.alternatives))

    @cached_property
    def groups(self) -> list[Group]:
        """The fields on offer."""
        return groups(self.fields)

    @property
    def alternatives(self) -> list[list[Part]]:
        """What the page shows, by alternative."""
        return [
            [
                Part(row, f"{PREFIX}-{number}-{place}", self.fields, self.focus)
                for place, row in enumerate(rows)
            ]
            for number, rows in enumerate(self.rows)
        ]

    @property
    def full(self) -> bool:
        """Whether no alternative may come."""
        return len(self.rows) >= MAX_ALTERNATIVES


def count_words(found: Matching, further: bool) -> str:
    """“Matches 212 of the last 1,000 leads.”"""
    if not found.leads:
        return _("There is no lead yet to count by.")
    named = {"matched": show.number(found.matched), "leads": show.number(found.leads)}
    if found.leads >= SAMPLE:
        told = _("Matches %(matched)s of the last %(leads)s leads.") % named
    else:
        told = (
            ngettext(
                "Matches %(matched)s of %(leads)s lead, which is all there are.",
                "Matches %(matched)s of %(leads)s leads, which is all there are.",
                found.leads,
            )
            % named
        )
    return f"{told} {_both(found)}" if further and found.matched else told


def _both(found: Matching) -> str:
    told = ngettext(
        "%(both)s of them matches the profile's rules too.",
        "%(both)s of them match the profile's rules too.",
        found.both,
    )
    return told % {"both": show.number(found.both)}


def _compiled(document: RulesDoc, fields: Fields) -> Rules | None:
    try:
        return compile_rules(document, fields)
    except RuleErrors:
        return None


def see_rules() -> SafeString:
    """The way from the top of a page to what is wrong in its section Rules."""
    return mark_safe(f'<a href="#rules">{SEE_RULES}</a>')  # noqa: S308  # our own words


def part(request: HttpRequest, builder: Builder, allowed: bool) -> HttpResponse:
    """The section alone, after a button or another field; below, what it means, after another value."""
    if request.method != "POST":
        raise Http404
    if not allowed:
        raise PermissionDenied
    asked: HtmxRequest = request  # type: ignore[assignment]  # django-htmx's middleware made it one
    if asked.htmx.target == "rules-said":
        return render(request, "admin/distribution/_rules_said.html", {"rules": builder})
    if not pressed(request.POST):
        builder.press(SHOW, changed=asked.htmx.trigger_name or "")
    return render(request, "admin/distribution/_rules_builder.html", {"rules": builder})
