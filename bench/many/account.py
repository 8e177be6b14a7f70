"""The account that the jobs are in: entities, partners with delivery settings, profiles in force."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.db import transaction

from bench.parts.rows import SECRET
from distribution.catalogue import entities
from distribution.models import ApiKey, Assignment, Entity, Field, Profile
from distribution.services import make_key, save_profile
from partners.models import DeliverySettings, Partner, Revision, User
from partners.services import save_settings, touch

PARTNERS = 100
SEATS = 24
# The first digits of postcodes that partners want; leads of the last one go to nobody.
DIGITS, NOBODY = 9, 9
# Above this budget the second profile of an entity takes part too.
BUDGET = 25_000
KINDS = ("webhook",) * 6 + ("email",) * 3 + ("portal",)
OPEN: tuple[dict[str, Any], ...] = (
    {"key": "first_name", "label": "First name", "type": "text"},
    {"key": "last_name", "label": "Last name", "type": "text", "required": True},
    {"key": "email", "label": "E-mail", "type": "email", "match_order": 1},
    {"key": "phone", "label": "Phone", "type": "phone"},
    {"key": "address", "label": "Address", "type": "address"},
    {"key": "budget", "label": "Budget", "type": "number"},
    {"key": "wish", "label": "Wish", "type": "textarea"},
)
SEALED: dict[str, Any] = {"key": "tax_number", "label": "Tax number", "type": "text", "encrypted": True}
# Each entity's name, whether it has an encrypted field, and its share of the leads.
ENTITIES = (
    ("Solar", True, 40),
    ("Heat pump", False, 25),
    ("Insulation", False, 20),
    ("Insurance", True, 10),
    ("Moving", False, 5),
)


@dataclass(frozen=True, slots=True)
class Seat:
    """An assignment: what its jobs and the decisions about it need."""

    id: int
    partner: int
    settings: int
    kind: str
    host: str
    digit: int
    price: str
    person: int | None
    # The verdicts of the whole profile where this one is chosen.
    verdicts: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A profile in force. `weights` add up along the seats: the partners are of unequal size."""

    profile: int
    version: int
    seats: tuple[Seat, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """An entity with its two profiles; `keys` are the fields whose digests are kept."""

    entity: int
    slug: str
    name: str
    sealed: bool
    mark: str
    keys: dict[str, int]
    plans: tuple[Plan, Plan]


@dataclass(frozen=True, slots=True)
class Account:
    """All of it."""

    kinds: tuple[Kind, ...]
    revision: int
    key: int


@transaction.atomic
def make(name: str, rng: random.Random) -> Account:
    """Makes the account; `name` keeps it apart from others in the same database."""
    touch()
    lanes = [_lane(name, number) for number in range(PARTNERS)]
    people = {lane.partner_id: _person(name, lane) for lane in lanes if lane.kind == "portal"}
    key, _plain = make_key(name=f"Website ({name})", source="website")
    made = [_entity(name, label, sealed, lanes, people, rng) for label, sealed, _share in ENTITIES]
    return _account(key, made)


def _account(key: ApiKey, made: Sequence[tuple[Entity, bool, tuple[Plan, Plan]]]) -> Account:
    revision = Revision.current()
    known = entities(revision)
    kinds = []
    for entity, sealed, plans in made:
        spec = known[entity.pk]
        Entity.objects.filter(pk=entity.pk).update(keyed_as=spec.mark)
        keys = {field.key: field.id for field in spec.keyed}
        kinds.append(Kind(entity.pk, entity.slug, entity.name, sealed, spec.mark, keys, plans))
    return Account(tuple(kinds), revision, key.pk)


def _lane(name: str, number: int) -> DeliverySettings:
    partner = Partner.objects.create(name=f"{name} {number + 1:03}", contact_email=f"p{number}@crm.invalid")
    kind = KINDS[number % len(KINDS)]
    row = save_settings(
        partner=partner,
        kind=kind,
        config=_config(kind, number),
        secrets={"signing": [{"secret": SECRET, "until": None}]} if kind == "webhook" else {},
        policy=None,
        everything=True,
        per_entity={},
    )
    partner.default_settings = row
    partner.save(update_fields=["default_settings"])
    return row


def _config(kind: str, number: int) -> dict[str, Any]:
    if kind == "email":
        return {"recipients": [f"leads@crm{number}.invalid"], "html": False}
    if kind == "portal":
        return {}
    url = f"https://crm{number}.invalid/leads"
    return {"url": url, "method": "POST", "format": "json", "headers": [], "signing": True}


def _person(name: str, lane: DeliverySettings) -> int:
    """Somebody of the partner, who answered in the portal; nobody can sign in as them."""
    address = f"{name}-{lane.partner_id}@crm.invalid".lower().replace(" ", "-")
    person = User.objects.create_user(email=address, name="Portal user")
    person.memberships.create(partner=lane.partner)
    return int(person.pk)


def _entity(
    name: str,
    label: str,
    sealed: bool,
    lanes: Sequence[DeliverySettings],
    people: dict[int, int],
    rng: random.Random,
) -> tuple[Entity, bool, tuple[Plan, Plan]]:
    title = f"{label} ({name})"
    slug = title.lower().replace(" ", "-").replace("(", "").replace(")", "")
    entity = Entity.objects.create(name=title, slug=slug, display_field="last_name", country="DE")
    fields = [*OPEN, SEALED] if sealed else OPEN
    Field.objects.bulk_create(Field(entity=entity, position=at, **each) for at, each in enumerate(fields))
    first = _plan(entity, f"{label}: first match", [], lanes, people, rng)
    rules = [[{"field": "budget", "op": "greater_than", "value": BUDGET}]]
    return entity, sealed, (first, _plan(entity, f"{label}: large", rules, lanes, people, rng))


def _plan(
    entity: Entity,
    name: str,
    rules: list[list[dict[str, Any]]],
    lanes: Sequence[DeliverySettings],
    people: dict[int, int],
    rng: random.Random,
) -> Plan:
    """A profile of First match; each partner wants one digit of the postcode, some the same."""
    profile = Profile.objects.create(entity=entity, name=name, base_price=25, rules=rules)
    chosen = rng.sample(range(len(lanes)), SEATS)
    rows = [
        Assignment(profile=profile, partner=lanes[lane].partner, priority=-at, rules=_wants(at % DIGITS))
        for at, lane in enumerate(chosen)
    ]
    Assignment.objects.bulk_create(rows)
    version = save_profile(profile=profile, by=None)
    seats = tuple(
        _seat(row.pk, at, lanes[lane], people.get(lanes[lane].partner_id))
        for at, (row, lane) in enumerate(zip(rows, chosen, strict=True))
    )
    # By Zipf: the largest partner has some dozens of times the leads of the smallest.
    weights = tuple(accumulate(1 / (1 + lane) for lane in chosen))
    return Plan(profile.pk, version.number, seats, weights)


def _wants(digit: int) -> list[list[dict[str, Any]]]:
    return [[{"field": "address.postcode", "op": "starts_with", "value": str(digit)}]]


def _seat(pk: int, at: int, lane: DeliverySettings, person: int | None) -> Seat:
    return Seat(
        id=pk,
        partner=lane.partner_id,
        settings=lane.pk,
        kind=lane.kind,
        host=lane.host,
        digit=at % DIGITS,
        price="25.0000",
        person=person,
        verdicts=" ".join(_verdict(other, at) for other in range(SEATS)),
    )


def _verdict(other: int, chosen: int) -> str:
    """What the record says of one seat where another was chosen; see models.verdicts."""
    if other == chosen:
        return "c"
    if other % DIGITS != chosen % DIGITS:
        return "r0,0"
    return "kpartner,day,50,50" if other < chosen else "o"


MISSED = " ".join(["r0,0"] * SEATS)
TOO_SMALL = " ".join(["p0,0"] * SEATS)
