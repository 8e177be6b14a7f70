"""Preview and test of what a Delivery section holds, whichever page it stands on."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from delivery import smtp_words, trial
from delivery.channels.base import DeliveryError
from delivery.pages import trials
from delivery.preview import Preview, masked, preview
from leadflip.kit.crypto import SealError
from partners.admin.base import person
from partners.admin.delivery import DeliveryForm
from partners.admin.lead_choice import Choice
from partners.draft import Draft
from partners.models import DeliverySettings, Partner
from partners.models.settings import Kind
from partners.sheet import Sheet, reader

# The letter's own policy: a document that can do nothing but look as it looks.
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
EMPTY = '<!doctype html><html lang="en"><head><title>Preview</title></head><body></body></html>'


class HtmxRequest(HttpRequest):
    """A request that tells whether a part of a page asks."""

    htmx: HtmxDetails


@dataclass(frozen=True, slots=True)
class Typed:
    """A section as it was sent. `stored` counts instead where the section gives its own settings up."""

    form: DeliveryForm
    stored: DeliverySettings | None = None

    def sketch(self, entity_id: int) -> Draft | None:
        """What is previewed; after `form.is_valid()`."""
        return Draft.of(self.stored) if self.stored else self.form.sketch(entity_id)

    def draft(self) -> Draft | None:
        """What is tested; after `form.is_valid()`."""
        return Draft.of(self.stored) if self.stored else self.form.draft()


def show(request: HtmxRequest, typed: Typed, letter_url: str) -> HttpResponse:
    """The preview: a part for the page, or a page of its own."""
    context = {**_shown(typed), "letter_url": letter_url}
    if request.htmx:
        return render(request, "delivery/_preview.html", {**context, "live": True})
    kept = [(name, value) for name in request.POST for value in request.POST.getlist(name) if _open(name)]
    page = {**admin.site.each_context(request), "title": _("Preview"), "kept": kept}
    return render(request, "delivery/preview.html", {**page, **context})


def show_letter(typed: Typed) -> HttpResponse:
    """The HTML of a previewed e-mail, alone under a policy of its own."""
    found = _shown(typed)["preview"]
    answer = HttpResponse(found.html if found and found.html else EMPTY)
    answer["Content-Security-Policy"] = LETTER_POLICY
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Cache-Control"] = "no-store"
    return answer


def test(request: HtmxRequest, typed: Typed, partner: Partner) -> HttpResponse:
    """Sends a test lead with what was typed, or says what is to be mended first."""
    choice = typed.form.lead.choice
    problems = _problems(typed, choice)
    if not problems and choice is not None:
        try:
            return _sent(request, typed, partner, choice)
        except (trial.Untestable, SealError) as error:
            problems = [("", str(error))]
    page = {**admin.site.each_context(request), "title": _("Test lead"), "problems": problems}
    return render(request, "delivery/_unsent.html" if request.htmx else "delivery/unsent.html", page)


def _sent(request: HtmxRequest, typed: Typed, partner: Partner, choice: Choice) -> HttpResponse:
    draft = typed.draft()
    if draft is None:
        raise trial.Untestable(_("Choose a delivery method first."))
    lead_id = choice.lead_id or reader().sample(choice.entity_id)
    job = trial.send_test(partner=partner, draft=draft, lead_id=lead_id, by=person(request))
    if not request.htmx:
        return redirect("delivery:trial", job.pk)
    return trials.part(request, job, new_secret=draft.new_secret)


def _problems(typed: Typed, choice: Choice | None) -> list[tuple[str, str]]:
    if choice is None:
        return [("", _("There is no entity yet, so there is no lead to send: make one first."))]
    if typed.stored is not None or typed.form.is_valid():
        return _gone(choice)
    return typed.form.problems()


def _gone(choice: Choice) -> list[tuple[str, str]]:
    """A chosen lead that is not, or no longer, one of its entity."""
    if choice.lead_id is None or _sheet(choice).lead_id == choice.lead_id:
        return []
    return [("", _("The chosen lead is gone: choose another."))]


def _shown(typed: Typed) -> dict[str, Any]:
    form, choice = typed.form, typed.form.lead.choice
    form.is_valid()
    found, problems = _preview(typed, choice)
    warnings = [*form.warnings(), *_more_warnings(form, choice)]
    return {"preview": found, "problems": problems, "warnings": warnings, "remarks": form.remarks()}


def _more_warnings(form: DeliveryForm, choice: Choice | None) -> list[str]:
    entity = form.entities.get(str(choice.entity_id)) if choice else None
    found = []
    if entity is not None and form.kind and entity.sends_nothing(form.everything):
        found.append(_("No field of %s is ticked: nothing of its leads is sent.") % entity.name)
    if form.kind == Kind.EMAIL and smtp_words.unset():
        found.append(_("No SMTP server is set: e-mail jobs fail at once. Set one in the e-mail settings."))
    return found


def _preview(typed: Typed, choice: Choice | None) -> tuple[Preview | None, list[str]]:
    if choice is None:
        return None, [_("There is no entity yet, so there is nothing to show.")]
    try:
        draft = typed.sketch(choice.entity_id)
        if draft is None:
            told = [message for _id, message in typed.form.problems(choice.entity_id)]
            return None, told or [_("Choose a delivery method to see what is sent.")]
        return preview(draft, _sheet(choice)), []
    except DeliveryError as error:
        return None, [error.text]
    except SealError as error:
        return None, [str(error)]


def _sheet(choice: Choice) -> Sheet:
    """The chosen lead, masked; the made-up one where there is none."""
    found = reader().sheets([choice.lead_id]).get(choice.lead_id) if choice.lead_id else None
    if found is not None and found.entity_id == choice.entity_id:
        return masked(found)
    [(_name, sheet)] = reader().examples(choice.entity_id)
    return sheet


def _open(name: str) -> bool:
    """Whether a typed value may stand in a page again: what makes an e-mail, and no secret does."""
    return name.startswith(("delivery-email-", "delivery-entity-")) or name in (
        "delivery-method",
        "delivery-everything",
        "delivery-lead",
        "delivery-scope",
    )
