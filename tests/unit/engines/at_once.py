"""Calls made at the same time."""

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def at_once(call: Callable[[int], Result], count: int) -> list[Result]:
    """Return what so many calls return, each in a thread of its own and given its number."""
    found: dict[int, Result] = {}

    def run(number: int) -> None:
        found[number] = call(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return [found[number] for number in range(count)]
