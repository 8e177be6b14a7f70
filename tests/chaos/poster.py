"""A good source: steady, with an Idempotency-Key a lead, and again after an error or no answer."""

import asyncio
import json
import time
from collections import Counter
from concurrent.futures import Future
from threading import Thread

import aiohttp

from tests.chaos.books import Posted
from tests.chaos.partners import desk, lead

PAUSE = 0.5
# No answer for so long counts as none.
PATIENCE = 10.0
GIVEN_UP = 90.0
SERVER_ERROR = 500


class Poster:
    """Posts `count` leads over `seconds`, each at its time, whatever became of those before."""

    def __init__(self, url: str, key: str, count: int, seconds: float) -> None:
        self._url, self._key = url, key
        self._count, self._seconds = count, seconds
        self.trouble: Counter[str] = Counter()
        self.posted: list[Posted] = []

    def start(self) -> Future[None]:
        """Begins in a thread of its own; done when each lead has its answer or was given up."""
        done: Future[None] = Future()
        # A daemon: a run that is stopped does not wait for leads that nobody takes any more.
        Thread(target=self._work, args=[done], name="poster", daemon=True).start()
        return done

    def _work(self, done: Future[None]) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                for number in range(self._count):
                    due = began + number * self._seconds / self._count
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    group.create_task(self._lead(session, number))

    async def _lead(self, session: aiohttp.ClientSession, number: int) -> None:
        body = json.dumps(lead(number)).encode()
        until = time.monotonic() + GIVEN_UP
        posts, told, refusal = 0, None, ""
        while told is None and not refusal and time.monotonic() < until:
            if posts:
                await asyncio.sleep(PAUSE)
            posts += 1
            told, refusal = await self._post(session, number, body)
        self.posted.append(Posted(number, desk(number), told, posts, refusal))

    async def _post(self, session: aiohttp.ClientSession, number: int, body: bytes) -> tuple[str | None, str]:
        """The lead's id, or why it was refused for good; neither when it is to be posted again."""
        try:
            async with session.post(
                self._url, data=body, headers={"Idempotency-Key": f"chaos-{number}"}
            ) as answer:
                said = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self.trouble[type(error).__name__] += 1
            return None, ""
        if answer.status >= SERVER_ERROR:
            self.trouble[f"status {answer.status}"] += 1
            return None, ""
        if answer.status != 200:
            return None, f"{answer.status} {said[:200].decode(errors='replace')}"
        return str(json.loads(said)["lead_id"]), ""
