"""Libraries that lie, loop and cheat: an error in words, and a host that is well."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import wherever
from wherever.build import tools

ROOT = Path(__file__).resolve().parents[2]

LIBRARY = """
(component
  (core module $m
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc})
    (func (export "text") (result i32) {text})
    (func (export "take") (param i32 i32) (result i32) {take})
    (func (export "case") (result i32) {case})
    (data (i32.const 16) "\\ff\\fe\\fd\\fc"))
  (core instance $i (instantiate $m))
  (func (export "text") (result string)
    (canon lift (core func $i "text") (memory $i "memory") (realloc (func $i "realloc"))))
  (func (export "take") (param "v" string) (result u32)
    (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc"))))
  (type $kind' (enum "one" "two"))
  (export $kind "kind" (type $kind'))
  (func (export "case") (result $kind) (canon lift (core func $i "case"))))
"""

BUMP = """
  (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
  (global.get $next)
  (global.set $next (i32.add (global.get $next) (local.get 3)))"""

GOOD = {
    "realloc": BUMP,
    "text": "(i32.store (i32.const 0) (i32.const 32)) (i32.store (i32.const 4) (i32.const 0))"
    " (i32.const 0)",
    "take": "(local.get 1)",
    "case": "(i32.const 1)",
}


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Makes a component of text, and loads it."""
    folder = ROOT / ".cache" / "tools"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    monkeypatch.setenv("WHEREVER_TOOLS", str(folder))
    (tool,) = [path for path in tools.tool("wasm-tools").rglob("wasm-tools") if path.is_file()]

    def load(text: str = LIBRARY, parts: dict[str, str] | None = None, **options):
        if parts is not None:
            for name, body in {**GOOD, **parts}.items():
                text = text.replace("{" + name + "}", body)
        (tmp_path / "library.wat").write_text(text)
        done = subprocess.run(
            [tool, "parse", "library.wat", "-o", "library.wasm"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={"WAST_STRICT_COMPONENT_INDICES": "0"},
        )
        assert done.returncode == 0, done.stderr
        return wherever.load(tmp_path / "library.wasm", **options)

    return load


def test_the_library_is_well_where_nothing_is_changed(library):
    with library(parts={}) as good:
        assert (good.text(), good.take("abc"), good.case()) == ("", 3, good.Kind.TWO)


STORE = "(i32.store (i32.const 0) (i32.const {})) (i32.store (i32.const 4) (i32.const {}))"

LIES = [
    ("text", STORE.format(65530, 100), "gave a string of 100 bytes at 65530, beyond the end"),
    ("text", STORE.format(-1, 1), "gave a string of 1 bytes at 4294967295, beyond the end"),
    ("text", STORE.format(0, -1), "gave a string of 4294967295 bytes at 0, beyond the end"),
    ("text", STORE.format(16, 4), "gave a string that is no utf-8: invalid start byte"),
    ("case", "(i32.const 2)", "gave case 2 of kind, which has 2"),
    ("case", "(i32.const -1)", "gave case 4294967295 of kind, which has 2"),
]


@pytest.mark.parametrize(("name", "body", "said"), LIES)
def test_what_points_nowhere_or_means_nothing_is_an_error(library, name, body, said):
    body = body + "(i32.const 0)" if name == "text" else body
    with library(parts={name: body}) as liar:
        with pytest.raises(wherever.Trapped, match=said):
            getattr(liar, name)()
        with pytest.raises(wherever.InputError, match="was ended by an earlier call"):
            liar.take("a")


def test_a_result_that_lies_outside_of_memory_is_an_error(library):
    with library(parts={"text": "(i32.const 65535)"}) as liar:
        with pytest.raises(wherever.Trapped, match="at 65535, which is no multiple of 4"):
            liar.text()
    with library(parts={"text": "(i32.const 65532)"}) as liar:
        with pytest.raises(wherever.Trapped, match="gave its result of 8 bytes at 65532"):
            liar.text()


@pytest.mark.parametrize("place", [-16, 65536, 65530])
def test_room_that_is_not_there_is_an_error(library, place):
    with library(parts={"realloc": f"(i32.const {place})"}) as liar:
        with pytest.raises(wherever.Trapped, match="where it said that there is room"):
            liar.take("longer than the room")


def test_a_loop_ends_with_its_time(library):
    loop = "(loop $l (br $l)) unreachable"
    with library(parts={"take": loop}, timeout=0.2) as guest:
        with pytest.raises(wherever.LimitReached, match="timeout"):
            guest.take("a")
    with library(parts={"realloc": loop}, timeout=0.2) as guest:
        with pytest.raises(wherever.LimitReached, match="timeout"):
            guest.take("a")


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ("(loop $l (br $l))", "timeout"),
        ("(loop $l (drop (memory.grow (i32.const 16))) (br $l))", "memory"),
        ("(call $begin) (i32.store (i32.const 0) (i32.const 1))", "stack"),
    ],
)
def test_a_library_that_never_begins_ends_with_its_limits(library, body, limit):
    start = f"(func $begin {body}) (start $begin) (data"
    with pytest.raises(wherever.LimitReached, match=limit):
        library(LIBRARY.replace("(data", start, 1), {}, timeout=1, memory="16m")


def test_memory_without_end_ends_with_its_limit(library):
    grow = "(loop $l (drop (memory.grow (i32.const 16))) (br $l)) unreachable"
    with library(parts={"take": grow}, memory="16m", timeout=5) as guest:
        with pytest.raises(wherever.LimitReached, match="memory"):
            guest.take("a")


def test_recursion_without_end_ends_with_the_stack(library):
    text = LIBRARY.replace('(func (export "case")', '(func $deep (export "case")')
    with library(text, {"case": "(call $deep)"}) as guest:
        with pytest.raises(wherever.WhereverError, match="stack"):
            guest.case()


def test_a_memory_of_64_bits_is_refused(library):
    text = """(component (core module $m (memory (export "memory") i64 1)
      (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "f") (canon lift (core func $i "f"))))"""
    with pytest.raises(wherever.NotRunnable, match="a memory of 64-bit addresses"):
        library(text)


OTHER_TYPES = """
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "f") (param i64) (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "v" {kind}) (result u32) (canon lift (core func $i "f"))))
"""


def test_a_core_function_of_other_types_is_never_called(library, tmp_path):
    with library(OTHER_TYPES.replace("{kind}", "u64")) as good:
        assert good.f(1) == 0
    data = (tmp_path / "library.wasm").read_bytes()
    # The type of the parameter, u64, becomes f64: no tool writes such a component.
    changed = data.replace(b"\x01v\x77", b"\x01v\x75")
    assert changed != data
    with pytest.raises(wherever.NotRunnable, match="has a core function of other types"):
        wherever.load(changed)


RESOURCE = """
(component
  (core module $destructor
    (func (export "end") (param i32)))
  (core instance $d (instantiate $destructor))
  (type $thing' (resource (rep i32) (dtor (func $d "end"))))
  (core func $new (canon resource.new $thing'))
  (core func $drop (canon resource.drop $thing'))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "make") (result i32) (call $new (i32.const 7)))
    (func (export "twice") (result i32) (local i32)
      (local.set 0 (call $new (i32.const 7)))
      (call $drop (local.get 0)) (call $drop (local.get 0)) (i32.const 1))
    (func (export "forged") (result i32) (i32.const 99))
    (func (export "see") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m
    (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (export $thing "thing" (type $thing'))
  (func (export "make") (result (own $thing)) (canon lift (core func $i "make")))
  (func (export "twice") (result u32) (canon lift (core func $i "twice")))
  (func (export "forged") (result (own $thing)) (canon lift (core func $i "forged")))
  (func (export "see") (param "t" (borrow $thing)) (result u32)
    (canon lift (core func $i "see"))))
"""


def test_handles_are_what_they_say(library):
    with library(RESOURCE) as guest:
        thing = guest.make()
        assert guest.see(thing) == 7
        thing.close()
        thing.close()
        with pytest.raises(wherever.InputError, match="this Thing was closed"):
            guest.see(thing)
        with pytest.raises(TypeError, match=r"see\(\): t: 7 is no Thing"):
            guest.see(7)


@pytest.mark.parametrize(
    ("name", "said"), [("twice", "used handle 1, which it"), ("forged", "used handle 99, which it")]
)
def test_a_handle_that_was_dropped_or_made_up_is_an_error(library, name, said):
    with library(RESOURCE) as guest:
        with pytest.raises(wherever.Trapped, match=said):
            getattr(guest, name)()


def test_things_of_one_guest_are_none_of_another(library):
    with library(RESOURCE) as one, library(RESOURCE) as other:
        with pytest.raises(TypeError, match=r"see\(\): t: a Thing is no Thing"):
            other.see(one.make())


CALLBACK = """
(component
  (import "tell" (func $tell (param "n" u32)))
  (core func $tell' (canon lower (func $tell)))
  (core module $m
    (import "" "tell" (func $tell (param i32)))
    (func (export "go") (param i32) (result i32) (call $tell (local.get 0)) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "tell" (func $tell'))))))
  (func (export "go") (param "n" u32) (result u32) (canon lift (core func $i "go"))))
"""


def test_what_a_callback_raises_comes_out_as_it_was(library):
    def tell(number):
        raise KeyError(number)

    with library(CALLBACK, imports={"tell": tell}) as guest:
        with pytest.raises(KeyError, match="3"):
            guest.go(3)
        with pytest.raises(wherever.InputError, match="KeyError of a host function ended"):
            guest.go(3)


def test_a_callback_may_not_call_its_guest(library):
    held = []

    def tell(number):
        held[0].go(number)

    with library(CALLBACK, imports={"tell": tell}) as guest:
        held.append(guest)
        with pytest.raises(wherever.WhereverError, match=r"while (a|another) call of it waits"):
            guest.go(3)


def test_a_closed_guest_is_closed(library):
    guest = library(CALLBACK, imports={"tell": print})
    guest.close()
    with pytest.raises(wherever.InputError, match="this guest was closed"):
        guest.go(1)


@pytest.mark.parametrize("levels", [40, 2000])
def test_types_that_double_at_each_step_are_refused(library, levels):
    body = bytearray(b"\0asm\x0d\0\1\0")
    types = unsigned(levels)
    for at in range(levels):
        inner = b"\x7d" if at == 0 else signed(at - 1)
        types += b"\x6f\x02" + inner + inner  # a tuple of two
    body += b"\x07" + unsigned(len(types)) + types
    with pytest.raises(wherever.NotRunnable, match="more than 50000 types in it"):
        wherever.load(bytes(body))


def unsigned(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def signed(number: int) -> bytes:
    out = bytearray()
    while not -64 <= number < 64:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number & 0x7F])
