"""Frames between a worker and its owner: whole, checked, and nothing that nobody asked for."""

from __future__ import annotations

import _socket
import os
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.run.ended import Ended
from wherever.run.wire import (
    BEGAN,
    ENDED,
    JOB,
    TRACE,
    Garbled,
    Line,
    pack_ending,
    pack_refusal,
    unpack_ending,
    unpack_refusal,
)


@pytest.fixture
def pair() -> Iterator[tuple[Line, Line]]:
    """An owner's end and a worker's end."""
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    yield Line(ours, 1 << 20), Line(theirs, 1 << 30, takes_fds=True)
    ours.close()
    theirs.close()


def take(line: Line) -> tuple[bytes, bytes]:
    while True:
        frame = line.take()
        if frame is not None:
            return frame
        assert line.fill()


def test_frames_come_out_as_they_went_in(pair: tuple[Line, Line]) -> None:
    owner, worker = pair
    for frame in ((BEGAN, b""), (TRACE, b"fd_write"), (ENDED, b"\0" * 1000)):
        worker.send(*frame)
    assert [take(owner) for _ in range(3)] == [
        (BEGAN, b""),
        (TRACE, b"fd_write"),
        (ENDED, b"\0" * 1000),
    ]
    worker.sock.close()
    assert not owner.fill() and owner.take() is None


def test_a_job_may_be_large(pair: tuple[Line, Line]) -> None:
    owner, worker = pair
    job = os.urandom(1 << 20) * 10
    sending = threading.Thread(target=owner.send, args=(JOB, job))
    sending.start()
    assert take(worker) == (JOB, job)
    sending.join()


def test_descriptors_go_with_a_job(pair: tuple[Line, Line]) -> None:
    owner, worker = pair
    reading, writing = os.pipe()
    owner.send(JOB, b"job", (reading, writing, reading))
    assert take(worker) == (JOB, b"job")
    assert len(worker.fds) == 3
    os.write(worker.fds[1], b"through")
    assert os.read(reading, 10) == b"through"
    assert not any(os.get_inheritable(fd) for fd in worker.fds)
    for fd in (reading, writing, *worker.fds):
        os.close(fd)


def test_a_worker_cannot_hand_descriptors_to_its_owner(
    pair: tuple[Line, Line], descriptors: Callable[[], int]
) -> None:
    owner, worker = pair
    before = descriptors()
    for _ in range(10):
        worker.send(TRACE, b"take these", (0, 1, 2))
        assert take(owner) == (TRACE, b"take these")
    assert (owner.fds, descriptors()) == ([], before)


@pytest.mark.parametrize("sent", [b"Z\0\0\0\0", b"E\xff\xff\xff\xff", b"\0" * 5, b"E\0\x10\0\x01"])
def test_what_cannot_be_a_frame_is_refused_at_its_first_bytes(
    pair: tuple[Line, Line], sent: bytes
) -> None:
    owner, worker = pair
    worker.sock.sendall(sent)
    assert owner.fill()
    with pytest.raises(Garbled):
        owner.take()


def test_who_cannot_send_in_time_is_told(pair: tuple[Line, Line]) -> None:
    owner, worker = pair
    filling = threading.Thread(target=worker.send, args=(TRACE, b"x" * (1 << 20)), daemon=True)
    filling.start()
    while not owner.fill():
        pass
    with pytest.raises(TimeoutError, match="another frame does not get through"):
        worker.send(ENDED, b"")
    while len(owner._buffer) < (1 << 20) + 5:
        owner.fill()
    filling.join()


numbers = st.none() | st.integers(min_value=0, max_value=1 << 63)


@given(
    st.sampled_from(["exited", "trapped", "limit", "killed"]),
    st.integers(0, 255),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50),
    st.lists(st.text("abc.", max_size=10), max_size=5),
    numbers,
    numbers,
    st.booleans(),
)
def test_an_ending_comes_back_whole(
    kind: str,
    code: int,
    message: str,
    frames: list[str],
    fuel: int | None,
    memory: int | None,
    again: bool,
) -> None:
    ended = Ended(kind, code, "fuel", message, tuple(frames))
    ended.wall_s, ended.cpu_s, ended.fuel, ended.memory = 1.25, 0.5, fuel, memory
    back, waits = unpack_ending(pack_ending(ended, again))
    assert waits == again
    for name in ("kind", "exit_code", "limit", "message", "backtrace", "wall_s", "cpu_s", "fuel"):
        assert getattr(back, name) == getattr(ended, name)
    assert (back.memory, back.output, back.host_calls) == (memory, None, None)


def test_a_refusal_comes_back_whole() -> None:
    parts = ("NotRunnable", "it is no program", "see: wherever inspect", "")
    assert unpack_refusal(pack_refusal(*parts, True)) == (*parts, True)


@given(st.binary(max_size=200))
def test_nonsense_is_garbled_or_harmless(payload: bytes) -> None:
    for unpack in (unpack_ending, unpack_refusal):
        try:
            unpack(payload)
        except Garbled:
            pass
