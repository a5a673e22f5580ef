"""The guard: generated WebAssembly that stands between a guest and the library's preview 1.

Two modules are made for each set of imports. The *shim* exports every function the guest
imports, each a jump through a table, so that the guest can be instantiated before there is
anything behind it. The *guard* then imports the guest's memory (and exports it again, which is
how the library's functions find it), fills the table with wrappers around the library's
functions, and keeps the counts. A call through both costs about 25 ns; Python runs only under
trace, or when captured output has filled the buffer.

What the wrappers do: count calls, open files, bytes to files and to stdout and stderr; keep
output in a memory of the guard's own (capture); cut sleeps into slices, so that the epoch can
end a sleeping guest; give virtual time and seeded random bytes (deterministic). A count that
passes its limit is noted in `why` and ends the run with a trap, and so does `proc_exit`.
"""

from __future__ import annotations

from wherever.engine.trap import OURS
from wherever.wasi import pieces
from wherever.wasi.notes import NOTES, PAGES, STATE
from wherever.wasi.signatures import FUNCTIONS, MODULE, NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_NARROW = frozenset(("why", "exit", "files", "filled", "max_files", "dev"))


def shim(names: Iterable[str]) -> bytes:
    """The text of the module that satisfies a guest's imports by jumps through table `t`."""
    functions = sorted(names)
    lines = [f'(module ${OURS} (table (export "t") {len(functions)} {len(functions)} funcref)']
    for slot, name in enumerate(functions):
        kind = _type(name)
        arguments = "".join(f" (local.get {n})" for n in range(len(FUNCTIONS[name])))
        lines.append(f"(type $t{slot} (func{kind}))")
        lines.append(f'(func (export "{name}") (type $t{slot})')
        lines.append(f" (call_indirect (type $t{slot}){arguments} (i32.const {slot})))")
    return "\n".join([*lines, ")"]).encode()


def guard(
    names: Iterable[str],
    capture: bool = False,
    deterministic: bool = False,
    trace: bool = False,
    shared: bool = True,
) -> bytes:
    """The text of the module that wraps the library's functions of these names.

    Args:
        names: functions of preview 1 that the guest imports.
        capture: keep what is written to stdout and stderr instead of handing it on.
        deterministic: virtual time, and random bytes that grow from a seed.
        trace: call the host's `trace(function number, errno)` after each call.
        shared: the guard's memory is one that outlives the run, and is used again.
    """
    functions = sorted(names)
    needed = {name for name in functions if name not in _OWN}
    if "poll_oneoff" in functions:
        needed.add("clock_time_get")
    lines = [
        f"(module ${OURS}",
        '(import "g" "memory" (memory $m 0))',
        f'(import "s" "t" (table $t {len(functions)} funcref))',
    ]
    lines.extend(
        f'(import "{MODULE}" "{name}" (func $lib_{name}{_type(name)}))' for name in sorted(needed)
    )
    kind = " shared" if shared else ""
    lines.append(f'(import "h" "own" (memory $own {PAGES} {PAGES}{kind}))')
    if capture:
        lines.append('(import "h" "drain" (func $drain))')
    if trace:
        lines.append('(import "h" "trace" (func $trace (param i32 i32)))')
    lines.append(pieces.FRAME)
    if "fd_write" in functions:
        lines.append(pieces.CAPTURE if capture else pieces.PASS)
    if deterministic:
        lines.append(pieces.VIRTUAL)
    elif "poll_oneoff" in functions:
        lines.append(pieces.REAL)
    if "poll_oneoff" in functions:
        lines.append(pieces.POLL)
    for name in functions:
        body = pieces.BODIES.get(name) or (
            pieces.DETERMINISTIC.get(name) if deterministic else None
        )
        lines.append(f"(func $w_{name}{_type(name, named=True)}")
        lines.append(body or f"(call $tick) (call $lib_{name}{_arguments(name)})")
        lines.append(")")
        if trace:
            lines.append(_traced(name))
    prefix = "x" if trace else "w"
    lines.append(f"(elem (i32.const 0) {' '.join(f'${prefix}_{name}' for name in functions)})")
    return _placed("\n".join([*lines, ")"])).encode()


def _placed(text: str) -> str:
    """The text with each variable of `STATE` where it lies in the guard's memory."""
    for slot, name in enumerate(STATE):
        kind = "i32" if name in _NARROW else "i64"
        place = f"$own offset={8 * slot} (i32.const 0)"
        text = text.replace(f"(global.get ${name})", f"({kind}.load {place})")
        for space in " \n":
            text = text.replace(f"(global.set ${name}{space}", f"({kind}.store {place} ")
    return text


def _type(name: str, named: bool = False) -> str:
    letters = {"i": "i32", "I": "i64"}
    parameters = "".join(
        f" (param {f'$p{n} ' if named else ''}{letters[kind]})"
        for n, kind in enumerate(FUNCTIONS[name])
    )
    return parameters if name == "proc_exit" else f"{parameters} (result i32)"


def _arguments(name: str) -> str:
    return "".join(f" (local.get $p{n})" for n in range(len(FUNCTIONS[name])))


def _traced(name: str) -> str:
    lines = [f"(func $x_{name}{_type(name, named=True)} (local $e i32)"]
    for n, kind in enumerate(FUNCTIONS[name]):
        value = f"(local.get $p{n})" if kind == "I" else f"(i64.extend_i32_u (local.get $p{n}))"
        lines.append(f"(i64.store $own offset={NOTES + 8 * n} (i32.const 0) {value})")
    if name == "proc_exit":
        lines.append(f"(call $trace (i32.const {NUMBERS[name]}) (i32.const 0))")
        lines.append(f"(call $w_{name}{_arguments(name)}))")
    else:
        lines.append(f"(local.set $e (call $w_{name}{_arguments(name)}))")
        lines.append(f"(call $trace (i32.const {NUMBERS[name]}) (local.get $e)) (local.get $e))")
    return "\n".join(lines)


_OWN = frozenset({"proc_exit"})
"""Functions that the guard answers itself, without the library."""
