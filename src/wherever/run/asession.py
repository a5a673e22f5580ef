"""`aspawn`: a guest that runs beside an event loop, with asyncio's own streams."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import BinaryIO, Literal, Self, Unpack

from wherever.errors import InputError
from wherever.policy.grants import Grants
from wherever.policy.limits import Limits
from wherever.policy.outcome import Outcome
from wherever.run.request import Folder, LimitValues, What, bytes_for
from wherever.run.session import MOST_COLLECTED, Session, Stream, spawn

_CHUNK = 1 << 16


async def aspawn(
    what: What,
    args: Sequence[str | os.PathLike[str]] = (),
    *,
    stdin: Stream = "pipe",
    stdout: Stream = "pipe",
    stderr: Stream | Literal["stdout"] = "pipe",
    dirs: Sequence[Folder] = (),
    env: Mapping[str, str] | None = None,
    net: Sequence[str] = (),
    workdir: str = "",
    entrypoint: str = "",
    deterministic: bool | int = False,
    grants: Grants | None = None,
    limits: Limits | None = None,
    **values: Unpack[LimitValues],
) -> AsyncSession:
    """`spawn` for asyncio: the same arguments, and streams to await.

    Example:
        >>> import asyncio, wherever
        >>> module = b'(module (memory (export "memory") 1) (func (export "_start")))'
        >>> async def main():
        ...     async with await wherever.aspawn(module) as session:
        ...         return (await session.wait()).exit_code
        >>> asyncio.run(main())
        0
    """
    starting = asyncio.ensure_future(
        asyncio.to_thread(
            spawn,
            what,
            args,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            dirs=dirs,
            env=env,
            net=net,
            workdir=workdir,
            entrypoint=entrypoint,
            deterministic=deterministic,
            grants=grants,
            limits=limits,
            **values,
        )
    )
    try:
        session = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # It is ended as soon as it is there; until then nobody holds it.
        await asyncio.wait([starting])
        if starting.exception() is None:
            await asyncio.to_thread(starting.result().close)
        raise
    wrapped = AsyncSession(session)
    await wrapped._connect()
    return wrapped


class AsyncSession:
    """A guest that runs in a process of its own; see `Session`.

    Attributes:
        stdin: what is written here the guest reads; None unless it is a pipe.
        stdout, stderr: what the guest writes; None unless they are pipes.
        name: what messages call the program.

    Leaving an `async with` block ends a guest that still runs.
    """

    def __init__(self, session: Session) -> None:
        self.name = session.name
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None
        self._session = session
        self._transports: list[asyncio.BaseTransport] = []
        self._watching: asyncio.Task[Outcome] | None = None

    async def _connect(self) -> None:
        self.stdout = await self._reader(self._session.stdout)
        self.stderr = await self._reader(self._session.stderr)
        if self._session.stdin is not None:
            loop = asyncio.get_running_loop()
            # The protocol that holds writers back while the pipe is full.
            transport, protocol = await loop.connect_write_pipe(
                asyncio.streams.FlowControlMixin, self._session.stdin
            )
            self._transports.append(transport)
            self.stdin = asyncio.StreamWriter(transport, protocol, None, loop)

    async def _reader(self, pipe: BinaryIO | None) -> asyncio.StreamReader | None:
        if pipe is None:
            return None
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        self._transports.append(transport)
        return reader

    @property
    def pid(self) -> int:
        """The process that the guest runs in."""
        return self._session.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, as in its outcome; None while it was not seen to end."""
        return self._session.exit_code

    def poll(self) -> Outcome | None:
        """The outcome if the guest has ended, else None."""
        return self._session.poll()

    async def wait(self) -> Outcome:
        """Waits for the end of the guest; giving up the waiting does not end it."""
        if self._watching is None:
            self._watching = asyncio.ensure_future(self._watch())
        return await asyncio.shield(self._watching)

    async def _watch(self) -> Outcome:
        loop = asyncio.get_running_loop()
        while True:
            outcome = self._session.poll()
            if outcome is not None:
                return outcome
            ready = asyncio.Event()
            line = self._session.fileno()
            loop.add_reader(line, ready.set)
            try:
                async with asyncio.timeout(self._session.overdue_in()):
                    await ready.wait()
            except TimeoutError:
                pass
            finally:
                loop.remove_reader(line)

    def kill(self) -> None:
        """Ends the guest now, whatever it is doing; nothing happens if it has ended."""
        self._session.kill()

    terminate = kill

    async def communicate(self, input: bytes | str | None = None) -> tuple[bytes, bytes]:
        """Writes `input`, reads both streams to their ends, and waits for the end of the guest.

        Where the guest writes more than its limit of output, or 64 MiB without one, it is ended,
        and what came before is returned.
        """
        room = [MOST_COLLECTED if self._session.output is None else self._session.output]
        _, out, err = await asyncio.gather(
            self._feed(bytes_for(input)),
            self._collect(self.stdout, room),
            self._collect(self.stderr, room),
        )
        await self.wait()
        return out, err

    async def _feed(self, given: bytes) -> None:
        if self.stdin is None:
            return
        try:
            self.stdin.write(given)
            await self.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the guest does not want the rest
        self.stdin.close()

    async def _collect(self, reader: asyncio.StreamReader | None, room: list[int]) -> bytes:
        parts: list[bytes] = []
        while reader is not None and room[0] >= 0:
            data = await reader.read(_CHUNK)
            if not data:
                break
            parts.append(data if len(data) <= room[0] else data[: room[0]])
            room[0] -= len(data)
            if room[0] < 0:
                self._session.end_by_output()
        return b"".join(parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The lines of its stdout, as they come."""
        if self.stdout is None:
            raise InputError(f"the stdout of {self.name} is not a pipe", "pass stdout='pipe'")
        async for line in self.stdout:
            yield line

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> Outcome:
        """Ends the guest if it still runs, and closes the streams."""
        self.kill()
        try:
            return await self.wait()
        finally:
            for transport in self._transports:
                transport.close()
