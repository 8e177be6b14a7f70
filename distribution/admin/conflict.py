"""Two people on one page: the later one is told, sees both, and keeps what was typed.

The page carries the profile's version that it was opened with (`seen`). A save begins by keeping
others out, so that the version it compares is the one that it would replace.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from distribution.admin.rules import Builder, pressed
from distribution.models import Profile, ProfileVersion
from distribution.rules.words import rules_words
from leadflip.kit import show
from partners.admin.differences import Conflict, Difference, differences
from partners.models import Partner
from partners.models.revision import hold_exclusive

SEEN, TOLD = "seen", "conflict-told"
ROWS = "assignments"
_ROW = re.compile(rf"{ROWS}-([0-9]+)-(.+)")


def newer(profile: Profile, sent: QueryDict) -> bool:
    """Whether the profile was saved since the page was opened."""
    seen = sent.get(SEEN, "")
    return seen.isascii() and seen.isdigit() and int(seen) != profile.version


def row_changed(profile: Profile, sent: QueryDict, assignment_id: int) -> bool:
    """Whether one of its assignments was changed since the page was opened."""
    numbers = [int(str(sent[SEEN])), profile.version]
    documents = profile.versions.filter(number__in=numbers).values_list("document", flat=True)
    rows = [
        next((row for row in document["assignments"] if row["id"] == assignment_id), None)
        for document in documents
    ]
    return len(rows) < len(numbers) or rows[0] != rows[1]


def guarded(
    request: HttpRequest,
    profile_of: Callable[[], Profile | None],
    view: Callable[[], HttpResponse],
    stands: Callable[[Profile, QueryDict], bool],
) -> HttpResponse:
    """Calls `view`, which saves; where `stands` finds a conflict its form refuses and the page tells it."""
    if request.method != "POST" or pressed(request.POST):
        return view()
    with transaction.atomic():
        hold_exclusive()
        profile = profile_of()
        if profile is None or not newer(profile, request.POST) or not stands(profile, request.POST):
            return view()
        seen = int(request.POST[SEEN])
        request.POST, moved = _rebased(profile, request.POST, seen)  # type: ignore[assignment]  # Django lets it be set
        response = view()
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["conflict"] = _conflict(profile, response.context_data, moved)
        return response


def refusal(form: forms.BaseForm) -> str:
    """Why a form does not save after a conflict, "" where there is none."""
    if TOLD not in form.data:
        return ""
    return _("Not saved: somebody saved this meanwhile. Compare both versions, then save yours or reload.")


def _conflict(profile: Profile, page: dict[str, Any], moved: list[Difference]) -> Conflict:
    version = profile.versions.select_related("saved_by").get(number=profile.version)
    form = page["adminform"].form
    found = list(_differences(form))
    for inline in page.get("inline_admin_formsets", ()):
        for row in inline.formset.initial_forms:
            found += _differences(row, str(row.instance.partner))
    return Conflict(_title(version), found + moved)


def _title(version: ProfileVersion) -> str:
    if version.saved_by is None:
        return _("Version %(number)d was saved while this page was open") % {"number": version.number}
    named = {"who": version.saved_by, "number": version.number}
    return _("%(who)s saved version %(number)d while this page was open") % named


def _differences(form: Any, owner: str = "") -> Iterator[Difference]:
    yield from differences(form, owner)
    builder: Builder | None = getattr(form, "rules", None)
    if builder is not None and builder.has_changed():
        saved = rules_words(builder.saved, builder.fields)
        yield Difference(_("Rules"), saved, builder.words or _("not complete yet"))


def _rebased(profile: Profile, sent: QueryDict, seen: int) -> tuple[QueryDict, list[Difference]]:
    """What was sent, upon the profile as it is now: rows that are gone left out, new ones put in."""
    data = sent.copy()
    data[SEEN], data[TOLD] = str(profile.version), "1"
    if f"{ROWS}-TOTAL_FORMS" not in data:
        return data, []
    now = {str(each.pk): each for each in profile.assignments.select_related("partner")}
    initial, total = (int(data.get(f"{ROWS}-{name}_FORMS", "0") or 0) for name in ("INITIAL", "TOTAL"))
    rows = _taken_out(data)
    known = [rows[place] for place in range(initial) if place in rows]
    kept = [row for row in known if row["id"][0] in now]
    ids = {row["id"][0] for row in known}
    fresh = [each for key, each in now.items() if key not in ids]
    added = [_row(each) for each in fresh]
    typed = [rows[place] for place in range(initial, total) if place in rows]
    _put_in(data, [*kept, *added, *typed], len(kept) + len(added))
    gone = [int(row["id"][0]) for row in known if row["id"][0] not in now]
    moved = [Difference(str(each.partner), _("added"), show.EMPTY) for each in fresh]
    return data, moved + [Difference(name, _("removed"), show.EMPTY) for name in _names(profile, seen, gone)]


def _taken_out(data: QueryDict) -> dict[int, dict[str, list[str]]]:
    rows: dict[int, dict[str, list[str]]] = {}
    for name in list(data):
        if match := _ROW.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = data.pop(name)
    return rows


def _put_in(data: QueryDict, rows: Iterable[dict[str, list[str]]], initial: int) -> None:
    count = 0
    for count, row in enumerate(rows, start=1):
        for name, values in row.items():
            data.setlist(f"{ROWS}-{count - 1}-{name}", values)
    data[f"{ROWS}-TOTAL_FORMS"], data[f"{ROWS}-INITIAL_FORMS"] = str(count), str(initial)


def _row(assignment: Any) -> dict[str, list[str]]:
    """A row that another added, as the page would send it."""
    price = "" if assignment.price is None else str(assignment.price)
    row = {
        "id": [str(assignment.pk)],
        "profile": [str(assignment.profile_id)],
        "priority": [str(assignment.priority)],
        "price": [price],
        "weight": [str(assignment.weight)],
    }
    return {**row, "enabled": ["on"]} if assignment.enabled else row


def _names(profile: Profile, seen: int, gone: list[int]) -> list[str]:
    """The partners of assignments that are gone, from the version that still had them."""
    document = profile.versions.filter(number=seen).values_list("document", flat=True).first()
    rows = document["assignments"] if document else []
    partners = [row["partner_id"] for row in rows if row["id"] in gone]
    return [str(partner) for partner in Partner.objects.filter(pk__in=partners)]
