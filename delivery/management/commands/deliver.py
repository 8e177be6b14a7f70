"""Runs one delivery engine in the foreground."""

import asyncio
import gc
import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

import uvloop
from django.core.management.base import BaseCommand

from delivery.engine.engine import Engine


class Command(BaseCommand):
    help = "Deliver what is due until stopped (the Celery worker starts this by itself)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--with-parent", action="store_true", help="Also stop when standard input is closed."
        )

    def handle(self, *args: Any, with_parent: bool, **options: Any) -> None:
        _spare_the_collector()
        # A thread that reads leads hands back to the calls after a millisecond, not five.
        sys.setswitchinterval(0.001)
        uvloop.run(_deliver(with_parent))
        # A thread that waits for a database gone silent is not waited for: what it held stands in the rows.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _spare_the_collector() -> None:
    """What was imported stays for good, and calls make no rings: looking less often saves a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _deliver(with_parent: bool) -> None:
    async with Engine() as engine:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, engine.stop)
        if with_parent:
            await loop.connect_read_pipe(lambda: _Parent(engine), sys.stdin)
        await engine.run()


class _Parent(asyncio.Protocol):
    """Standard input, held open by whoever started us: its end is the parent's end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def connection_lost(self, exc: Exception | None) -> None:
        self._engine.stop()
