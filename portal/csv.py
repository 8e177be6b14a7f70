"""The download page: which leads, which format, and the file."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from leadflip.kit import clock
from partners.sheet import reader
from portal.access import Place, page, partner_page
from portal.csvfile import Data, Format, Spreadsheet
from portal.download import COUNTED, Wanted, headings, stream
from portal.filters import NO_SUCH_KIND, day_field, kinds_of
from portal.models import Entry

# Where the session keeps the separator that a person chose last.
DELIMITER = "portal_delimiter"


class Kind(NamedTuple):
    """An entity that a partner has leads of."""

    id: int
    slug: str
    name: str


class CsvForm(forms.Form):
    """Which leads, and in which format. Of several `kinds` one must be chosen: each has its columns."""

    entity = forms.TypedChoiceField(label=_("Kind of lead"), coerce=int, error_messages=NO_SUCH_KIND)
    review = forms.ChoiceField(
        label=_("Review"), required=False, choices=[("", _("All")), *Entry.Review.choices]
    )
    start = day_field(_("Received from"))
    end = day_field(_("Received until"))
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[
            ("spreadsheet", _("Spreadsheet: for Excel, LibreOffice, Numbers")),
            ("data", _("Data: for programs; values untouched, times in UTC")),
        ],
        widget=forms.RadioSelect,
    )
    delimiter = forms.ChoiceField(
        label=_("Separator of a spreadsheet file"),
        choices=[(",", _("Comma")), (";", _("Semicolon, for Excel set to German, French and the like"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, kinds: Sequence[Kind], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slugs = {kind.id: kind.slug for kind in kinds}
        entity = self.fields["entity"]
        assert isinstance(entity, forms.ChoiceField)
        known = [(kind.id, kind.name) for kind in kinds]
        entity.choices = known if len(known) == 1 else [("", _("Choose one")), *known]
        entity.error_messages["required"] = _("Choose one: a file holds one kind of lead.")

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and start > end:
            self.add_error("end", _("This day is before the first one."))
        return self.cleaned_data

    def wanted(self) -> Wanted:
        """What the valid form asks for."""
        chosen = self.cleaned_data
        entity = chosen["entity"]
        return Wanted(entity, self.slugs[entity], chosen["review"], chosen["start"], chosen["end"])

    def writer(self, place: Place) -> Format:
        """The chosen format."""
        if self.cleaned_data["format"] == "data":
            return Data()
        return Spreadsheet(self.cleaned_data["delimiter"], place.zone)


@require_GET
@partner_page
def csv_page(request: HttpRequest, place: Place) -> HttpResponse:
    """The form with what it would give: how many rows, which columns."""
    return _page(request, place, _form(request, entities_of(place)))


@require_GET
@partner_page
def csv_file(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The file; the form with its faults where it cannot be made."""
    form = CsvForm(entities_of(place), request.GET)
    if not form.is_valid():
        return _page(request, place, form, status=400)
    request.session[DELIMITER] = form.cleaned_data["delimiter"]
    wanted, now = form.wanted(), clock.now()
    pieces = stream(
        place=place, wanted=wanted, format=form.writer(place), name=form.cleaned_data["format"], at=now
    )
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    file = f"leadflip-{wanted.entity}-{timezone.localdate(now, place.zone):%Y-%m-%d}.csv"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file)
    return response


def entities_of(place: Place) -> list[Kind]:
    """The entities that the partner has leads of, by name."""
    kinds, own = kinds_of(place), Entry.objects.filter(partner=place.partner)
    newest = [own.filter(entity_id=id).order_by("-id").values_list("lead_id")[:1] for id, _name in kinds]
    leads = newest[0].union(*newest[1:], all=True) if newest else []
    slugs = {
        sheet.entity_id: sheet.entity
        for sheet in reader().sheets((id for (id,) in leads), shut=True).values()
    }
    return [Kind(id, slugs[id], name) for id, name in kinds if id in slugs]


def _form(request: HttpRequest, kinds: Sequence[Kind]) -> CsvForm:
    """Bound once it can be answered: with what the address holds, over what was chosen last."""
    usual = {
        "entity": kinds[0].id if len(kinds) == 1 else "",
        "format": "spreadsheet",
        "delimiter": request.session.get(DELIMITER, ","),
    }
    if request.GET.keys() - {"partner"} or len(kinds) == 1:
        return CsvForm(kinds, {**usual, **request.GET.dict()})
    return CsvForm(kinds, initial=usual)


def _page(request: HttpRequest, place: Place, form: CsvForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        wanted = form.wanted()
        rows = wanted.entries(place)
        count = rows.order_by()[: COUNTED + 1].count()
        columns = headings(place, rows, wanted.entity_id)
        context |= {"count": min(count, COUNTED), "long": count > COUNTED, "columns": columns}
    return page(request, place, "csv", status, **context)
