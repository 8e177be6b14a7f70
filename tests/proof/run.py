"""One run: leads come in while routers die, jobs end badly, further leads come; then all is counted."""

import random
import time

from django.db.models import Q
from django.db.models.functions import Now

from delivery.models import Job
from delivery.models.job import WAITING, Status
from delivery.services import cancel
from distribution.models import Lead
from distribution.models.lead import Routing
from leadflip.kit import clock
from leadflip.kit.ids import uuid7
from tests.proof.books import Books, audit, held
from tests.proof.routers import Routers
from tests.proof.scene import Scene, Stage, build

TURN = 0.05
# A lead whose routing failed waits for 5 s.
PATIENCE = 60.0
# How often a look at the routers ends in a kill, while there are kills left.
DEADLY = 0.6
MOST_ENDED = 12


class Run:
    """The scene among these routers; what is found is added to `books`."""

    def __init__(self, scene: Scene, routers: Routers, rng: random.Random, books: Books) -> None:
        self._routers, self._rng, self._books = routers, rng, books
        self._kills = scene.kills
        self.stage: Stage = build(scene)

    def go(self) -> None:
        """All of it."""
        scene, stage = self.stage.scene, self.stage
        self._post(scene.leads(self._missing()))
        self._settle("after the first leads", full=True)
        freed = self._end(self._rng.randint(1, MOST_ENDED))
        self._post(self._rng.randint(0, MOST_ENDED))
        self._settle("after jobs ended badly", full=False)
        missing = self._missing()
        self._post(scene.leads(missing))
        self._settle("after further leads", full=True)
        self._books.add("runs", 1)
        self._books.add("places at the caps", sum(owner.cap.most for owner in stage.owners))
        self._books.add("places given back", freed)
        self._books.add("places filled again by further leads", missing)
        audit(stage, self._books)

    def _missing(self) -> int:
        return sum(owner.cap.most - held(owner) for owner in self.stage.owners)

    def _post(self, count: int) -> None:
        """So many leads, due at once."""
        Lead.objects.bulk_create([self._lead() for _ in range(count)])
        self._books.add("leads", count)

    def _lead(self) -> Lead:
        now = clock.now()
        return Lead(
            id=uuid7(now), entity=self.stage.entity, routing=Routing.WAITING, routing_due=now, created_at=now
        )

    def _end(self, count: int) -> int:
        """Ends jobs that hold a place, as the engine and as an operator do; returns how many."""
        owned = Q()
        for owner in self.stage.owners:
            owned |= Q(**{owner.column: owner.id})
        jobs = list(Job.objects.filter(owned, counted_on__isnull=False, status__in=WAITING))
        chosen = self._rng.sample(jobs, min(count, len(jobs)))
        for job in chosen:
            if self._rng.random() < 0.5:
                cancel(job_id=job.pk, reason="Proof")
            else:
                Job.objects.filter(pk=job.pk).update(
                    status=Status.FAILED, next_attempt_at=None, settled_at=Now(), told=False
                )
        return len(chosen)

    def _settle(self, when: str, *, full: bool) -> None:
        """Waits until all is routed and told, killing meanwhile; then the places must be as they should."""
        until = time.monotonic() + PATIENCE
        while open_ := self._open():
            if time.monotonic() > until:
                self._books.fault(f"{when}: {open_} leads and ends are not dealt with after {PATIENCE:.0f} s")
                return
            self._look()
            self._perhaps_kill()
            time.sleep(TURN)
        for owner in self.stage.owners:
            found = held(owner)
            if full and found < owner.cap.most:
                self._books.fault(f"{when}: {owner.cap} holds {found} only")
        self._look()

    def _look(self) -> None:
        """Never above, at any moment."""
        for owner in self.stage.owners:
            found = held(owner)
            if found > owner.cap.most:
                self._books.fault(f"{owner.cap} holds {found}")

    def _open(self) -> int:
        entity = self.stage.entity
        waiting = Lead.objects.filter(entity=entity, routing=Routing.WAITING).count()
        ended = [Status.FAILED, Status.CANCELLED]
        return waiting + Job.objects.filter(told=False, status__in=ended, lead__entity=entity).count()

    def _perhaps_kill(self) -> None:
        if not self._kills or self._rng.random() > DEADLY:
            return
        routing = self._routers.routing()
        if routing:
            self._routers.kill(self._rng.choice(routing))
            self._routers.start(1)
            self._kills -= 1
            self._books.add("routers killed in mid-routing", 1)
        self._books.ended(self._routers.ended())
