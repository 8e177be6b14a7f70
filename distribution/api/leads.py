"""POST /api/leads/bulk: many leads; GET /api/leads/{id}: one that the key created, as it stands."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from distribution.api import body
from distribution.api.auth import KeyAuth
from distribution.api.errors import ApiError
from distribution.api.intake import KeyedRequest, success, token
from distribution.api.methods import refuse_others
from distribution.api.schemas import BULK, BulkAnswer, LeadAnswer, Problem
from distribution.api.standing import standing
from distribution.catalogue import EntitySpec
from distribution.intake import idempotency
from distribution.intake.accept import answer, named_entity
from distribution.intake.bulk import accept_rows
from distribution.intake.origin import Origin, Outcome
from distribution.models import ApiKey, Lead
from partners.models.revision import hold_shared

MAX_BYTES = 8 * 1024 * 1024
MOST = 1000
KNOWN = ("entity", "batch")

router = Router(tags=["Leads"])


@router.post(
    "/leads/bulk",
    auth=KeyAuth(),
    response={200: BulkAnswer, (400, 401, 403, 409, 413, 415, 422, 429, 500, 503): Problem},
    summary="Post many leads",
    operation_id="post_leads",
    openapi_extra=BULK,
)
def post_leads(request: KeyedRequest) -> HttpResponse:
    """Takes up to 1,000 leads of one entity, each on its own; they are routed within a second."""
    given = body.read(request, kinds=(body.JSON,), most=MAX_BYTES)
    rows = _rows(given)
    key, known = request.auth, token(request, given)

    def take() -> dict[str, Any]:
        return _taken(key, given, rows, revision)

    with transaction.atomic():
        revision = hold_shared()
        return success(idempotency.once(key, known.text, known.digest, take) if known else take())


def _rows(given: body.Body) -> Sequence[object]:
    batch = given.get("batch")
    if not isinstance(batch, list) or not batch:
        message = _('Send the leads as a list of objects: {"entity": "…", "batch": [{…}, {…}]}.')
        raise ApiError(422, {"batch": [message]})
    if len(batch) > MOST:
        message = _("%(count)d leads are too many for one request: send at most 1,000.")
        raise ApiError(422, {"batch": [message % {"count": len(batch)}]})
    return batch


def _taken(key: ApiKey, given: body.Body, rows: Sequence[object], revision: int) -> dict[str, Any]:
    entity = named_entity(key, {"entity": given.get("entity")}, revision)
    refused = {place: why for place, row in enumerate(rows) if (why := _refusal(row, entity))}
    sound: list[Mapping[str, object]] = [
        row for place, row in enumerate(rows) if place not in refused and isinstance(row, dict)
    ]
    taken = iter(accept_rows(origin=Origin.of_key(key), entity=entity, rows=sound))
    outcomes = [
        Outcome(errors=refused[place]) if place in refused else next(taken) for place in range(len(rows))
    ]
    results = [_result(place, outcome) for place, outcome in enumerate(outcomes)]
    return {
        "accepted": sum(not outcome.refused for outcome in outcomes),
        "refused": sum(outcome.refused for outcome in outcomes),
        "ignored": [name for name in given if name not in KNOWN],
        "results": results,
    }


def _refusal(row: object, entity: EntitySpec) -> dict[str, list[str]]:
    """Why a row cannot be one of this batch, before its fields are looked at."""
    if not isinstance(row, dict):
        return {"row": [_('This is no JSON object: send one such as {"email": "…"}.')]}
    try:
        body.check_names(row)
    except ApiError as error:
        return dict(error.errors)
    named = [value for name, value in row.items() if entity.names.target(name).reserved == "entity"]
    if any(str(value) not in (entity.slug, str(entity.id)) for value in named):
        message = _("All leads of a batch are of “%(slug)s”: send others in a batch of their own.")
        return {"entity": [message % {"slug": entity.slug}]}
    return {}


def _result(place: int, outcome: Outcome) -> dict[str, Any]:
    if outcome.refused:
        return {"row": place, "status": "error", "errors": outcome.errors}
    return {"row": place, "status": "success", **answer(outcome)}


@router.get(
    "/leads/{lead_id}",
    auth=KeyAuth(),
    response={200: LeadAnswer, (401, 404, 422, 429, 500, 503): Problem},
    exclude_unset=True,
    summary="See how a lead stands",
    operation_id="get_lead",
)
def get_lead(request: KeyedRequest, lead_id: UUID) -> dict[str, Any]:
    """A lead that this key created: values (those of encrypted and sensitive fields masked), routing, jobs.

    With the scope audit also who got it and why, at what price, and the decision records.
    """
    lead = Lead.objects.select_related("entity").filter(id=lead_id, api_key=request.auth).first()
    if lead is None:
        message = _("This API key created no lead with the id %(id)s.")
        raise ApiError(404, {"lead_id": [message % {"id": lead_id}]})
    return {"status": "success", "lead": standing(lead, audit=request.auth.audit)}


refuse_others(router, "/leads/bulk", "POST")
refuse_others(router, "/leads/{lead_id}", "GET")
