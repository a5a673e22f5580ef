"""Components: what runs, what is told to one that cannot, and virtual time for the rest."""

import pytest

import wherever
from tests.edge.site import site
from wherever.errors import NotRunnable

COMMAND = """(component
  (core module $m (func (export "run") (result i32) {body}))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $cli (export "run" (func $run)))
  (export "{name}" (instance $cli)))"""


def command(body: str, name: str = "wasi:cli/run@0.2.0") -> bytes:
    return COMMAND.format(body=body, name=name).encode()


@pytest.mark.parametrize("version", ["0.2.0", "0.2.3", "0.2.12"])
def test_any_patch_version_runs(version: str) -> None:
    out = wherever.run(command("(i32.const 0)", f"wasi:cli/run@{version}"))
    assert (out.ended, out.exit_code) == ("exited", 0)


def test_a_failure_is_exit_code_one() -> None:
    assert wherever.run(command("(i32.const 1)")).exit_code == 1


def test_a_trap_and_a_loop() -> None:
    out = wherever.run(command("unreachable"))
    assert (out.ended, out.exit_code) == ("trapped", 134)
    out = wherever.run(command("(loop $l (br $l)) (i32.const 0)"), timeout=0.2)
    assert (out.limit, out.exit_code) == ("timeout", 124)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (
            command("(i32.const 0)", "wasi:cli/run@0.3.0"),
            "it is a command of wasi:cli/run@0.3.0, which the engine cannot host yet; "
            "build it for WASI 0.2",
        ),
        (
            b'(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))'
            b' (func (export "f") (canon lift (core func $i "f"))))',
            "it is a component without a command; it exports f; "
            "call a function of it: wherever run --invoke NAME FILE",
        ),
        (
            site("hello").encode(),
            "it answers HTTP, and has no command to run; serve it: wherever serve FILE",
        ),
    ],
)
def test_what_cannot_be_started_is_told(module: bytes, words: str) -> None:
    with pytest.raises(NotRunnable) as caught:
        wherever.run(module)
    assert str(caught.value).removeprefix("program.wasm: ") == words


DICE = """(component
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
    (export "now" (func (result u64)))))
  (import "wasi:clocks/wall-clock@0.2.3" (instance $wall
    (type $r (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $datetime (eq $r)))
    (export "now" (func (result $datetime)))))
  (import "wasi:random/random@0.2.3" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
    (export "get-random-u64" (func (result u64)))))
  (import "wasi:random/insecure-seed@0.2.3" (instance $seed
    (export "insecure-seed" (func (result (tuple u64 u64))))))
  (core module $libc (memory (export "memory") 1) (global $top (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 3)))))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $mem))
  (alias core export $libc "realloc" (core func $realloc))
  (alias export $clock "now" (func $clock_now))
  (alias export $wall "now" (func $wall_now))
  (alias export $random "get-random-bytes" (func $random_bytes))
  (alias export $random "get-random-u64" (func $random_u64))
  (alias export $seed "insecure-seed" (func $insecure_seed))
  (core func $now (canon lower (func $clock_now)))
  (core func $wall (canon lower (func $wall_now) (memory $mem)))
  (core func $bytes (canon lower (func $random_bytes) (memory $mem) (realloc $realloc)))
  (core func $u64 (canon lower (func $random_u64)))
  (core func $pair (canon lower (func $insecure_seed) (memory $mem)))
  (core module $m
    (import "host" "memory" (memory 1))
    (import "host" "now" (func $now (result i64)))
    (import "host" "wall" (func $wall (param i32)))
    (import "host" "bytes" (func $bytes (param i64 i32)))
    (import "host" "u64" (func $u64 (result i64)))
    (import "host" "pair" (func $pair (param i32)))
    (func $check (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
    (func (export "run") (result i32)
      (call $check (i64.eq (call $now) (i64.const 1000)))
      (call $check (i64.eq (call $now) (i64.const 2000)))
      (call $wall (i32.const 0))
      (call $check (i64.eq (i64.load (i32.const 0)) (i64.const 1000000000)))
      (call $check (i32.eq (i32.load (i32.const 8)) (i32.const 3000)))
      (call $check (i64.eq (call $u64) (i64.const {first})))
      (call $bytes (i64.const 11) (i32.const 16))
      (call $check (i32.eq (i32.load (i32.const 20)) (i32.const 11)))
      (call $check (i64.eq (i64.load (i32.load (i32.const 16))) (i64.const {second})))
      (call $pair (i32.const 32))
      (call $check (i64.ne (i64.load (i32.const 32)) (i64.load (i32.const 40))))
      (i32.const 0)))
  (core instance $i (instantiate $m (with "host" (instance
    (export "memory" (memory $mem)) (export "now" (func $now))
    (export "wall" (func $wall)) (export "bytes" (func $bytes))
    (export "u64" (func $u64)) (export "pair" (func $pair))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $cli (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $cli)))"""


def splitmix(state: int) -> tuple[int, int]:
    """The next state of the generator, and its number."""
    state = (state + 0x9E3779B97F4A7C15) % (1 << 64)
    mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % (1 << 64)
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % (1 << 64)
    return state, mixed ^ (mixed >> 31)


def test_time_and_dice_are_the_same_in_every_deterministic_run() -> None:
    state, first = splitmix(7)
    _, second = splitmix(state)
    module = DICE.replace("{first}", str(first)).replace("{second}", str(second)).encode()
    one, two = (wherever.run(module, deterministic=7) for _ in range(2))
    assert (one.ended, one.message, one.backtrace) == ("exited", "", ())
    assert one.usage.fuel == two.usage.fuel is not None
    assert wherever.run(module, deterministic=8).ended == "trapped"
    assert wherever.run(module).ended == "trapped"
