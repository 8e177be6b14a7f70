"""An entity's enabled profiles, ready to decide, with the partners as they are now."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from distribution.by_revision import ByRevision
from distribution.models import ProfileVersion
from distribution.routing.case import CompiledProfile, PartnerNow, SettingsNow, World
from distribution.routing.document import compile_profile
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
    """The plan at `revision`: three queries when it is new, none after. Call it under `hold_shared()`."""
    return _plans.get(revision, entity_id)


def _build(entity_id: int) -> Plan:
    versions = ProfileVersion.objects.filter(
        profile__entity=entity_id, profile__enabled=True, number=F("profile__version")
    )
    profiles = tuple(_compile(version) for version in versions.order_by("profile_id"))
    sound = [profile for profile in profiles if isinstance(profile, CompiledProfile)]
    return Plan(profiles, _world({seat.partner_id for profile in sound for seat in profile.seats}))


def _compile(version: ProfileVersion) -> CompiledProfile | Broken:
    try:
        return compile_profile(version.document, profile_id=version.profile_id, version=version.number)
    except Exception as error:
        return Broken(version.profile_id, error)


def _world(partner_ids: Iterable[int]) -> World:
    partners = Partner.objects.filter(id__in=partner_ids)
    settings = DeliverySettings.objects.filter(partner__in=partner_ids)
    return World(
        {partner.pk: PartnerNow(partner.active, partner.default_settings_id) for partner in partners},
        {row.pk: SettingsNow(row.kind, row.policy_id) for row in settings},
    )


_plans: ByRevision[int, Plan] = ByRevision(_build)
