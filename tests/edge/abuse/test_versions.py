"""Guests of the command, under load: what a killed worker loses, and that nothing else is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.abuse.serving import Real, app, real
from tests.edge.guest.building import guest
from tests.edge.host.running import Load
from tests.edge.site import site

MIB = 1 << 20


@pytest.fixture
def served(kept_tools: None, tmp_path: Path) -> Iterator[Real]:
    """Two workers, of which each answers `one` to all but what is for `wasi`."""
    (tmp_path / "one.wat").write_text(site("one"))
    (tmp_path / "two.wat").write_text(site("two"))
    (tmp_path / "none.wat").write_text("(module)")
    text = app("word", tmp_path / "one.wat", 'route = "/..."') + app("wasi", guest("answers"))
    with real(tmp_path, text, workers=2) as server:
        yield server


def test_deploys_rollbacks_and_broken_versions_lose_no_request(served: Real) -> None:
    folder = served.file.parent
    with Load(served.port, connections=4) as load:
        load.wait(100)
        for words, code, answer in [
            (("deploy", "word", str(folder / "two.wat")), 0, "two"),
            (("deploy", "word", str(folder / "none.wat")), 125, "two"),
            (("rollback", "word"), 0, "one"),
        ]:
            done = served.command(*words, "--server", served.name)
            assert done.returncode == code, done.stderr
            load.wait(100)
            assert served.ask("/") == (200, answer.encode())
    assert load.failed == []
    assert set(load.answers) == {"one", "two"}


def test_an_answer_that_streams_outlives_the_version_that_gives_it(served: Real) -> None:
    async def read_slowly() -> int:
        reader, writer = await asyncio.open_connection(*served.address, limit=MIB)
        writer.write(
            f"GET /wasi/send?{20 * MIB} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()
        )
        size = len(await reader.readexactly(MIB))
        done = await asyncio.to_thread(served.command, "reload", served.name)
        assert done.returncode == 0, done.stderr
        size += len(await reader.read(-1))
        writer.close()
        return size

    before = set(served.workers())
    assert 20 * MIB < asyncio.run(read_slowly()) < 21 * MIB
    assert served.until(lambda: not before & set(served.workers()))


def test_a_worker_that_is_killed_loses_only_what_it_was_answering(served: Real) -> None:
    workers = served.workers()
    assert len(workers) == 2

    async def kill_one() -> list[bytes]:
        """Eight streams, one of the two workers killed in their midst."""
        lines = [await asyncio.open_connection(*served.address, limit=MIB) for _ in range(8)]
        for _, writer in lines:
            writer.write(b"GET /wasi/slowly HTTP/1.1\r\nhost: x\r\n\r\n")
        for reader, _ in lines:
            await reader.readuntil(b"at once\n")
        os.kill(workers[0], signal.SIGKILL)
        ends = []
        for reader, writer in lines:
            try:
                ends.append(await asyncio.wait_for(reader.read(100), 1))
            except TimeoutError:
                ends.append(b"still there")
            except ConnectionResetError:
                ends.append(b"")
            writer.close()
        return ends

    with Load(served.port, connections=4) as load:
        load.wait(50)
        ends = asyncio.run(kill_one())
        load.wait(50)
        assert served.until(lambda: len(served.workers()) == 2)
        load.wait(50)
    assert set(ends) <= {b"", b"\r\n", b"still there"}
    assert len(load.failed) <= 4
    assert workers[1] in served.workers()
    assert workers[0] not in served.workers()
    assert "was ended by SIGKILL; another takes its place" in served.said()
