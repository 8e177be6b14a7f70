"""Runs by number: each has a seed of its own, so one of them can be done again."""

import random

from django.db import connection

from tests.proof.books import Books
from tests.proof.routers import Routers
from tests.proof.run import Run
from tests.proof.scene import draw

ROUTERS = 16


def one(seed: int, number: int, living: Routers, books: Books) -> None:
    """Run `number` of `seed`."""
    rng = random.Random(f"{seed} {number}")
    scene = draw(rng)
    books.run = f"run {number}, {scene}: "
    Run(scene, living, rng, books).go()


def sweep() -> None:
    """Empties the tables of leads; nobody routes."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE distribution_lead CASCADE")
