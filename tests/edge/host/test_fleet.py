"""The workers of one configuration, driven directly."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
from pathlib import Path

import pytest

from wherever.edge import serverfile
from wherever.edge.host import fleet
from wherever.edge.host.fleet import Fleet
from wherever.errors import InputError, WhereverError

TEXT = '[server]\nworkers = 2\n[[app]]\nname = "a"\npackage = "{}"\n'


def made(what: str, sock: socket.socket, said: list[str]) -> Fleet:
    config = serverfile.parse(TEXT.format(what))
    return Fleet(1, config, [sock], said.append, opener="tests.edge.host.tiny:open_app")


def test_a_worker_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "WATCH_S", 0.1)
    monkeypatch.setattr(fleet, "SILENT_S", 1.0)
    said: list[str] = []

    async def story(sock: socket.socket) -> None:
        workers = made("pid:0", sock, said)
        await workers.start()
        hanging = workers.slots[1].pid
        os.kill(hanging, signal.SIGSTOP)
        slot = workers.slots[1]
        async with asyncio.timeout(10):
            while (slot.restarts, slot.state) != (1, "ready"):
                await workers.ask()
                await asyncio.sleep(0.02)
        assert slot.pid not in (0, hanging)
        await workers.drain(1)

    with socket.create_server(("127.0.0.1", 0)) as sock:
        asyncio.run(story(sock))
    # On a machine with much to do, the other one may have been silent for as long.
    assert [line for line in said if line.startswith("worker 1 ")][:2] == [
        "worker 1 has said nothing for 1 s",
        "worker 1 was ended by SIGKILL; another takes its place",
    ]


@pytest.mark.parametrize(
    ("what", "kind", "code", "words"),
    [
        ("broken", InputError, 125, "a: it does not compile; mend it"),
        ("large", WhereverError, 137, "a: it needs more memory than it may have; give it more"),
        (
            "raises", WhereverError, 125,
            "this is a bug of ours: ValueError: of nobody; please report it with its log",
        ),
        ("dies", InputError, 125, "a worker was ended by SIGABRT before it was ready; see what it"),
    ],
)  # fmt: skip
def test_why_workers_cannot_begin_is_told_as_it_was(
    what: str, kind: type[WhereverError], code: int, words: str
) -> None:
    async def story(sock: socket.socket) -> Fleet:
        workers = made(what, sock, [])
        with pytest.raises(kind) as caught:
            await workers.start()
        assert caught.value.exit_code == code
        assert str(caught.value).startswith(words)
        return workers

    with socket.create_server(("127.0.0.1", 0)) as sock:
        workers = asyncio.run(story(sock))
    assert [slot.pid for slot in workers.slots] == [0, 0]


def look(pid: int) -> tuple[int, int]:
    """Descriptors that a process may have, and how soon the system ends it."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    line = next(each for each in lines if each.startswith("Max open files"))
    return int(line.split()[3]), int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def test_workers_may_have_many_descriptors_and_go_before_their_supervisor() -> None:
    async def story(sock: socket.socket) -> tuple[int, int]:
        workers = made("pid:0", sock, [])
        await workers.start()
        pid = workers.slots[0].pid
        found = look(pid)
        await workers.drain(1)
        return found

    with socket.create_server(("127.0.0.1", 0)) as sock:
        files, score = asyncio.run(story(sock))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert files >= min(1 << 16, hard)
    ours = int(Path("/proc/self/oom_score_adj").read_text())
    assert score == min(1000, ours + 200)
