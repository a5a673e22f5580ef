"""A module's functions, called from Python: memory, a host function, limits and a pool.

Run it with: python examples/library/stats.py
"""

from __future__ import annotations

import array
import asyncio
from pathlib import Path

import wherever

MODULE = Path(__file__).with_name("stats.wat")


@wherever.host
def progress(done: int, of: int) -> None:
    print(f"{done} of {of}")


def main() -> None:
    # 1. Load it: it reaches nothing but the function it is given, and no call lasts a second.
    with wherever.load(MODULE, host=[progress], memory="16m", timeout=1) as stats:
        numbers = array.array("d", (n % 7 for n in range(70_000)))
        at = stats.room(len(numbers) * numbers.itemsize)
        stats.memory.write(at, numbers)
        mean, deviation = stats.describe(at, count=len(numbers))
        print(f"mean {mean:.3f}, deviation {deviation:.3f}")

        # 2. What goes wrong is said, and costs no more than this guest.
        try:
            stats.ratio(1, 0)
        except wherever.Trapped as error:
            print(error)

    # 3. Many calls, each in a fresh guest, two at a time.
    with wherever.Pool(MODULE, 2, host=[progress], timeout=1) as pool:
        print(list(pool.map("ratio", [1, 2, 3], [4, 4, 4])))

        # 4. The same for asyncio.
        async def several() -> list[int]:
            return await asyncio.gather(*(pool.acall("ratio", n, 10) for n in range(4)))

        print(asyncio.run(several()))


if __name__ == "__main__":
    main()
