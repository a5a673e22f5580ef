"""Send damaged requests the short way and the long one: what comes back must be the same bytes.

    python -m tests.fuzz.fuzz_lane --seconds 60

A request that is answered in two ways is kept in the folder `--keep` names.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.edge.guest.ways import Way
from tests.fuzz.fuzz_components import turns
from tests.hostile.test_components import ROOT

WHOLE = [
    b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    b"GET /a/b?c=d&e HTTP/1.1\r\nHost: shop.test:80\r\nAccept: */*\r\nCookie: a=b; c=d\r\n\r\n",
    b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-A: \t1 \r\n\r\na=b&c",
    b"PUT /x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    b"OPTIONS /%20 HTTP/1.1\r\nhost: a.b\r\nuser-agent: curl/8.0\r\n\r\n",
]
PIECES = b"""\
\r\n|\r|\n|:| |\t|\x00|\x7f|\xe9|"|\\|#|%|%2e|..|//|?|*|HTTP/1.0|HTTP/1.1|Host: b|Connection: close|
Connection: Keep-Alive|Transfer-Encoding: chunked|Content-Length: 5|Content-Length: 05|Expect: x|
Upgrade: a|TE: trailers|X-Forwarded-Prefix: /a|Keep-Alive: 5|HEAD|TRACE|http://b/|0\r\n\r\n|, |;\
""".replace(b"|\n", b"|").split(b"|")


def damaged(rng: random.Random) -> bytes:
    """A request with some things wrong, or right in another way."""
    data = bytearray(rng.choice(WHOLE))
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at:at] = rng.choice(PIECES)
            case 1:
                data[at : at + rng.randrange(4)] = b""
            case 2:
                data[at : at + 1] = bytes((rng.randrange(256),))
            case 3:
                data[at:at] = b"\r\n" + rng.choice(PIECES)
            case _:
                other = rng.choice(WHOLE)
                data[at:] = other[rng.randrange(len(other)) :]
    return bytes(data)


async def fuzz(args: argparse.Namespace, folder: Path) -> int:
    """Ask until the time or the rounds are over; 1 where the ways differ."""
    short, long = (
        Way(folder, "plain", each, isolation="pool", reuse=100) for each in (True, False)
    )
    loop = asyncio.get_running_loop()

    def used(data: bytes) -> bool:
        before = short.lane.answered
        answers = [asyncio.run_coroutine_threadsafe(way.ask(data), loop) for way in (short, long)]
        one, other = (answer.result(30) for answer in answers)
        if one != other or short.logged() != long.logged():
            raise AssertionError(f"{one!r} is not {other!r}")
        short.journal.lines.clear()
        long.journal.lines.clear()
        return bool(short.lane.answered > before)

    done = await asyncio.to_thread(turns, args, args.seconds, "lane", damaged, used)
    same = short.counted() == long.counted()
    short.close()
    long.close()
    if done is None or not same:
        return 1
    print(f"{done[0]} requests: {done[1]} went the short way, all were answered alike")
    return 0


def main(words: list[str]) -> int:
    """Read the options, and fuzz."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default=str(ROOT / ".cache" / "fuzz"))
    args = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(fuzz(args, Path(folder)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
