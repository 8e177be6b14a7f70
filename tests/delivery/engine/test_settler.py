"""When results are written: one that comes alone at once, in busy times several by one statement."""

import asyncio
import json
from typing import Any
from uuid import UUID

from delivery.engine.link import Link, Params
from delivery.engine.settle import Result, Settler
from leadflip.kit import clock
from leadflip.kit.ids import uuid7


class Slow(Link):
    """A connection whose statements end when the test says so; the batches that it was given."""

    def __init__(self) -> None:
        super().__init__("test")
        self.batches: list[list[str]] = []
        self.go_on = asyncio.Event()

    async def fetch(self, sql: str, params: Params) -> list[Any]:
        ids = [row["id"] for row in json.loads(params["results"])]
        self.batches.append(ids)
        await self.go_on.wait()
        return [(UUID(job),) for job in ids]


def result() -> Result:
    return Result(uuid7(), "token", 1, "delivered", "delivered", clock.now())


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_one_alone_is_written_at_once_and_few_in_busy_times_wait_for_company() -> None:
    async def run() -> list[int]:
        link = Slow()
        settler = Settler(link, lambda: None)
        writing = asyncio.create_task(settler.run())
        settler.put(result())
        await turns()
        assert [len(batch) for batch in link.batches] == [1]
        for _ in range(3):
            settler.put(result())
        link.go_on.set()
        await settler.drained()
        settler.put(result())
        await turns()
        settler.put(result())
        await settler.drained()
        # The first after two may wait, the one after that comes alone again.
        settler.put(result())
        await settler.drained()
        settler.put(result())
        await turns()
        written = [len(batch) for batch in link.batches]
        writing.cancel()
        return written

    assert asyncio.run(run()) == [1, 3, 2, 1, 1]
