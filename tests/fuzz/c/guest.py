"""A library that returns what it is told to, as every type; and a program in C that looks at it.

What the guest returns, passes to callbacks, does with handles and says that there is room for, lies
at fixed places of its memory; the program writes random bytes there by the library's own `set`.
"""

from __future__ import annotations

import re
from pathlib import Path

from wherever.bind.c.names import word
from wherever.bind.c.types import BY_VALUE
from wherever.bind.library import Library, open_library
from wherever.build.wat import wasm_tools
from wherever.wit import abi
from wherever.wit.model import Function, Type

HERE = Path(__file__).parent
ABI = "lab:fuzz/attacks@1.0.0"
HOST = "lab:fuzz/host@1.0.0"
TYPES = (
    "bool", "u8", "s16", "u32", "s64", "f32", "f64", "char", "string", "list<u8>", "list<bool>",
    "list<u16>", "list<u64>", "list<f64>", "list<char>", "list<string>", "list<list<string>>",
    "colour", "rights", "pair", "mixed", "shape", "odd", "many", "option<colour>",
    "option<option<string>>", "result<string, colour>", "result<_, shape>", "result",
    "tuple<u8, string, u64>", "list<mixed>", "list<many>", "list<option<odd>>", "list<rights>",
    "option<list<list<u32>>>", "list<tuple<bool, colour>>", "list<result<u8, string>>",
)  # fmt: skip
PAGES = 3
DATA = 1 << 16
"""Where in the guest's memory the random bytes lie: 64 KiB of them."""

_INDENT = "\n  "
_CORE = {"i32": "i32.load", "i64": "i64.load", "f32": "f32.load", "f64": "f64.load"}

_HEAD = f"""
  (memory (export "memory") {PAGES})
  (global $top (mut i32) (i32.const 4096))
  (global $armed (mut i32) (i32.const 0))
  (global $sink (mut i32) (i32.const 0))
  (func $place (result i32)
    (if (i32.and (i32.load (i32.const {DATA})) (i32.const 1))
      (then (return (i32.load (i32.const {DATA + 4})))))
    (i32.const {DATA + 64}))
  (func $room (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (if (i32.and (global.get $armed) (i32.and (i32.load (i32.const {DATA})) (i32.const 2)))
      (then (return (i32.load (i32.const {DATA + 8})))))
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "set") (param i32 i32)
    (memory.copy (i32.const {DATA}) (local.get 0) (local.get 1))
    (global.set $armed (i32.const 1)))
"""

_HANDLES = f"""
  (func $handles (local $at i32) (local $do i32) (local $it i32)
    (local.set $at (i32.const {DATA + 16}))
    (loop $next
      (local.set $do (i32.and (i32.load8_u (local.get $at)) (i32.const 7)))
      (local.set $it (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7)))
      (if (i32.eq (local.get $do) (i32.const 1)) (then (drop (call $new (local.get $it)))))
      (if (i32.eq (local.get $do) (i32.const 2)) (then (call $drop (local.get $it))))
      (if (i32.eq (local.get $do) (i32.const 3)) (then (drop (call $rep (local.get $it)))))
      (if (i32.eq (local.get $do) (i32.const 4)) (then (call $drop-sink (local.get $it))))
      (if (i32.eq (local.get $do) (i32.const 5))
        (then (drop (call $write (local.get $it) (i32.const 64) (i32.const 3)))))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const {DATA + 48}))))
    (global.set $top (i32.const 4096)))
"""


def library(folder: Path) -> Library:
    """Makes the component in a folder."""
    sinks = _INDENT.join(f"take{at}: func(x: {kind});" for at, kind in enumerate(TYPES))
    functions = "set: func(data: list<u8>);" + _INDENT + _INDENT.join(
        f"make{at}: func() -> {kind};" for at, kind in enumerate(TYPES)
    )  # fmt: skip
    text = (HERE / "world.wit").read_text("utf-8")
    (folder / "world.wit").write_text(text.replace("SINKS", sinks).replace("FUNCTIONS", functions))
    # A component of the same types tells what each is as core values.
    words = ("component", "embed", "world.wit", "--dummy", "-o", "dummy.wasm")
    wasm_tools(folder, folder, *words)
    wasm_tools(folder, folder, "component", "new", "dummy.wasm", "-o", "types.wasm")
    known = open_library(str(folder / "types.wasm"), "fuzz", "1.0.0")
    (folder / "guest.wat").write_text(_guest(known))
    for words in (
        ("component", "embed", "world.wit", "guest.wat", "-o", "guest.wasm"),
        ("component", "new", "guest.wasm", "-o", "fuzz.wasm"),
    ):
        wasm_tools(folder, folder, *words)
    return open_library(str(folder / "fuzz.wasm"), "fuzz", "1.0.0")


def functions(known: Library) -> list[Function]:
    """The functions that the library has."""
    (interface,) = known.api
    return list(interface.functions)


def _guest(known: Library) -> str:
    host = next(each for each in known.needs if each.name == HOST)
    calls = [each for each in host.functions if not each.core.startswith("[")]
    lines = ["(module"]
    for at, each in enumerate(calls):
        lines.append(f'  (import "{HOST}" "{each.core}" (func $i{at}{_imported(each)}))')
    own = f"[export]{ABI}"
    lines += [
        f'  (import "{HOST}" "[method]sink.write" (func $write (param i32 i32 i32) (result i32)))',
        f'  (import "{HOST}" "[resource-drop]sink" (func $drop-sink (param i32)))',
        f'  (import "{own}" "[resource-new]thing" (func $new (param i32) (result i32)))',
        f'  (import "{own}" "[resource-rep]thing" (func $rep (param i32) (result i32)))',
        f'  (import "{own}" "[resource-drop]thing" (func $drop (param i32)))',
        _HEAD.replace('"set"', f'"{ABI}#set"') + _HANDLES,
        f'  (func (export "{ABI}#[dtor]thing") (param i32))',
    ]
    for each in functions(known):
        if each.name != "set":
            lines.append(_exported(each, calls))
    return "\n".join([*lines, ")"])


def _imported(function: Function) -> str:
    params = ["i32"] if abi.in_memory(function) else list(abi.flat_params(function))
    results = () if function.result is None else abi.flat(function.result)
    if len(results) > 1:
        params, results = [*params, "i32"], ()
    return f" (param {' '.join(params)}) (result {' '.join(results)})"


def _exported(function: Function, calls: list[Function]) -> str:
    params = ["i32"] if abi.in_memory(function) else list(abi.flat_params(function))
    results = () if function.result is None else abi.flat(function.result)
    back = "i32" if len(results) > 1 else "".join(results)
    head = f'  (func (export "{ABI}#{function.core}") (param {" ".join(params)}) (result {back})'
    body = ""
    if function.name in ("handles", "made", "made-some", "made-perhaps"):
        body += " (call $handles)"
    if function.name in ("call", "ask"):
        chosen = [each for each in calls if bool(each.params) == (function.name == "call")]
        for each in chosen:
            at = calls.index(each)
            body += f"\n    (if (i32.eq (i32.rem_u (i32.load8_u (i32.const {DATA + 60}))"
            body += f" (i32.const {len(chosen)})) (i32.const {chosen.index(each)}))"
            body += f" (then {_called(at, each)}))"
    if len(results) > 1:
        return f"{head}{body} (call $place))"
    if results:
        return f"{head}{body} ({_CORE[results[0]]} (i32.const {DATA + 64})))"
    return f"{head}{body})"


def _called(at: int, function: Function) -> str:
    """A call of an import with what lies there."""
    if abi.in_memory(function):
        passed = "(call $place)"
    else:
        cores = list(abi.flat_params(function))
        places = [DATA + 64 + 8 * each for each in range(len(cores))]
        passed = " ".join(
            f"({_CORE[core]} (i32.const {place}))"
            for core, place in zip(cores, places, strict=True)
        )
    results = () if function.result is None else abi.flat(function.result)
    if len(results) > 1:
        return f"(call $i{at} {passed} (call $place))"
    return f"(drop (call $i{at} {passed}))" if results else f"(call $i{at} {passed})"


def program(known: Library, header: str) -> str:
    """The program in C, with one case for each function."""
    text = (HERE / "harness.c").read_text("utf-8")
    tries, sinks, given = [], [], []
    for each in functions(known):
        if re.fullmatch(r"make\d+|made|made-some|made-perhaps", each.name):
            name = "fuzz_" + word(each.name)
            found = re.search(rf"int {name}\(fuzz_t \*handle, (.*) \*result\);", header)
            assert found is not None and each.result is not None
            tries.append(
                f"    {{ {found[1]} r; memset(&r, 0xa5, sizeof r); now = {name!r};"
                f" if (tried({name}(h, &r))) {{ {_walk(each.result, 'r')} }} }}".replace("'", '"')
            )
    host = next(each for each in known.needs if each.name == HOST)
    for each in host.functions:
        if re.fullmatch(r"take\d+", each.name):
            found = re.search(rf"int \(\*{each.name}\)\((.*), (\S+.*?)(\w+)\);", header)
            assert found is not None
            ((_, kind),) = each.params
            it = "x" if kind.kind in BY_VALUE else "(*x)"
            sinks.append(
                f"static int {each.name}({found[1]}, {found[2]}x)\n"
                f"{{ (void)handle, (void)context; calls++; {_walk(kind, it)} return 0; }}"
            )
            given.append(f"    .{each.name} = {each.name},")
    return (
        text.replace("/* TRIES */", "\n".join(tries))
        .replace("/* SINKS */", "\n".join(sinks))
        .replace("/* GIVEN */", "\n".join(given))
    )


def _walk(kind: Type, it: str, depth: int = 0) -> str:
    """Statements that look at every part of a value, and end the program where it is none."""
    name = f"e{depth}"
    if kind.kind == "string":
        return f"text({it}.data, {it}.length);"
    if kind.kind == "list":
        inner = _walk(kind.inner, name, depth + 1)
        at = f"i{depth}"
        return (
            f"for (size_t {at} = 0; {at} < {it}.length; {at}++)"
            f" {{ __auto_type {name} = {it}.data[{at}]; (void){name}; {inner} }}"
        )
    if kind.kind in ("record", "tuple"):
        return " ".join(_walk(each, f"{it}.{word(label)}", depth) for label, each in kind.fields)
    if kind.kind == "enum":
        return f"check({it} < {len(kind.parts)});"
    if kind.kind == "flags":
        return f"check({it} >> {len(kind.parts)} == 0);"
    if kind.kind == "bool":
        return f"truth(&{it});" if it != "x" else "(void)x;"
    if kind.kind == "char":
        return f"check({it} < 0xd800 || ({it} > 0xdfff && {it} < 0x110000));"
    if kind.kind == "option":
        return f"if ({it}.is_some) {{ {_walk(kind.inner, f'{it}.value', depth)} }}"
    if kind.kind == "result":
        parts = dict(kind.parts)
        ok, err = (
            _walk(each, f"{it}.value.{label}", depth) if each is not None else ";"
            for label, each in parts.items()
        )
        return f"if ({it}.is_err) {{ {err} }} else {{ {ok} }}"
    if kind.kind == "variant":
        body = f"check({it}.tag < {len(kind.parts)}); switch ({it}.tag) {{"
        for at, (label, each) in enumerate(kind.parts):
            inner = _walk(each, f"{it}.value.{word(label)}", depth) if each is not None else ""
            body += f" case {at}: {{ {inner} }} break;"
        return body + " }"
    if kind.kind == "own":
        return f"owned(h, {it});"
    return f"look({it});"
