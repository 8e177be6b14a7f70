"""What a run is about, drawn from its seed: who is capped at what, and how the profile picks."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction

from distribution.models import Assignment, Entity, Profile
from distribution.models.profile import Strategy
from distribution.services import save_profile
from leadflip.kit import clock
from partners.caps import PERIODS
from partners.models import Partner
from partners.services import save_settings, touch

CAPS = (1, 7, 100)
# A hundred takes ten times as long as seven, twice a hundred is left out.
CHANCES = (2, 2, 1)
MOST = 107
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Honolulu", "UTC")
# No day ends in its zone while a run lasts.
HOURS = range(1, 22)
WEIGHT = 3


class Cap(NamedTuple):
    """The most leads of a period, on "partner" or "assignment"."""

    owner: str
    period: str
    most: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Two capped members, perhaps one without a cap, perhaps a second profile with the first's partner."""

    strategy: str
    caps: tuple[Cap, Cap]
    rest: bool
    twice: bool
    failover: bool
    zone: str
    kills: int
    spare: int

    def leads(self, missing: int) -> int:
        """So many leads fill `missing` places in all, with some to spare."""
        if self.strategy == Strategy.ROUND_ROBIN:
            # The one without a cap takes its turns too, the more the fewer are open.
            return missing + missing // 3 + 3 * WEIGHT + self.spare
        return missing + self.spare


@dataclass(frozen=True, slots=True)
class Owner:
    """A capped row: `column` is the job's key to it."""

    column: str
    id: int
    cap: Cap


@dataclass(frozen=True, slots=True)
class Stage:
    """The scene in the database."""

    scene: Scene
    entity: Entity
    owners: tuple[Owner, ...]
    profiles: tuple[int, ...]


def draw(rng: random.Random) -> Scene:
    """The scene of a run."""
    most = [MOST, MOST]
    while sum(most) > MOST:
        most = rng.choices(CAPS, CHANCES, k=2)
    one, two = (Cap(rng.choice(("partner", "assignment")), rng.choice(PERIODS), each) for each in most)
    return Scene(
        strategy=rng.choice(Strategy.values),
        caps=(one, two),
        rest=rng.random() < 0.7,
        twice=rng.random() < 0.3,
        failover=rng.random() < 0.5,
        zone=_zone(rng),
        kills=rng.choice((0, 1, 1, 2, 3)),
        spare=rng.randint(3, 12),
    )


def build(scene: Scene) -> Stage:
    """Puts it into force."""
    with transaction.atomic():
        touch()
        entity = Entity.objects.create(name="Lead", slug=f"lead-{Entity.objects.count()}")
        profile = _profile(scene, entity)
        rows = [_member(profile, scene, cap) for cap in (*scene.caps, *([None] if scene.rest else []))]
        profiles = [profile]
        if scene.twice:
            profiles.append(_profile(scene, entity))
            Assignment.objects.create(profile=profiles[1], partner=rows[0].partner)
        for each in profiles:
            save_profile(profile=each, by=None)
    owners = tuple(_owner(row, cap) for row, cap in zip(rows, scene.caps, strict=False))
    return Stage(scene, entity, owners, tuple(each.pk for each in profiles))


def partner(zone: str, **columns: Any) -> Partner:
    """One with a portal."""
    row = Partner.objects.create(name="Partner", zone=zone, **columns)
    row.default_settings = save_settings(
        partner=row, kind="portal", config={}, secrets={}, policy=None, everything=True, per_entity={}
    )
    row.save(update_fields=["default_settings"])
    return row


def _zone(rng: random.Random) -> str:
    now: datetime = clock.now()
    return rng.choice([zone for zone in ZONES if now.astimezone(ZoneInfo(zone)).hour in HOURS])


def _profile(scene: Scene, entity: Entity) -> Profile:
    return Profile.objects.create(
        entity=entity, name="Proof", strategy=scene.strategy, failover=scene.failover, base_price=1
    )


def _member(profile: Profile, scene: Scene, cap: Cap | None) -> Assignment:
    column: dict[str, Any] = {f"cap_{cap.period}": cap.most} if cap else {}
    row = partner(scene.zone, **(column if cap and cap.owner == "partner" else {}))
    return Assignment.objects.create(
        profile=profile,
        partner=row,
        priority=-profile.assignments.count(),
        weight=WEIGHT if cap else 1,
        **(column if cap and cap.owner == "assignment" else {}),
    )


def _owner(row: Assignment, cap: Cap) -> Owner:
    return (
        Owner("partner_id", row.partner_id, cap)
        if cap.owner == "partner"
        else Owner("assignment_id", row.pk, cap)
    )
