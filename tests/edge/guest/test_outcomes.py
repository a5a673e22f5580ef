"""One request, one outcome: the log, the counters and what the client got say the same."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.edge.guest.ways import Way
from wherever.edge.http import answers
from wherever.edge.observe import layout


async def _asked(folder: Path, code: str, target: str, short: bool, **options: Any) -> None:
    way = Way(folder, code, short, **options)
    try:
        said = await way.ask(f"GET {target} HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode())
        (line,) = (each for each in way.logged() if each["kind"] == "request")
        counted = way.counted()
    finally:
        way.close()
    status = int(said.split()[1])
    outcomes = dict(zip(layout.OUTCOMES, counted["outcomes"], strict=True))
    assert line["status"] == status
    assert counted["statuses"][status // 100] == sum(counted["statuses"]) == 1
    wanted = "ok" if status == 200 else "error"
    assert line["outcome"] == wanted
    assert {name: count for name, count in outcomes.items() if count} == {wanted: 1}
    assert counted["runs"] == counted["requests"] == 1


@pytest.mark.parametrize("short", [True, False], ids=["short", "long"])
@pytest.mark.parametrize("isolation", ["fresh", "pool"])
@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("plain", "/"),
        ("plain", "/?1"),
        ("plain", "/?2"),
        ("plain", "/?9"),
        ("plain", "/?10"),
        ("plain", "/?11"),
        ("answers", "/request"),
        ("answers", "/promise?9"),
        ("answers", "/silent"),
        ("answers", "/send?300000"),
        ("answers", "/trailers"),
    ],
)
def test_a_request_has_one_outcome(
    tmp_path: Path, code: str, target: str, isolation: str, short: bool
) -> None:
    asyncio.run(_asked(tmp_path, code, target, short, isolation=isolation))


@pytest.mark.parametrize("target", ["/request", "/send?300000"])
def test_what_the_server_refuses_to_send_is_no_good_outcome(
    tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = answers.head

    def refusing(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        if status == 200:
            raise answers.BadAnswer("the app answered with a header that cannot be sent")
        return real(status, headers)

    monkeypatch.setattr(answers, "head", refusing)
    asyncio.run(_asked(tmp_path, "answers", target, False, isolation="fresh"))
