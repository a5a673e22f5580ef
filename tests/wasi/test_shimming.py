"""The shim and what stands between it and a guest: built from its source, and fitted to each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.guest.answering import settings, site
from wherever.errors import NotRunnable

ROOT = Path(__file__).resolve().parents[2]
WORKED, FAILED = 504, 502
"""What a guest's error codes 33 and 7 are answered with."""

CASES = " ".join(
    f'(case "n{n}"' + {17: " (option u64)", 22: " (option $sizes)"}.get(n, "") + ")"
    for n in range(39)
)
HANDLER = f"""(component
  (import "wasi:http/types@0.2.77" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "outgoing-response" (type $response (sub resource)))
    (export "response-outparam" (type $outparam (sub resource)))
    (type $size (record (field "name" (option string)) (field "size" (option u32))))
    (export "sizes" (type $sizes (eq $size)))
    (type $codes (variant {CASES}))
    (export "error-code" (type $code (eq $codes)))
    (export "[static]response-outparam.set" (func (param "param" (own $outparam))
      (param "response" (result (own $response) (error $code)))))))
  %(imports)s
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $outparam))
  (alias export $types "[static]response-outparam.set" (func $set))
  (core module $space (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (i32.const 64)))))
  (core instance $one (instantiate $space))
  (core instance $two (instantiate $space))
  (core func $set (canon lower (func $set) (memory (core memory $one "memory"))))
  %(lowered)s
  (core module $main
    (import "set" "set" (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
    (import "one" "memory" (memory $one 1))
    (import "two" "memory" (memory $two 1))
    %(core)s
    (func $answer (param $out i32) (param $code i32)
      (call $set (local.get $out) (i32.const 1) (local.get $code)
        (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (func (export "handle") (param $in i32) (param $out i32)
      (call $answer (local.get $out)
        (if (result i32) %(works)s (then (i32.const 33)) (else (i32.const 7))))))
  (core instance $main (instantiate $main
    (with "set" (instance (export "set" (func $set))))
    (with "one" (instance $one)) (with "two" (instance $two))
    %(given)s))
  (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
    (canon lift (core func $main "handle")))
  (component $named
    (import "import-request" (type $request (sub resource)))
    (import "import-outparam" (type $outparam (sub resource)))
    (import "handle" (func $handle
      (param "request" (own $request)) (param "response-out" (own $outparam))))
    (export "handle" (func $handle)))
  (instance $handler (instantiate $named
    (with "import-request" (type $request)) (with "import-outparam" (type $outparam))
    (with "handle" (func $handle))))
  (export "wasi:http/incoming-handler@0.2.77" (instance $handler)))"""

PLAIN = {"imports": "", "lowered": "", "core": "", "given": "", "works": "(i32.const 1)"}

RANDOM = {
    "imports": """(import "wasi:random/random@0.2.0" (instance $random
      (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
      (alias export $random "get-random-bytes" (func $bytes))""",
    "lowered": """
      (core func $bytes1 (canon lower (func $bytes)
        (memory (core memory $one "memory")) (realloc (core func $one "realloc"))))
      (core func $bytes2 (canon lower (func $bytes)
        (memory (core memory $two "memory")) (realloc (core func $two "realloc"))))""",
    "core": """
      (import "random" "one" (func $bytes1 (param i64 i32)))
      (import "random" "two" (func $bytes2 (param i64 i32)))
      (func $both (result i32)
        (call $bytes1 (i64.const 16) (i32.const 0))
        (call $bytes2 (i64.const 24) (i32.const 32))
        (i32.and
          (i32.and
            (i32.eq (i32.load $one (i32.const 4)) (i32.const 16))
            (i32.eqz (i32.load $one (i32.const 36))))
          (i32.and
            (i32.eq (i32.load $two (i32.const 36)) (i32.const 24))
            (i32.and
              (i32.eqz (i32.load $two (i32.const 4)))
              (i64.ne (i64.load $two (i32.load $two (i32.const 32))) (i64.const 0))))))""",
    "given": """(with "random" (instance
      (export "one" (func $bytes1)) (export "two" (func $bytes2))))""",
    "works": "(call $both)",
}


def importing(interface: str, name: str, type: str, params: str, call: str) -> dict[str, str]:
    """A handler that calls one function of an interface."""
    return {
        "imports": f"""(import "{interface}" (instance $other (export "{name}" (func {type}))))
          (alias export $other "{name}" (func $other))""",
        "lowered": "(core func $other (canon lower (func $other)))",
        "core": f'(import "other" "{name}" (func $other {params}))',
        "given": f'(with "other" (instance (export "{name}" (func $other))))',
        "works": call,
    }


Wat = Callable[..., Path]


def test_the_shim_is_what_its_source_makes() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/shim", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_handler_of_any_patch_version_is_fitted(wat: Wat) -> None:
    with site(code=wat(HANDLER % PLAIN)) as served:
        assert served.fetch("/")[0] == WORKED


def test_a_guest_with_two_memories_finds_each_result_in_its_own(wat: Wat) -> None:
    with site(code=wat(HANDLER % RANDOM)) as served:
        assert [served.fetch("/")[0] for _ in range(3)] == [WORKED] * 3


def test_what_the_shim_does_not_have_traps_when_it_is_called(wat: Wat) -> None:
    text = HANDLER % importing(
        "wasi:random/random@0.2.99",
        "get-more",
        '(param "of" u32) (result u32)',
        "(param i32) (result i32)",
        "(call $other (i32.const 1))",
    )
    with site(code=wat(text)) as served:
        assert served.fetch("/")[::2] == (500, b"The app failed.\n")
        ((_, note),) = served.meter.notes
        assert note.startswith("GET /: it trapped: ")


def test_what_the_shim_does_not_have_harms_nobody_who_does_not_call_it(wat: Wat) -> None:
    text = HANDLER % importing(
        "acme:sky/stars@1.0.0", "count", "(result u32)", "(result i32)", "(i32.const 1)"
    )
    with site(code=wat(text)) as served:
        assert served.fetch("/")[0] == WORKED


def test_a_function_of_other_types_is_refused_in_words(wat: Wat) -> None:
    text = HANDLER % importing(
        "wasi:clocks/monotonic-clock@0.2.0", "now", "(result u32)", "(result i32)", "(i32.const 1)"
    )
    with pytest.raises(NotRunnable) as refused, site(settings(), code=wat(text)):
        pass
    assert refused.value.what == (
        "app cannot be served: it wants wasi:clocks/monotonic-clock#now of another version"
    )
