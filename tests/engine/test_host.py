"""Functions of Python that guests call, by ctypes and by the accelerator."""

import threading
import weakref

import pytest

import wherever
from wherever.engine import fast

WAYS = ["ctypes", *(["accelerator"] if fast.accelerator() else [])]


@pytest.fixture(params=WAYS, autouse=True)
def way(request):
    before = fast.accelerator()
    fast.use(before if request.param == "accelerator" else None)
    yield request.param
    fast.use(before)


def guest_of(signature, function, calls="(call $f)"):
    """A guest whose export `go` has the type of the host function that it calls."""
    params, _, results = signature.partition("->")
    kind = "".join(f"(param {p}) " for p in params.split()) + "".join(
        f"(result {r}) " for r in results.split()
    )
    passed = "".join(f"(local.get {n})" for n in range(len(params.split())))
    text = f"""(module (import "env" "f" (func $f {kind}))
      (memory (export "memory") 1)
      (func (export "go") {kind} {passed} (call $f)))"""
    return wherever.load(text.encode(), imports={"env": {"f": function}})


def test_arguments_and_results_cross_unchanged():
    seen = []

    def turn(*values):
        seen.append(values)
        return tuple(reversed(values))

    bytes_16 = bytes(range(16))
    with guest_of("i32 i64 f32 f64 v128 -> v128 f64 f32 i64 i32", turn) as guest:
        assert guest.go(-1, -2, 0.5, 0.25, bytes_16) == (bytes_16, 0.25, 0.5, -2, -1)
    assert seen == [(-1, -2, 0.5, 0.25, bytes_16)]


def test_many_arguments():
    kinds = " ".join(["i64"] * 30)
    with guest_of(f"{kinds} -> i64", lambda *values: sum(values)) as guest:
        assert guest.go(*range(30)) == sum(range(30))


def test_a_function_without_results_may_return_anything():
    kept = []
    with guest_of("i32 ->", kept.append) as guest:
        assert guest.go(5) is None
    with guest_of("i32 ->", lambda value: "ignored") as guest:
        assert guest.go(5) is None
    assert kept == [5]


@pytest.mark.parametrize(
    ("signature", "result", "error", "words"),
    [
        ("-> i32", "x", TypeError, "env.f gave a result: a str is not a whole number"),
        ("-> i32", None, TypeError, "env.f gave a result: a NoneType is not a whole number"),
        ("-> i32", 2**40, OverflowError, f"env.f gave a result: {2**40} does not fit into i32"),
        ("-> f64", "x", TypeError, "env.f gave a result: a str is not a number"),
        ("-> v128", b"", OverflowError, "env.f gave a result: 0 bytes are not the 16 of a v128"),
        ("-> i32 i32", 5, TypeError, "env.f gave int, not a tuple of 2 results"),
        ("-> i32 i32", (1, 2, 3), TypeError, "env.f gave tuple, not a tuple of 2 results"),
        (
            "-> i32 i32",
            (1, None),
            TypeError,
            "env.f gave a result: a NoneType is not a whole number",
        ),
    ],
)
def test_a_result_that_does_not_fit_is_said(signature, result, error, words):
    with guest_of(signature, lambda: result) as guest:
        with pytest.raises(error) as caught:
            guest.go()
    assert str(caught.value) == words


def test_results_as_a_list_will_do():
    with guest_of("-> i32 f64", lambda: [1, 2.5]) as guest:
        assert guest.go() == (1, 2.5)


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_a_host_function_raises_comes_out_as_it_was(kind):
    raised = kind("no")

    def fail():
        raise raised

    with guest_of("->", fail) as guest:
        with pytest.raises(kind) as caught:
            guest.go()
        assert caught.value is raised
        assert caught.traceback[-1].name == "fail"
        with pytest.raises(wherever.InputError) as refused:
            guest.go()
    assert str(refused.value) == (
        f"{kind.__name__} of a host function ended this guest during go; load it again"
    )


def test_guests_on_four_threads_each_raise_their_own_exception():
    """The library of others keeps the last exception in a global, and mixes them up."""
    mixed = []

    def work(number):
        for turn in range(100):
            mark = f"{number}:{turn}"

            def fail(mark=mark):
                raise ValueError(mark)

            with guest_of("->", fail) as guest, pytest.raises(ValueError) as caught:
                guest.go()
            if str(caught.value) != mark:
                mixed.append((mark, str(caught.value)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == []


def test_a_host_function_may_call_the_guest_back():
    text = b"""(module (import "env" "f" (func $f (param i64) (result i64)))
      (func (export "factorial") (param $n i64) (result i64)
        (if (result i64) (i64.le_s (local.get $n) (i64.const 1))
          (then (i64.const 1))
          (else (i64.mul (local.get $n)
            (call $f (i64.sub (local.get $n) (i64.const 1))))))))"""
    with wherever.load(text, imports={"env": {"f": lambda n: guest.factorial(n)}}) as guest:
        assert guest.factorial(15) == 1307674368000


def test_the_first_exception_of_nested_calls_is_the_one_that_comes_out():
    text = b"""(module (import "env" "f" (func $f (param i32)))
      (func (export "go") (param i32) (call $f (local.get 0))))"""

    def step(depth):
        if depth == 3:
            raise LookupError("deep")
        guest.go(depth + 1)

    with wherever.load(text, imports={"env": {"f": step}}) as guest:
        with pytest.raises(LookupError, match="deep"):
            guest.go(0)


def test_guests_that_call_each_other_too_deep_are_stopped_in_words(way):
    """Each store brings a native stack of its own: without a check this ends the process."""
    text = b"""(module (import "env" "f" (func $f))
      (func $down (param i32)
        (if (local.get 0)
          (then (call $down (i32.sub (local.get 0) (i32.const 1))))
          (else (call $f))))
      (func (export "go") (call $down (i32.const 4000))))"""
    guests = []

    def deeper():
        guest = wherever.load(text, imports={"env": {"f": deeper}})
        guests.append(guest)
        guest.go()

    with pytest.raises(wherever.LimitReached) as caught:
        deeper()
    assert caught.value.limit == "stack"
    assert "guests and host functions call each other too deep" in str(caught.value)
    assert len(guests) > 3
    with wherever.load(text, imports={"env": {"f": lambda: None}}) as guest:
        guest.go()


def test_closing_a_guest_from_its_own_host_function_waits_for_the_call():
    guest = guest_of("-> i32", lambda: guest.close() or 7)
    assert guest.go() == 7
    with pytest.raises(wherever.InputError, match="this guest was closed"):
        guest.go()
    store = guest._guest.gate.store
    assert store.pointer
    guest.close()
    assert not store.pointer


def test_a_host_function_is_let_go_with_its_guest():
    class Service:
        def answer(self):
            return 42

    service = Service()
    seen = weakref.ref(service)
    guest = guest_of("-> i32", service.answer)
    assert guest.go() == 42
    del service
    assert seen() is not None
    guest.close()
    del guest
    assert seen() is None
