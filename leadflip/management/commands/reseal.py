"""Seals everything under the first key of ENCRYPTION_KEYS, while the product runs."""

import signal
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from distribution.intake import renewal
from leadflip.kit import reseal
from leadflip.kit.reseal import Column
from partners.accounts.factor import seals

# Between two words on how far it is.
TOLD_EVERY = 5.0
# Waits before a busy row is looked at again, in seconds; what then is busy still, the count at the end tells.
WAITS = (0.05, 0.2, 0.5, 1.0, 2.0)


class Stopped(Exception):
    """A signal came; the batch in hand was finished."""


class Command(BaseCommand):
    help = (
        "Seal all sealed values anew under the first key of ENCRYPTION_KEYS. It may run beside everything "
        "else, be stopped and be started again. Ends with 1 while values are left under older keys, or that "
        "no key opens."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Count only, and change nothing.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        self._began = self._told = time.monotonic()
        self._read = self._renewed = 0
        self._asked = False
        try:
            with self._listening():
                if not check:
                    for column in reseal.columns():
                        self._renew(column)
                    self._renewed += seals.renew()
                    self._say(f"Sealed anew: {self._renewed:,}, in {time.monotonic() - self._began:.1f} s.")
                left, lost = self._count()
        except Stopped:
            raise CommandError(
                f"Stopped after {self._renewed:,} values were sealed anew. They stay so: start it again for "
                "the rest."
            ) from None
        self._end(left, lost)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """SIGINT and SIGTERM end it between two batches."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self._stop) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _stop(self, *_: object) -> None:
        self._asked = True

    def _renew(self, column: Column) -> None:
        for rows in reseal.batches(column):
            busy = self._batch(column, rows)
            for seconds in WAITS:
                if not busy:
                    break
                time.sleep(seconds)
                busy = self._batch(column, reseal.again(column, busy))
            self._step(column, len(rows))

    def _batch(self, column: Column, rows: Sequence[reseal.Row]) -> list[Any]:
        done = reseal.renew(column, rows)
        self._renewed += done.renewed
        return done.busy

    def _count(self) -> tuple[int, int]:
        """How many are left under older keys, and how many no key opens; tells whose these are."""
        left = lost = 0
        for column in reseal.columns():
            for rows in reseal.batches(column):
                behind, shut = reseal.older(rows)
                left, lost = left + behind, lost + len(shut)
                for key in shut:
                    self._say(f"No key opens: {column.owner(key)}")
                self._step(column, len(rows))
        factors = seals.standing()
        for whose in factors.lost:
            self._say(f"No key opens: {whose}")
        return left + factors.older, lost + len(factors.lost)

    def _step(self, column: Column, read: int) -> None:
        self._read += read
        now = time.monotonic()
        if now - self._told >= TOLD_EVERY:
            self._told = now
            pace = self._read / (now - self._began)
            self._say(
                f"{column}: {self._read:,} read, {self._renewed:,} sealed anew, {pace:,.0f} a second so far"
            )
        if self._asked:
            raise Stopped

    def _end(self, left: int, lost: int) -> None:
        self._say(f"Left under older keys: {left:,}. Opened by no key: {lost:,}.")
        self._say(f"Entities left under older DIGEST_KEYS: {renewal.behind():,}; the worker does them.")
        if left:
            raise CommandError(
                "Older keys are still needed: see that every process was restarted with the new first key, "
                "then start this again."
            )
        if lost:
            raise CommandError(
                "The values named above stay shut until the key that sealed them stands in ENCRYPTION_KEYS."
            )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
