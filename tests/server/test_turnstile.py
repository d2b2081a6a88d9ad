"""The turnstile: one in each turn of the event loop, in the order of coming."""

import asyncio

from server.turnstile import Turnstile


async def test_many_who_come_at_once_begin_one_by_one() -> None:
    turnstile, turn, begun = Turnstile(), 0, list[tuple[int, int]]()

    async def begin(number: int) -> None:
        await turnstile.pass_through()
        begun.append((number, turn))

    tasks = [asyncio.create_task(begin(number)) for number in range(50)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        turn += 1

    assert [number for number, _turn in begun] == list(range(50))
    assert len({turn for _number, turn in begun}) == 50
