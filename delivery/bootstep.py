"""The Celery worker hosts the engine: a process of its own, started, watched and stopped with it."""

import logging
import subprocess
import sys
import threading
from typing import Any

from celery import bootsteps
from celery.signals import worker_shutting_down
from django.conf import settings

logger = logging.getLogger(__name__)

PAUSE = 0.5
COMMAND = [sys.executable, "-m", "django", "deliver", "--settings", "leadflip.settings", "--with-parent"]


class EngineStep(bootsteps.StartStopStep):
    """Starts ENGINE_PROCESSES engines and starts one again that died."""

    def __init__(self, parent: Any, **_options: Any) -> None:
        super().__init__(parent)
        self._hosts: list[Host] = []

    def start(self, parent: Any) -> None:
        self._hosts = [Host() for _ in range(settings.ENGINE_PROCESSES)]
        worker_shutting_down.connect(self._ask, weak=False)

    def stop(self, parent: Any) -> None:
        self._ask()
        for host in self._hosts:
            host.join()

    def terminate(self, parent: Any) -> None:
        self.stop(parent)

    def _ask(self, **_kwargs: Any) -> None:
        # Sent at SIGTERM, before Celery's own stop: the engines use that time.
        for host in self._hosts:
            host.ask()


class Host:
    """One engine process and the thread that watches it."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process = self._spawn()
        self._thread = threading.Thread(target=self._watch, name="engine", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Tells the engine to stop: it finishes what is quick."""
        self._stopping.set()
        if self._process.poll() is None:
            self._process.terminate()

    def join(self) -> None:
        """Waits for the end; an engine that outlives its grace is killed, the lease keeps its rows."""
        self._thread.join(settings.GRACE_SECONDS + 10)
        if self._process.poll() is None:
            self._process.kill()

    def _spawn(self) -> subprocess.Popen[bytes]:
        # Its end of the pipe tells the engine when the worker is gone, however it went.
        return subprocess.Popen(COMMAND, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603  # our own command

    def _watch(self) -> None:
        while True:
            code = self._process.wait()
            if self._stopping.wait(PAUSE):
                return
            logger.error("the engine ended with %s and is started again", code)
            self._process = self._spawn()
