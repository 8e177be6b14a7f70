"""What hangs on a field: leads that hold its values, and all that names it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from distribution.fields import FieldSpec
from distribution.models import Assignment, Entity, Field, HostedForm, Import, Lead, Profile
from distribution.models.imports import ImportState
from distribution.rules import RuleErrors, compile_rules
from partners.models import DeliverySettings
from partners.sheet import Column, Ticks
from partners.templating import Targets, TemplateErrors, compile_shape, compile_template, targets

Fields = Mapping[str, FieldSpec]


class Use(NamedTuple):
    """One place that uses a field: what it is called, where it is changed ("" for the entity), and how."""

    whose: str
    url: str
    how: str


# Each text of `DeliverySettings.per_entity`: what it is called, and what checks it.
TEXTS: Mapping[str, tuple[Any, Callable[[str, Targets], object]]] = {
    "subject": (lambda: _("Subject template"), compile_template),
    "body": (lambda: _("Body template"), compile_template),
    "shape": (lambda: _("Payload shape"), compile_shape),
}


def used_by_leads(field: Field) -> bool:
    """Whether a lead may hold a value of this saved field. Sealed values are not opened to see."""
    leads = Lead.objects.filter(entity_id=field.entity_id)
    if field.encrypted:
        return leads.filter(sealed__isnull=False).exists()
    return leads.filter(values__has_key=field.key).exists()


def live_fields(entity: Entity) -> dict[str, FieldSpec]:
    """The entity's fields by key as they stand in the database, without archived ones; read once for it."""
    prefetch_related_objects([entity], "fields")
    return {row.key: FieldSpec.of(row) for row in entity.fields.all() if row.archived_at is None}


def broken(entity: Entity, before: Fields, after: Fields) -> Iterator[Use]:
    """What is saved and would not hold any more with `after`: rules, templates and payload shapes."""
    yield from _broken_rules(entity, after)
    if _kinds(before) != _kinds(after):
        yield from _broken_texts(entity, before, after)


def losing(entity: Entity, gone: Sequence[FieldSpec]) -> Iterator[Use]:
    """What would go on without these fields: who gets them, and where they come in."""
    if gone:
        yield from _ticked(entity, gone)
        yield from _asked_on_form(entity, gone)
        yield from _imported(entity, gone)
        yield from (Use(_("Duplicates"), "", _knows(spec)) for spec in gone if spec.match is not None)


def _broken_rules(entity: Entity, fields: Fields) -> Iterator[Use]:
    for profile in Profile.objects.filter(entity=entity).prefetch_related("assignments__partner"):
        url = reverse("admin:distribution_profile_change", args=[profile.pk])
        yield from (Use(str(profile), url, why) for why in _why(profile.rules, fields))
        for assignment in profile.assignments.all():
            url = reverse("admin:distribution_assignment_change", args=[assignment.pk])
            yield from (Use(str(assignment), url, why) for why in _why(assignment.rules, fields))


def _why(document: object, fields: Fields) -> list[str]:
    try:
        compile_rules(document, fields)
    except RuleErrors as errors:
        return [_("Rules: %(why)s") % {"why": line} for line in str(errors).splitlines()]
    return []


def _broken_texts(entity: Entity, before: Fields, after: Fields) -> Iterator[Use]:
    """Of those that hold now: one that was broken before is no fault of this change."""
    for row in _settings(entity):
        item = row.per_entity[str(entity.pk)]
        ticks = Ticks.of(row.everything, row.per_entity, entity.pk)
        known, then = (targets(map(_column, fields.values()), ticks) for fields in (before, after))
        for part, (name, check) in TEXTS.items():
            source = item.get(part) or ""
            if source and not _faults(check, source, known):
                said = _faults(check, source, then)
                yield from (_of(row, f"{name()}: {fault}") for fault in said)


def _faults(check: Callable[[str, Targets], object], source: str, known: Targets) -> list[str]:
    try:
        check(source, known)
    except TemplateErrors as errors:
        return [str(problem) for problem in errors.problems]
    return []


def _ticked(entity: Entity, gone: Sequence[FieldSpec]) -> Iterator[Use]:
    for row in _settings(entity).filter(everything=False):
        ticks = Ticks.of(False, row.per_entity, entity.pk)
        for spec in gone:
            if ticks.shows(_column(spec)):
                yield _of(row, _("“%(field)s” is ticked: it would not be sent any more.") % _named(spec))


def _asked_on_form(entity: Entity, gone: Sequence[FieldSpec]) -> Iterator[Use]:
    for form in HostedForm.objects.filter(entity=entity, enabled=True):
        url = reverse("admin:distribution_hostedform_change", args=[form.pk])
        for spec in _among(gone, form.shown):
            yield Use(
                str(form), url, _("The hosted form would not ask for “%(field)s” any more.") % _named(spec)
            )


def _imported(entity: Entity, gone: Sequence[FieldSpec]) -> Iterator[Use]:
    under_way = Import.objects.filter(entity=entity, state__in=[ImportState.MAPPING, ImportState.RUNNING])
    for run in under_way.order_by("pk"):
        for spec in _among(gone, [str(each).partition(".")[0] for each in run.mapping]):
            told = _("A column of this import is “%(field)s”: it would be left out.") % _named(spec)
            yield Use(str(run), reverse("imports:run", args=[run.pk]), told)


def _knows(spec: FieldSpec) -> str:
    return _("Leads would not be known again by “%(field)s” any more.") % _named(spec)


def _settings(entity: Entity) -> QuerySet[DeliverySettings]:
    """The delivery settings in use that have something of their own for the entity."""
    seats = Assignment.objects.filter(settings=OuterRef("pk"))
    used = Q(partner__default_settings=F("pk")) | Exists(seats)
    rows = DeliverySettings.objects.filter(used, per_entity__has_key=str(entity.pk))
    return (
        rows.select_related("partner").annotate(seat=seats.values("pk")[:1]).order_by("partner__name", "pk")
    )


def _of(row: Any, how: str) -> Use:
    whose = f"{row.partner} · {row.get_kind_display()}"
    if row.scope and row.seat:
        return Use(whose, reverse("admin:distribution_assignment_change", args=[row.seat]), how)
    return Use(whose, reverse("admin:partners_partner_change", args=[row.partner_id]), how)


def _among(gone: Iterable[FieldSpec], keys: Collection[str]) -> list[FieldSpec]:
    return [spec for spec in gone if spec.key in keys]


def _kinds(fields: Fields) -> dict[str, str]:
    return {key: spec.type for key, spec in fields.items()}


def _column(spec: FieldSpec) -> Column:
    return Column(spec.key, spec.label, spec.type, spec.encrypted, spec.sensitive)


def _named(spec: FieldSpec) -> dict[str, str]:
    return {"field": spec.label or spec.key}
