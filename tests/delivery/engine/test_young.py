"""Who may begin: few at once, the lowest rank first, free places one in a round of the loop."""

import asyncio

from delivery.engine.young import QUEUE, Young

ROUND = 50  # turns of the loop: more than anything here needs


async def turns(count: int = ROUND) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_lowest_rank_begins_first_and_equals_in_order() -> None:
    begun: list[str] = []

    async def run() -> None:
        young = Young(1, age=60)
        held = await young.enter(1)

        async def call(name: str, rank: int) -> None:
            with await young.enter(rank):
                begun.append(name)

        calls = [asyncio.create_task(call(*each)) for each in (("fourth", 4), ("first", 1), ("second", 1))]
        await turns()
        assert begun == []
        with held:
            pass
        await asyncio.gather(*calls)

    asyncio.run(run())
    assert begun == ["first", "second", "fourth"]


def test_free_places_are_filled_one_in_a_round_of_the_loop() -> None:
    async def run() -> list[int]:
        young = Young(1000, age=60)
        begun = 0

        async def call() -> None:
            nonlocal begun
            await young.enter(1)
            begun += 1

        calls = [asyncio.create_task(call()) for _ in range(20)]
        seen = []
        while not all(call.done() for call in calls):
            before = begun
            await asyncio.sleep(0)
            seen.append(begun - before)
        return seen

    seen = asyncio.run(run())
    assert sum(seen) == 20
    assert max(seen) == 1


def test_calls_that_end_together_are_followed_together() -> None:
    async def run() -> int:
        young = Young(3, age=60)
        held = [await young.enter(1) for _ in range(3)]
        begun = 0

        async def call() -> None:
            nonlocal begun
            await young.enter(1)
            begun += 1

        calls = [asyncio.create_task(call()) for _ in range(5)]
        await turns()
        for each in held:
            with each:
                pass
        await turns(1)
        for task in calls:
            task.cancel()
        return begun

    assert asyncio.run(run()) == 3


def test_place_is_given_back_by_age_and_once_only() -> None:
    async def run() -> None:
        young = Young(1, age=0.001)
        old = await young.enter(1)
        second = await asyncio.wait_for(young.enter(1), 5)
        with old:
            pass
        third = asyncio.create_task(young.enter(1))
        await turns()
        with second:
            pass
        await asyncio.wait_for(third, 5)

    asyncio.run(run())


def test_waiting_call_that_is_cut_off_keeps_no_place() -> None:
    async def run() -> None:
        young = Young(1, age=60)
        held = await young.enter(1)
        cut = asyncio.create_task(young.enter(1))
        await turns()
        with held:
            pass
        # Granted, and cut off before it knew: the place must not go with it.
        cut.cancel()
        await asyncio.wait([cut])
        await asyncio.wait_for(young.enter(1), 5)

    asyncio.run(run())


def test_many_waiting_are_no_calm() -> None:
    async def run() -> None:
        young = Young(1, age=60)
        held = await young.enter(1)
        calls = [asyncio.create_task(young.enter(1)) for _ in range(QUEUE + 1)]
        await turns()
        assert not young.calm.is_set()
        with held:
            pass
        await turns()
        assert young.calm.is_set()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    asyncio.run(run())
