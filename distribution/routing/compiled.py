"""An entity's enabled profiles, ready to decide, with the partners as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q

from distribution import own_caps
from distribution.by_revision import ByRevision
from distribution.models import CapUse, ProfileVersion
from distribution.routing.case import CompiledProfile, PartnerNow, Seat, SettingsNow, World
from distribution.routing.document import compile_profile
from distribution.routing.places import owner_of
from partners.models import DeliverySettings, Partner


@dataclass(frozen=True, slots=True)
class Broken:
    """A saved version that does not compile; `error` says why."""

    profile_id: int
    error: Exception


@dataclass(frozen=True, slots=True)
class Plan:
    """All that routing a lead of one entity reads, beside the lead."""

    profiles: tuple[CompiledProfile | Broken, ...]
    world: World


def current(entity_id: int, revision: int) -> Plan:
    """The plan at `revision`: six queries when it is new, none after. Call it under `hold_shared()`."""
    return _plans.get(revision, entity_id)


def _build(entity_id: int) -> Plan:
    versions = ProfileVersion.objects.filter(
        profile__entity=entity_id, profile__enabled=True, number=F("profile__version")
    )
    profiles = tuple(_compile(version) for version in versions.order_by("profile_id"))
    sound = [profile for profile in profiles if isinstance(profile, CompiledProfile)]
    return Plan(profiles, _world([seat for profile in sound for seat in profile.seats]))


def _compile(version: ProfileVersion) -> CompiledProfile | Broken:
    try:
        return compile_profile(version.document, profile_id=version.profile_id, version=version.number)
    except Exception as error:
        return Broken(version.profile_id, error)


def _world(seats: Sequence[Seat]) -> World:
    partner_ids = {seat.partner_id for seat in seats}
    uses = CapUse.objects.filter(Q(partner__in=partner_ids) | Q(assignment__in={seat.id for seat in seats}))
    partners = Partner.objects.filter(id__in=partner_ids)
    settings = DeliverySettings.objects.filter(partner__in=partner_ids)
    own = own_caps.in_force(partner_ids)
    return World(
        {
            partner.pk: PartnerNow(partner.active, partner.default_settings_id, partner.zone, partner.caps)
            for partner in partners
        },
        {row.pk: SettingsNow(row.kind, row.policy_id) for row in settings},
        frozenset(map(owner_of, uses)) | own.keys(),
        own,
    )


_plans: ByRevision[int, Plan] = ByRevision(_build)
