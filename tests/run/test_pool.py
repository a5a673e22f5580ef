"""Pools: many calls, each in a guest of its own or in one that is reused."""

import asyncio
import threading
import time

import pytest

import wherever

TEXT = b"""(module
  (import "env" "hold" (func $hold))
  (global $n (mut i32) (i32.const 0))
  (func (export "next") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
  (func (export "square") (param $n i64) (result i64) (i64.mul (local.get $n) (local.get $n)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "hold") (call $hold))
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
  (func (export "spin") (loop $again (br $again))))"""


def pool_of(size=2, hold=lambda: None, **options):
    return wherever.Pool(TEXT, size, imports={"env": {"hold": hold}}, **options)


def test_each_call_has_an_instance_of_its_own():
    with pool_of() as pool:
        assert [pool.call("next") for _ in range(5)] == [1] * 5
        assert repr(pool) == "<pool of 2 fresh guests of program.wasm>"


def test_instances_are_reused_when_asked():
    with pool_of(1, fresh=False) as pool:
        assert [pool.call("next") for _ in range(5)] == [1, 2, 3, 4, 5]
        assert repr(pool) == "<pool of 1 reused guests of program.wasm>"


@pytest.mark.parametrize("fresh", [True, False])
def test_a_call_that_fails_costs_only_its_own_guest(fresh):
    with pool_of(1, fresh=fresh, timeout=0.2) as pool:
        for _ in range(3):
            with pytest.raises(wherever.Trapped, match="integer divide by zero"):
                pool.call("divide", 0)
            with pytest.raises(wherever.LimitReached, match="spin stopped after"):
                pool.call("spin")
            with pytest.raises(TypeError, match="a str is not a whole number"):
                pool.call("divide", "x")
            with pytest.raises(wherever.InputError, match="exports no function nope"):
                pool.call("nope")
            assert pool.call("divide", 20) == 5


def test_as_many_calls_at_a_time_as_there_is_room_for():
    inside, most, lock = [0], [0], threading.Lock()

    def hold():
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        with lock:
            inside[0] -= 1

    with pool_of(3, hold) as pool:
        threads = [threading.Thread(target=pool.call, args=("hold",)) for _ in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == [3]


def test_map_keeps_the_order_and_takes_little_ahead():
    taken = []

    def numbers():
        for number in range(1000):
            taken.append(number)
            yield number

    with pool_of() as pool:
        results = pool.map("square", numbers())
        assert [next(results) for _ in range(3)] == [0, 1, 4]
        assert len(taken) < 20
        results.close()
        assert list(pool.map("add", [1, 2, 3], [10, 20, 30])) == [11, 22, 33]
        with pytest.raises(wherever.Trapped):
            list(pool.map("divide", [1, 0, 2]))
        assert pool.call("square", 5) == 25


def test_closing_stops_what_runs():
    pool = pool_of(2)
    ended = []

    def spin():
        with pytest.raises(wherever.WhereverError) as caught:
            pool.call("spin")
        ended.append(str(caught.value))

    threads = [threading.Thread(target=spin) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    pool.close()
    pool.close()
    for thread in threads:
        thread.join()
    assert sorted(ended) == [
        "spin was killed",
        "spin was killed",
        "this pool was closed; make a new one",
    ]
    with pytest.raises(wherever.InputError, match="this pool was closed"):
        pool.call("next")
    with pytest.raises(wherever.InputError, match="this pool was closed"):
        next(pool.map("square", [1]))


def test_a_cancelled_task_ends_its_guest_and_leaves_its_place():
    async def main():
        with pool_of(1) as pool:
            spinning = asyncio.ensure_future(pool.acall("spin"))
            await asyncio.sleep(0.05)
            waiting = asyncio.ensure_future(pool.acall("spin"))
            await asyncio.sleep(0.05)
            for task in (waiting, spinning):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            return await asyncio.gather(*[pool.acall("square", n) for n in range(20)])

    assert asyncio.run(main()) == [n * n for n in range(20)]


def test_a_guest_that_does_not_come_through_its_start_leaves_its_place():
    text = b"""(module (import "env" "f" (func $f)) (func (export "go")) (start $f))"""
    fails = [True]

    def f():
        if fails[0]:
            raise LookupError("not yet")

    with wherever.Pool(text, 1, imports={"env": {"f": f}}) as pool:
        for _ in range(3):
            with pytest.raises(LookupError):
                pool.call("go")
        fails[0] = False
        assert pool.call("go") is None


def test_a_pool_has_room_for_something():
    with pytest.raises(wherever.InputError, match="a pool of 0 has room for no call"):
        pool_of(0)


def test_nothing_is_left_after_many_calls(rss, descriptors):
    with pool_of(2) as pool:
        list(pool.map("square", range(300)))
        memory, files = rss(), descriptors()
        list(pool.map("square", range(1500)))
        assert rss() - memory < 4 << 20
        assert descriptors() == files


def test_a_map_that_is_left_early_ends_nobody_elses_call():
    inside, go_on = threading.Event(), threading.Event()

    def hold():
        inside.set()
        go_on.wait(10)

    with pool_of(1, hold, fresh=False) as pool:
        squares = pool.map("square", range(4))
        assert next(squares) == 0
        ended = []
        other = threading.Thread(target=lambda: ended.append(pool.call("hold")))
        other.start()
        assert inside.wait(10)
        squares.close()  # its first call was in the guest that holds now
        go_on.set()
        other.join(10)
        assert ended == [None]
