"""Core modules beside each other, and calls that give way: the same compiled and by ctypes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from wherever.engine import asking, cache, slices
from wherever.engine.assembly import Assembly, Part
from wherever.engine.budget import Budget, divide
from wherever.engine.instance import Failed
from wherever.engine.runtime import engine
from wherever.engine.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.engine.assembly import Assembled

FIRST = """(module
  (import "host" "ask" (func $ask))
  (import "host" "now" (func $now (param i32) (result i64)))
  (memory (export "memory") 1 2)
  (table (export "table") 4 funcref)
  (type $nothing (func))
  (func $wait (loop $again (br_if $again (i32.load (i32.const 0)))))
  (func (export "asks")
    (i32.store (i32.const 0) (i32.const 7))
    (call $ask) (call $wait)
    (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1))))
  (func (export "calls") (call_indirect (type $nothing) (i32.const 0)))
  (func (export "spins") (loop $again (br $again)))
  (func (export "traps") unreachable)
  (func (export "number") (result i32) (i32.const -2))
  (func (export "times")
    (i64.store (i32.const 8) (call $now (i32.const 0)))
    (i64.store (i32.const 16) (call $now (i32.const 1))))
  (func (export "grows") (drop (memory.grow (i32.const 1)))))"""
SECOND = """(module
  (import "first" "memory" (memory 0))
  (import "first" "table" (table 0 funcref))
  (memory (export "own") 3)
  (func $put (i32.store (i32.const 64) (i32.const 42)))
  (elem (i32.const 0) func $put))"""
NAMES = "asks calls spins traps number times grows".split()
ENTRIES = [(0, name.encode()) for name in NAMES]
ASKS, CALLS, SPINS, TRAPS, NUMBER, TIMES, GROWS = range(7)
PAGE = 65536


@pytest.fixture(params=["compiled", "ctypes"], autouse=True)
def twin(request: pytest.FixtureRequest) -> Iterator[str]:
    before = asking.accelerator()
    asking.use(before if request.param == "compiled" else None)
    slices.watch(engine(Settings(), 1 << 20, 16).pointer, 0.002)
    slices.start(request)
    yield request.param
    slices.stop(request)
    asking.use(before)


def part(text: str, *sources: tuple[int, bytes]) -> Part:
    code = engine(Settings(), 1 << 20, 16).code(
        cache.artifact(text.encode(), Settings(), name="part", tiers=False)
    )
    return Part(code, sources)


def parts() -> list[Part]:
    return [part(FIRST), part(SECOND, (0, b"memory"), (0, b"table"))]


def made(budget: Budget | None = None) -> Assembled:
    given = parts()
    home = engine(Settings(), 1 << 20, 16)
    room = divide(64 << 20, [each.code.facts for each in given])
    return Assembly(home, given, ENTRIES).open(budget or room)


def finish(guest: Assembled, entry: int) -> None:
    guest.begin(entry)
    while not guest.poll():
        pass


def test_a_later_part_fills_the_table_of_the_first() -> None:
    guest = made()
    finish(guest, CALLS)
    assert guest.words(64, 1) == (42,)
    guest.close()


def test_a_guest_that_asks_gives_way_until_it_is_answered() -> None:
    guest = made()
    for turn in range(3):
        guest.begin(ASKS)
        while guest.words(0, 1) == (0,):  # a clock that others left on may end a turn before
            assert guest.poll() is False
        assert guest.words(0, 2) == (7, turn)
        assert guest.poll() is False  # not answered yet: it gives way at the next tick
        guest.put(0, 0)
        while not guest.poll():
            pass
        assert guest.words(0, 2) == (0, turn + 1)
    guest.close()


def test_a_guest_that_spins_gives_way_at_every_tick() -> None:
    guest = made()
    guest.begin(SPINS)
    assert [guest.poll() for _ in range(5)] == [False] * 5
    assert guest.cpu > 0.001
    guest.close()


def test_a_call_may_be_dropped_and_the_guest_closed_twice() -> None:
    guest = made()
    guest.begin(SPINS)
    guest.poll()
    guest.drop()
    guest.drop()
    guest.close()
    guest.close()
    for wrong in (lambda: guest.begin(CALLS), guest.poll, lambda: guest.read(0, 1)):
        with pytest.raises(RuntimeError):
            wrong()


def test_a_guest_whose_call_is_under_way_may_be_forgotten() -> None:
    for _ in range(20):
        guest = made()
        guest.begin(ASKS)
        guest.poll()
        del guest


def test_one_call_at_a_time() -> None:
    guest = made()
    guest.begin(ASKS)
    with pytest.raises(RuntimeError):
        guest.begin(CALLS)
    guest.close()
    fresh = made()
    with pytest.raises(RuntimeError, match="no call is under way"):
        fresh.poll()
    fresh.close()


def test_a_trap_is_told_and_the_guest_can_be_read_still() -> None:
    guest = made()
    guest.begin(TRAPS)
    with pytest.raises(Failed) as failed:
        while not guest.poll():
            pass
    assert failed.value.ending.kind == "trapped"
    assert guest.words(64, 1) == (0,)
    guest.close()


def test_a_number_has_32_bits() -> None:
    guest = made()
    assert guest.number(NUMBER) == 0xFFFFFFFE
    guest.close()


def test_time_is_told_in_nanoseconds() -> None:
    guest = made()
    finish(guest, TIMES)
    low, high, wall_low, wall_high = guest.words(8, 4)
    assert 0 < (low | high << 32) < 10**18
    assert 1_790_000_000 * 10**9 < (wall_low | wall_high << 32) < 5 * 10**18
    guest.close()


def test_memory_is_read_and_written_within_its_bounds() -> None:
    guest = made()
    guest.write(PAGE - 3, b"end")
    assert guest.read(PAGE - 3, 3) == b"end"
    guest.put(100, 1, 0xFFFFFFFF, 3)
    assert guest.words(100, 3) == (1, 0xFFFFFFFF, 3)
    assert guest.read(PAGE, 0) == b""
    wrong = [
        lambda: guest.read(PAGE - 2, 3),
        lambda: guest.read(PAGE + 1, 0),
        lambda: guest.read(2**63, 2**63),
        lambda: guest.write(PAGE - 2, b"end"),
        lambda: guest.words(PAGE - 3, 1),
        lambda: guest.words(0, 2**40),
        lambda: guest.put(PAGE - 4, 1, 2),
    ]
    for each in wrong:
        with pytest.raises(IndexError):
            each()
    for each in (lambda: guest.read(-1, 1), lambda: guest.words(-4, 1), lambda: guest.put(-4, 1)):
        with pytest.raises((IndexError, OverflowError)):
            each()
    assert guest.read(PAGE - 3, 3) == b"end"
    guest.close()


def test_memory_is_counted_as_it_grows() -> None:
    guest = made()
    assert guest.memory() == 4 * PAGE
    finish(guest, GROWS)
    assert guest.memory() == 5 * PAGE
    guest.write(PAGE, b"new")
    assert guest.read(PAGE, 3) == b"new"
    guest.close()


def test_what_a_part_lacks_is_named() -> None:
    home = engine(Settings(), 1 << 20, 16)
    lacking = [part(FIRST), part(SECOND, (0, b"memory"), (0, b"tabel"))]
    room = divide(64 << 20, [each.code.facts for each in lacking])
    with pytest.raises(LookupError, match="a part exports no tabel"):
        Assembly(home, lacking, ENTRIES).open(room)
    with pytest.raises(LookupError, match="a part exports no other"):
        Assembly(home, parts(), [(0, b"other")]).open(room)
    with pytest.raises(LookupError, match="a part exports no table"):
        # An entry that is no function is never called as one.
        Assembly(home, parts(), [(0, b"table")]).open(room)


def test_parts_that_do_not_fit_are_refused() -> None:
    room = divide(64 << 20, [each.code.facts for each in parts()])
    room.memory = 2 * PAGE
    with pytest.raises(Failed):
        made(room)


def test_a_start_function_without_an_end_is_ended() -> None:
    home = engine(Settings(), 1 << 20, 16)
    endless = part("(module (func $f (loop $again (br $again))) (start $f))")
    room = divide(64 << 20, [part(FIRST).code.facts, endless.code.facts])
    with pytest.raises(Failed):
        Assembly(home, [part(FIRST), endless], ENTRIES).open(room)


def test_what_the_engine_keeps_is_given_back() -> None:
    """More guests than there is room for at a time, one after the other."""
    given = parts()
    home = engine(Settings(), 1 << 20, 16)
    room = divide(64 << 20, [each.code.facts for each in given])
    kind = Assembly(home, given, ENTRIES)
    for _ in range(100):
        guests = [kind.open(room) for _ in range(4)]
        for guest in guests:
            guest.begin(ASKS)
            guest.poll()
        for guest in guests:
            guest.close()


def test_two_threads_may_each_have_a_guest() -> None:
    guests = [made(), made()]

    def work(guest: Assembled) -> None:
        for _ in range(200):
            guest.begin(ASKS)
            while not guest.poll():
                guest.put(0, 0)

    threads = [threading.Thread(target=work, args=(guest,)) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [guest.words(4, 1) for guest in guests] == [(200,), (200,)]
    for guest in guests:
        guest.close()


def test_a_request_is_asked_and_answered_in_one_step() -> None:
    guest = made()
    guest.write(200, b"hello world")
    guest.put(300, 200, 203, 5, 206, 4, 8, 9, 10)
    assert guest.answer(300, 328) == (200, b"lo wo", b"worl", 8, 9, 10, 4 * PAGE)
    assert guest.ask(CALLS, 400, b"data", 500, 1, 2) is True
    assert (guest.read(400, 4), guest.words(500, 2), guest.words(64, 1)) == (b"data", (1, 2), (42,))
    assert guest.ask(ASKS, 400, b"", 500, 3) is False
    with pytest.raises(RuntimeError):
        guest.ask(CALLS, 400, b"", 500, 3)
    guest.close()
    other = made()
    for place, at in ((PAGE - 1, 0), (0, PAGE - 4)):
        with pytest.raises(IndexError):
            other.ask(CALLS, place, b"data", at, 1, 2)
    with pytest.raises(IndexError):
        other.answer(300, PAGE - 3)
    other.put(300, 200, PAGE - 4, 5, 0, 0, 0, 0)
    with pytest.raises(IndexError):
        other.answer(300, 300)
    other.close()
