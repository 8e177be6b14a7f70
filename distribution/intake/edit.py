"""Changes of a lead that is there: by somebody who edits it, or by a duplicate that brings news."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from distribution.catalogue import EntitySpec
from distribution.intake import about, digests, names, validate
from distribution.intake.about import About
from distribution.intake.errors import IntakeError
from distribution.intake.validate import Cleaned
from distribution.models import Lead, LeadKey
from distribution.models.lead import NEW
from leadflip.kit import clock, crypto
from partners.models.revision import hold_shared


@transaction.atomic
def edit_lead(*, lead_id: UUID, entity: EntitySpec, body: Mapping[str, object]) -> Lead:
    """Changes the fields that `body` names, by key or label; an empty value takes a field's value away.

    `note`, `status` and consent may be named too. The lead is not routed again. Raises IntakeError with the
    messages by field, also where its sealed values cannot be opened; Lead.DoesNotExist.
    """
    hold_shared()
    matched = names.match(body, entity.names)
    errors = dict(matched.errors)
    said = about.read(matched.reserved, "", errors)
    if errors:
        raise IntakeError(errors)
    return change(lead_id=lead_id, entity=entity, sent=matched.values, about=said, given=matched.reserved)


def change(
    *,
    lead_id: UUID,
    entity: EntitySpec,
    sent: Mapping[str, object],
    about: About,
    given: Mapping[str, object] | None = None,
) -> Lead:
    """The lead with the raw values `sent` by field key, saved with its digests, in the caller's transaction.

    Of `about`, what is in `given` is taken over, or all that is not empty. Raises IntakeError.
    """
    lead = Lead.objects.select_for_update(no_key=True).get(id=lead_id)
    if lead.erased_at is not None:
        raise IntakeError({"lead": [_("The values of this lead were erased: it cannot be changed.")]})
    there = _opened(lead)
    _put(there, entity, sent)
    lead.put_sealed(there.hidden, there.hidden_raw)
    _say(lead, about, given)
    lead.keyed_as = "" if lead.test else entity.mark
    lead.updated_at = clock.now()
    lead.save(force_update=True)
    renew_keys([(lead, there.hidden)], entity)
    return lead


def renew_keys(leads: Sequence[tuple[Lead, Mapping[str, Any]]], entity: EntitySpec) -> None:
    """Writes the digests of leads with their opened values anew, under the lock of the leads."""
    LeadKey.objects.filter(lead__in=[lead.pk for lead, _hidden in leads]).delete()
    LeadKey.objects.bulk_create(
        LeadKey(lead=lead, field_id=key.field_id, digest=key.digests[0])
        for lead, hidden in leads
        if not lead.test
        for key in digests.keyed(entity.keyed, lead.values, hidden)
    )


def _opened(lead: Lead) -> Cleaned:
    try:
        hidden = crypto.unseal(lead.owner, lead.sealed) if lead.sealed else {"values": {}, "raw": {}}
    except crypto.SealError:
        message = _("The sealed values of lead %(id)s cannot be opened: its key is not in ENCRYPTION_KEYS.")
        raise IntakeError({"lead": [message % {"id": lead.pk}]}) from None
    return Cleaned(lead.values, lead.raw, hidden["values"], hidden["raw"])


def _put(there: Cleaned, entity: EntitySpec, sent: Mapping[str, object]) -> None:
    fields = {key: spec for key, spec in entity.fields.items() if key in sent}
    fresh = validate.clean(fields, sent)
    if fresh.errors:
        raise IntakeError(fresh.errors)
    for key, spec in fields.items():
        for kept in (there.values, there.hidden, there.raw, there.hidden_raw):
            kept.pop(key, None)
        value = (fresh.hidden if spec.encrypted else fresh.values).get(key)
        if value is not None:
            there.put(spec, sent[key], value)


def _say(lead: Lead, said: About, given: Mapping[str, object] | None) -> None:
    if said.note or (given and "note" in given):
        lead.note = said.note
    if (given is None and said.status != NEW) or (given and "status" in given):
        lead.status = said.status
    if said.consent:
        lead.consent = dict(said.consent)
