"""Round robin's shares: eight routers at once, and each member within one lead of its exact share."""

import time
from fractions import Fraction

from django.db import transaction

from delivery.models import Job
from distribution.models import Assignment, Entity, Lead, Profile
from distribution.models.lead import Routing
from distribution.models.profile import Strategy
from distribution.services import save_profile
from leadflip.kit import clock
from leadflip.kit.ids import uuid7
from partners.services import touch
from tests.proof.books import Books
from tests.proof.scene import partner

WEIGHTS = ((1, 1), (1, 9), (1, 99))
ROUTERS = 8
SIZES = (7, 50, 100)
LEADS = 10_000
PATIENCE = 120.0


def prove(weights: tuple[int, ...], count: int, books: Books) -> None:
    """Lets the routers that live route `count` leads over members of these weights."""
    with transaction.atomic():
        touch()
        entity = Entity.objects.create(name="Lead", slug=f"share-{Entity.objects.count()}")
        profile = Profile.objects.create(entity=entity, name="Shares", strategy=Strategy.ROUND_ROBIN)
        rows = [
            Assignment.objects.create(profile=profile, partner=partner("UTC"), weight=weight)
            for weight in weights
        ]
        save_profile(profile=profile, by=None)
    now = clock.now()
    Lead.objects.bulk_create(
        (
            Lead(id=uuid7(now), entity=entity, routing=Routing.WAITING, routing_due=now, created_at=now)
            for _ in range(count)
        ),
        batch_size=1000,
    )
    until = time.monotonic() + PATIENCE
    while Lead.objects.filter(entity=entity, routing=Routing.WAITING).exists() and time.monotonic() < until:
        time.sleep(0.05)
    for number, row in enumerate(rows, 1):
        got, exact = Job.objects.filter(assignment=row).count(), Fraction(count * row.weight, sum(weights))
        books.add(f"leads of member {number} of {':'.join(map(str, weights))}", got)
        if abs(got - exact) > 1:
            books.fault(f"weights {weights}: {got} of {count} leads for weight {row.weight}")
