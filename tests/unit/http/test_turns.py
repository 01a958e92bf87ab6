import asyncio

from myna.http.turns import Turns


def test_whoever_runs_out_of_sound_soonest_goes_first():
    async def story() -> list[str]:
        turns, order = Turns(1), list[str]()

        async def take(name: str, deadline: float) -> None:
            async with turns.turn(deadline):
                order.append(name)

        async with turns.turn(0.0):
            names = {"far ahead": 9.0, "new": 1.0, "hungry": 0.5, "also new": 1.0}
            tasks = [asyncio.create_task(take(*entry)) for entry in names.items()]
            await asyncio.sleep(0)
            assert turns.waiting == 4
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(story()) == ["hungry", "new", "also new", "far ahead"]


def test_whoever_leaves_the_queue_takes_no_turn():
    async def story() -> int:
        turns, done = Turns(1), 0

        async def take() -> None:
            nonlocal done
            async with turns.turn(0.0):
                done += 1

        async with turns.turn(0.0):
            tasks = [asyncio.create_task(take()) for _ in range(3)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.sleep(0)
            assert turns.waiting == 2
        tasks[1].cancel()  # granted in this very moment
        await asyncio.gather(*tasks, return_exceptions=True)
        async with turns.turn(0.0):
            return done

    assert asyncio.run(story()) == 1
