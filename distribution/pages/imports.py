"""The import wizard: upload, match columns, preview, run, summary. Nothing is lost by leaving it."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from distribution.catalogue import EntitySpec, entity_spec
from distribution.intake.imports import chunks, mapping, preview, refused, run
from distribution.intake.imports.reading import FileError, Reading
from distribution.intake.imports.upload import MemoryHandler
from distribution.models import Entity, Import
from distribution.models.entity import OnDuplicate
from distribution.models.imports import ImportState
from distribution.pages.import_forms import MatchForm, ReadingForm, StartForm, UploadForm
from leadflip.kit import paging
from leadflip.kit.needs import needs
from partners import audit
from partners.admin.base import person
from partners.models import Revision

PERMISSION = "distribution.add_import"
# Values a column, rows looked through for them, and characters of one.
SAMPLES, LOOKED, LONGEST = 3, 100, 60
STEPS = (words("Upload"), words("Match columns"), words("Preview"), words("Import"), words("Summary"))
IMPORTS = Import.objects.select_related("entity", "by")


@require_safe
@needs(PERMISSION)
def index(request: HttpRequest) -> HttpResponse:
    """All imports, newest first."""
    found = paging.page(IMPORTS.annotate(**_sums()), request.GET)
    return _page(request, "imports", title=_("CSV imports"), page=found)


@csrf_exempt  # protected below: the token stands in the body, which is read after the handler is set
@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def upload(request: HttpRequest) -> HttpResponseBase:
    """Step 1. The upload stays in memory, and is dropped where it is too large."""
    handler = MemoryHandler(request)
    request.upload_handlers = [handler]
    return csrf_protect(_upload)(request, handler)


def _upload(request: HttpRequest, handler: MemoryHandler) -> HttpResponse:
    if request.method != "POST":
        only = Entity.objects.all()[:2]
        return _upload_page(request, UploadForm(initial={"entity": only[0] if len(only) == 1 else None}))
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            return redirect("imports:match", _taken(request, form).pk)
        except FileError as error:
            form.add_error("file", str(error))
    if handler.too_large:
        form.refuse_size()
    return _upload_page(request, form)


def _taken(request: HttpRequest, form: UploadForm) -> Import:
    """Raises FileError."""
    typed = form.cleaned_data
    file, entity = typed["file"], entity_spec(Revision.current(), typed["entity"].pk)
    made = Import(entity=typed["entity"], by_id=request.user.pk, name=file.name[-255:])
    chunks.take(run=made, entity=entity, file=file.file, delimiter=typed["delimiter"], header=form.has_header)
    return made


def _upload_page(request: HttpRequest, form: UploadForm) -> HttpResponse:
    title, entities = _("Import leads"), Entity.objects.all()
    return _page(request, "import_upload", title=title, form=form, entities=entities, step=1)


@require_safe
@needs(PERMISSION)
def template(request: HttpRequest, entity_id: int) -> HttpResponseBase:
    """A file with nothing but the names of the entity's columns."""
    get_object_or_404(Entity, pk=entity_id)
    entity = entity_spec(Revision.current(), entity_id)
    wholes = {key for key, spec in entity.fields.items() if spec.type == "address"}
    names = [choice.value for choice in mapping.field_choices(entity) if choice.value not in wholes]
    buffer = io.StringIO()
    csv.writer(buffer).writerow(names)
    return _attached(HttpResponse("\ufeff" + buffer.getvalue()), f"leadflip-{entity.slug}-template.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def match(request: HttpRequest, run_id: int) -> HttpResponse:
    """Step 2."""
    own = _own(request, run_id)
    if own.state != ImportState.MAPPING:
        return redirect("imports:run", own.pk)
    entity = _spec(own)
    form = MatchForm(own, entity, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        # Not where another tab has started it.
        Import.objects.filter(pk=own.pk, state=ImportState.MAPPING).update(mapping=form.mapping)
        return redirect("imports:preview", own.pk)
    columns = list(form.columns(_samples(own)))
    ignored = [column.name for column in columns if not column.field.value()]
    how = Reading(**own.reading)
    return _page(
        request,
        "import_match",
        title=_("Match columns"),
        step=2,
        run=own,
        form=form,
        columns=columns,
        ignored=ignored,
        reading=how,
        read_form=ReadingForm.of(how),
    )


@require_POST
@needs(PERMISSION)
def read(request: HttpRequest, run_id: int) -> HttpResponse:
    """Reads the file another way, and matches its columns anew."""
    own, form = _own(request, run_id), ReadingForm(request.POST)
    if own.state == ImportState.MAPPING and form.is_valid():
        header = form.cleaned_data["header"] == "yes"
        try:
            chunks.read_again(
                run=own, entity=_spec(own), delimiter=form.cleaned_data["delimiter"], header=header
            )
        except FileError as error:
            messages.error(request, str(error))
    return redirect("imports:match", own.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(PERMISSION)
def show(request: HttpRequest, run_id: int) -> HttpResponse:
    """Step 3: what would become of the rows; starts the import."""
    own = _own(request, run_id)
    if own.state != ImportState.MAPPING:
        return redirect("imports:run", own.pk)
    entity = _spec(own)
    if any(mapping.problems(own.mapping, entity)):
        return redirect("imports:match", own.pk)
    form = StartForm(request.POST) if request.method == "POST" else StartForm.of(entity)
    if form.is_bound and form.is_valid():
        wanted = OnDuplicate(form.cleaned_data["on_duplicate"])
        with transaction.atomic():
            if run.start(run=own, on_duplicate=wanted, route=form.cleaned_data["route"]):
                audit.acted(by=person(request), what=_("Import the file"), objects=[own])
        return redirect("imports:run", own.pk)
    told = preview.preview(own, entity)
    ignored = mapping.ignored(own.columns, own.mapping)
    shown = {"title": _("Preview"), "step": 3, "run": own, "form": form, "told": told, "ignored": ignored}
    return _page(request, "import_preview", **shown, entity=entity, labels=_labelled(entity, told.causes))


@require_safe
@needs(PERMISSION)
def watch(request: HttpRequest, run_id: int) -> HttpResponse:
    """Steps 4 and 5: how far it is, and what came of it."""
    found = get_object_or_404(IMPORTS, pk=run_id)
    if found.state == ImportState.MAPPING:
        return redirect("imports:match", found.pk)
    return _page(request, "import_run", **_standing(request, found), title=found.name)


@require_safe
@needs(PERMISSION)
def now(request: HttpRequest, run_id: int) -> HttpResponse:
    """The part of that page which changes."""
    found = get_object_or_404(IMPORTS, pk=run_id)
    return render(request, "distribution/_import_now.html", {**_standing(request, found), "polled": True})


@require_POST
@needs(PERMISSION)
def stop(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ends it after the rows that are being imported."""
    found = get_object_or_404(IMPORTS, pk=run_id)
    with transaction.atomic():
        if run.stop(run=found):
            audit.acted(by=person(request), what=_("Stop the import"), objects=[found])
    return redirect("imports:run", found.pk)


@require_POST
@needs(PERMISSION)
def discard(request: HttpRequest, run_id: int) -> HttpResponse:
    """Forgets a file that was not imported."""
    own = _own(request, run_id)
    Import.objects.filter(pk=own.pk, state=ImportState.MAPPING).delete()
    messages.success(request, _("The file was removed; nothing of it was imported."))
    return redirect("imports:index")


@require_safe
@needs(PERMISSION)
def refused_rows(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The refused rows as a file; for whoever brought them."""
    own = _own(request, run_id)
    return _attached(StreamingHttpResponse(refused.file(own)), f"leadflip-import-{own.pk}-refused.csv")


def _own(request: HttpRequest, run_id: int) -> Import:
    """An import of who asks: its file is shown to nobody else."""
    return get_object_or_404(IMPORTS, pk=run_id, by_id=request.user.pk)


def _spec(own: Import) -> EntitySpec:
    return entity_spec(Revision.current(), own.entity_id)


def _samples(own: Import) -> list[list[str]]:
    """By column, the first values that differ."""
    rows = [record.cells for record in chunks.first_records(own, LOOKED)]
    columns = range(len(own.columns))
    return [
        list(dict.fromkeys(row[at][:LONGEST] for row in rows if at < len(row) and row[at].strip()))[:SAMPLES]
        for at in columns
    ]


def _sums() -> dict[str, Sum]:
    names = ("created", "updated", "skipped", "refused")
    return {name: Sum(f"chunks__{name}", default=0) for name in names}


def _standing(request: HttpRequest, found: Import) -> dict[str, Any]:
    ended = found.state in (ImportState.DONE, ImportState.STOPPED)
    progress, own = run.progress(found), found.by_id == request.user.pk
    shows = ended and own and progress.refused
    told = refused.summary(found) if shows else []
    return {
        "run": found,
        "progress": progress,
        "ended": ended,
        "own": own,
        "step": 5 if ended else 4,
        "labels": _labelled(_spec(found), told),
        "steps": STEPS,
    }


def _labelled(entity: EntitySpec, causes: Sequence[preview.Cause]) -> list[tuple[str, preview.Cause]]:
    words = dict(mapping.field_choices(entity))
    return [(words.get(cause.name, cause.name), cause) for cause in causes]


def _attached(response: HttpResponse | StreamingHttpResponse, name: str) -> HttpResponseBase:
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    """A page of the wizard; 422 where a form on it was refused."""
    form = context.get("form")
    status = 422 if form is not None and form.is_bound else 200
    shown = {**admin.site.each_context(request), "steps": STEPS, **context}
    return render(request, f"distribution/{name}.html", shown, status=status)
