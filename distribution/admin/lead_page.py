"""What a lead's page shows: values, jobs, and all that happened to it on one time line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery import story as delivery_story
from delivery.models import Job
from delivery.models.job import SETTLED, Status
from delivery.pages.words import mark
from distribution.models import Decision, Field, Lead, ProfileVersion, Repeat
from distribution.models.entity import OnDuplicate
from distribution.models.lead import Routing
from distribution.models.profile import Strategy
from distribution.models.routing import Cause
from distribution.routing.words import ToldVerdict, hide, told
from leadflip.kit import crypto, show
from leadflip.kit.show import MASK
from leadflip.kit.story import Event, Line, merged
from partners import audit
from partners.models import Partner, User
from partners.sheet import ADDRESS_PARTS
from portal import story as portal_story

CONSENT = {
    "text": gettext_lazy("Agreed to"),
    "at": gettext_lazy("Agreed at (UTC)"),
    "ip": gettext_lazy("Agreed from"),
    "url": gettext_lazy("Certificate"),
}


class Shown(NamedTuple):
    """A field with its value in lines; `masked`: there may be one, which nobody asked to see yet."""

    label: str
    lines: list[str]
    encrypted: bool
    sensitive: bool
    masked: bool = False


def find(lead_id: UUID) -> Lead | None:
    """The lead with its entity, key and, as `fields`, what its entity's fields are called. One query."""
    fields = Field.objects.filter(entity=OuterRef("entity")).order_by("position", "id")
    facts = fields.values(
        json=JSONObject(key="key", label="label", encrypted="encrypted", sensitive="sensitive")
    )
    leads = Lead.objects.select_related("entity", "api_key").annotate(fields=ArraySubquery(facts))
    return leads.filter(id=lead_id).first()


def context(lead: Any, opened: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All of the page; `lead` comes from `find`, `opened` from `reveal`. Six queries."""
    jobs = _jobs(lead)
    decisions = list(_decisions(lead, jobs))
    return {
        "decided": bool(decisions),
        **values(lead, opened),
        "consent": [(label, lead.consent[name]) for name, label in CONSENT.items() if name in lead.consent],
        "story": merged(
            [_received(lead), *_repeats(lead), *_erased(lead)],
            decisions,
            delivery_story.story(jobs),
            portal_story.story(lead.id),
        ),
        "coming": delivery_story.coming(jobs),
        **_now(lead, jobs),
    }


def now(lead: Lead) -> dict[str, Any]:
    """How the lead stands, as far as its poll must know. One query."""
    return _now(lead, _jobs(lead))


def _now(lead: Lead, jobs: Sequence[Job]) -> dict[str, Any]:
    open_jobs = [job for job in jobs if job.status not in SETTLED]
    delivered = sum(job.status == Status.DELIVERED for job in jobs)
    return {
        "lead": lead,
        "jobs": jobs,
        "settled": not open_jobs and lead.routing != Routing.WAITING,
        "mark": "-".join([lead.routing, *map(mark, jobs)]),
        "summary": _("%(delivered)d of %(all)d delivered") % {"delivered": delivered, "all": len(jobs)}
        if jobs
        else "",
    }


def name(lead: Any) -> str:
    """The display field's value, or the end of the id where that is empty or masked."""
    if lead.erased_at is not None:
        return show.erased_on(lead.erased_at)
    field = next((each for each in _fields(lead) if each["key"] == lead.entity.display_field), None)
    lines = [] if field is None or _is_masked(field) else _lines(lead.values.get(field["key"]))
    return ", ".join(lines) or f"…{str(lead.pk)[-12:]}"


def _fields(lead: Any) -> Sequence[Mapping[str, Any]]:
    """From `find`, or from the prefetched fields of the list."""
    found: Sequence[Mapping[str, Any]] | None = getattr(lead, "fields", None)
    if found is not None:
        return found
    listed: Iterable[Field] = lead.entity.fields.all()
    return [{"key": each.key, "encrypted": each.encrypted, "sensitive": each.sensitive} for each in listed]


def _is_masked(field: Mapping[str, Any]) -> bool:
    return bool(field["encrypted"] or field["sensitive"])


def _jobs(lead: Lead) -> list[Job]:
    return list(Job.objects.filter(lead=lead).select_related("partner", "policy", "settings").order_by("id"))


def values(lead: Any, opened: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values alone; those of masked fields masked unless `opened` holds them."""
    shown = list(_values(lead, opened))
    hides = any(value.masked and (lead.sealed or not value.encrypted) for value in shown)
    return {"lead_values": shown, "hides": hides}


def reveal(lead: Any, by: User) -> Mapping[str, Any]:
    """The masked fields' values, which `by` is about to see. Call in a transaction. Raises SealError."""
    sealed: Mapping[str, Any] = crypto.unseal(lead.owner, lead.sealed)["values"] if lead.sealed else {}
    masked = [field for field in _fields(lead) if _is_masked(field)]
    opened = {field["key"]: _kept(lead, field, sealed) for field in masked}
    labels = [field["label"] for field in masked if opened[field["key"]] not in (None, "")]
    if labels:
        audit.looked(by=by, obj=lead, what=labels)
    return opened


def _kept(lead: Any, field: Mapping[str, Any], sealed: Mapping[str, Any]) -> Any:
    return (sealed if field["encrypted"] else lead.values).get(field["key"])


def _values(lead: Any, opened: Mapping[str, Any] | None) -> Iterator[Shown]:
    """An encrypted value is masked without looking whether there is one."""
    for field in _fields(lead):
        value = _lines(_kept(lead, field, opened or {}))
        masked = opened is None and (field["encrypted"] or bool(field["sensitive"] and value))
        yield Shown(
            field["label"], [MASK] if masked else value, field["encrypted"], field["sensitive"], masked
        )


def _lines(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [_("Yes") if value else _("No")]
    if isinstance(value, dict):
        return [str(value[part]) for part in ADDRESS_PARTS if value.get(part) not in (None, "")]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [] if value in (None, "") else [str(value)]


def _received(lead: Lead) -> Event:
    key = f" · {lead.api_key.name}" if lead.api_key else ""
    return Event(
        at=lead.created_at,
        look="queued",
        label=_("Received"),
        title=_("%(entity)s received") % {"entity": lead.entity.name},
        detail=f"{lead.source}{key}",
    )


def _repeats(lead: Lead) -> Iterator[Event]:
    """Each time that it came again. One query."""
    for repeat in Repeat.objects.filter(lead=lead).select_related("api_key").order_by("id"):
        key = f" · {repeat.api_key.name}" if repeat.api_key else ""
        updated = repeat.action == OnDuplicate.UPDATE
        yield Event(
            at=repeat.at,
            look="queued",
            label=_("Duplicate"),
            title=_("It came again and was updated") if updated else _("It came again and was skipped"),
            detail=f"{repeat.source}{key}",
        )


def _erased(lead: Lead) -> Iterator[Event]:
    if lead.erased_at is not None:
        yield Event(
            at=lead.erased_at,
            look="cancelled",
            label=_("Erased"),
            title=_("Its values were erased"),
            detail=_("Who got it, when and at what price stays."),
        )


class _Known(NamedTuple):
    """What there is now of the partners of decisions: names by id, and pages by assignment's id."""

    names: Mapping[int, str]
    pages: Mapping[int, str]

    def link(self, verdict: ToldVerdict) -> str:
        """The job that came of it, else the assignment, else the partner; "" where all are gone."""
        partner = verdict["partner"]["id"]
        own = reverse("admin:partners_partner_change", args=[partner]) if partner in self.names else ""
        return self.pages.get(verdict["assignment_id"], own)


def _decisions(lead: Lead, jobs: Sequence[Job]) -> Iterator[Event]:
    """Each profile's decision with its verdicts as sentences. Two queries."""
    version = ProfileVersion.objects.filter(profile=OuterRef("profile"), number=OuterRef("version"))
    found: list[Any] = list(
        Decision.objects.filter(lead=lead)
        .select_related("profile")
        .annotate(document=Subquery(version.values("document")))
        .order_by("at", "id")
    )
    known = _known(found, jobs) if found else _Known({}, {})
    masked = {field["key"] for field in _fields(lead) if _is_masked(field)}
    for decision in found:
        hide(decision, masked)
        yield _decision(decision, known)


def _known(decisions: Sequence[Any], jobs: Sequence[Job]) -> _Known:
    ids = {each["partner_id"] for decision in decisions for each in decision.document["assignments"]}
    seats = ArrayAgg("assignments", filter=Q(assignments__isnull=False), default=Value([]))
    rows = list(Partner.objects.filter(pk__in=ids).annotate(seats=seats).values_list("pk", "name", "seats"))
    pages = {
        seat: reverse("admin:distribution_assignment_change", args=[seat])
        for _partner, _name, seats in rows
        for seat in seats
    }
    pages |= {job.assignment_id: reverse("delivery:job", args=[job.pk]) for job in jobs if job.assignment_id}
    return _Known({partner: name for partner, name, _seats in rows}, pages)


def _decision(decision: Any, known: _Known) -> Event:
    record = told(decision, decision.document, known.names)
    verdicts = record["assignments"]
    lines = [
        Line(each["partner"]["name"], known.link(each), each["reason"], each["chosen"]) for each in verdicts
    ]
    chosen = sum(each["chosen"] for each in verdicts)
    named = {"chosen": chosen, "all": len(verdicts), "strategy": Strategy(record["strategy"]).label}
    return Event(
        at=decision.at,
        look=Routing.ROUTED if chosen else Routing.UNMATCHED,
        label=_("Decided") if decision.cause == Cause.NEW else decision.get_cause_display(),
        title=_("%(profile)s, version %(version)d")
        % {"profile": decision.profile.name, "version": decision.version},
        detail=_("%(strategy)s · %(chosen)d of %(all)d partners chosen") % named,
        link=reverse("admin:distribution_profile_change", args=[decision.profile_id]),
        lines=lines or (_("The profile has no partners."),),
        anchor="why",
        ranked=bool(lines),
    )
