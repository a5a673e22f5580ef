"""Feeds one pipe and empties two at the same time, without threads and without a deadlock."""

from __future__ import annotations

import os
import select
import time
from typing import BinaryIO

_CHUNK = 1 << 16


def communicate(
    stdin: BinaryIO | None,
    outputs: list[BinaryIO | None],
    given: bytes,
    most: int,
    end: float | None,
) -> tuple[list[bytes], bool]:
    """Writes `given` and closes `stdin`; reads the outputs to their ends, up to `most` bytes.

    Args:
        stdin: a pipe to write to, or None.
        outputs: pipes to read from, or None in their places.
        given: what to write.
        most: bytes to read in all; reading stops there.
        end: `time.monotonic()` at which to give up, or None.

    Returns:
        What was read from each output, and whether there was more than `most`.

    Raises:
        TimeoutError: the end came first.
    """
    poll = select.poll()
    parts = [bytearray() for _ in outputs]
    places: dict[int, int] = {}
    room = most
    view = memoryview(given)
    writing = _begin_writing(stdin, view, poll)
    for place, stream in enumerate(outputs):
        if stream is not None and not stream.closed:
            os.set_blocking(stream.fileno(), False)
            parts[place] += _buffered(stream)
            room -= len(parts[place])
            places[stream.fileno()] = place
            poll.register(stream.fileno(), select.POLLIN)
    while room >= 0 and (places or writing is not None):
        left = None if end is None else (end - time.monotonic()) * 1000
        if left is not None and left <= 0:
            raise TimeoutError("the guest still runs")
        for fd, _ in poll.poll(left):
            if fd in places:
                data = os.read(fd, min(_CHUNK, room + 1))
                if not data:
                    poll.unregister(fd)
                    del places[fd]
                    continue
                parts[places[fd]] += data
                room -= len(data)
                if room < 0:
                    del parts[places[fd]][room:]
                    break
            elif stdin is not None:
                view = _write(fd, view)
                if not view:
                    poll.unregister(fd)
                    stdin.close()
                    writing = None
    return [bytes(part) for part in parts], room < 0


def _begin_writing(stdin: BinaryIO | None, view: memoryview, poll: select.poll) -> int | None:
    if stdin is None or stdin.closed:
        return None
    try:
        stdin.flush()
    except BrokenPipeError:
        view = memoryview(b"")
    if not view:
        try:
            stdin.close()
        except BrokenPipeError:
            pass
        return None
    fd = stdin.fileno()
    os.set_blocking(fd, False)
    poll.register(fd, select.POLLOUT)
    return fd


def _write(fd: int, view: memoryview) -> memoryview:
    try:
        return view[os.write(fd, view) :]
    except BlockingIOError:
        return view
    except BrokenPipeError:
        return memoryview(b"")  # the guest does not want the rest


def _buffered(stream: BinaryIO) -> bytes:
    """What was read from the pipe already, and not yet taken."""
    peek = getattr(stream, "peek", None)
    waiting = peek() if peek is not None else b""
    return stream.read(len(waiting)) if waiting else b""
