"""The shim and a flat component, as parts that fit together.

Between the shim and the guest stands a *bridge* for each memory of the guest and each function
that makes room in it: a generated module that copies between the two memories. Where a guest has
more than one, what it imports goes through functions of all bridges but the first that say which
one is meant. https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
"""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

from wherever.component.flat import Flat, NotFlat
from wherever.component.layout import Border, CoreExport, Wanted, fits
from wherever.engine import cache
from wherever.engine.assembly import Assembly, Part
from wherever.engine.trap import OURS
from wherever.wasm import signature
from wherever.wasm.starting import START

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wherever.component.layout import Offered, Step
    from wherever.engine.runtime import Code, Engine
    from wherever.engine.settings import Settings

TABLE = b"__indirect_function_table"
MOST_BRIDGES = 18
"""Bridges that have room in the shim's table."""

RUN, SHIM = 0, 1
"""The entries of what is assembled: to answer a request, and to tell where the shim's struct is."""

_SLOT_HANDLE = 61
_BRIDGE = """(module ${ours}
(import "s" "memory" (memory $own 0))
(import "m" "memory" (memory $theirs 0))
(import "s" "table" (table $t 0 funcref))
{imports}
(func $get (param $to i32) (param $from i32) (param $size i32)
  (memory.copy $own $theirs (local.get $to) (local.get $from) (local.get $size)))
(func $put (param $to i32) (param $from i32) (param $size i32)
  (memory.copy $theirs $own (local.get $to) (local.get $from) (local.get $size)))
(func $room (param $align i32) (param $size i32) (result i32) {room})
(elem (i32.const {slot}) func $get $put $room)
{functions})"""
_ROOM = "(call $realloc (i32.const 0) (i32.const 0) (local.get $align) (local.get $size))"


def shim(is_command: bool = False) -> bytes:
    """The bytes of the shim of handlers, or of that of commands."""
    name = "command.wasm" if is_command else "shim.wasm"
    return files(__package__).joinpath(name).read_bytes()


class _Source(NamedTuple):
    part: int
    name: bytes


class Shimmed:
    """A flat component with the shim, ready to be assembled.

    Args:
        flat: the component.
        codes: the code of its core modules, by where their bytes begin.
        engine: for which they were loaded.
        settings: by which they were compiled.
        offered: the function that answers a request, or a command's main function.
        is_command: it is that.

    Attributes:
        missing: functions that it imports which the shim does not have: their call traps.
        codes: the code of every part.
        parts: the instances to make, the shim's first.
        starts: the entries to be called in every new instance before anything else.

    Raises:
        NotFlat: it imports a function with other types than the shim has.
    """

    def __init__(
        self,
        flat: Flat,
        codes: Mapping[int, Code],
        engine: Engine,
        settings: Settings,
        offered: Offered,
        is_command: bool = False,
    ) -> None:
        self._flat = flat
        self._engine = engine
        self._is_command = is_command
        self._compile: Callable[[bytes], Code] = lambda data: engine.code(
            cache.artifact(data, settings, name="shim", tiers=False)
        )
        self._own = self._compile(shim(is_command))
        self._exports = _functions(self._own)
        self.missing: list[Wanted] = []
        self.parts = [Part(self._own, [])]
        self._numbers: dict[int, int] = {}
        self._bridges: dict[int, int] = {}
        self._borders = self._pairs(offered)
        self._stubs = self._stub_part()
        for number, step in enumerate(flat.steps):
            if number in flat.left_out:
                continue
            sources = [self._source(step, *entry) for entry in codes[step.start].facts["imports"]]
            self.parts.append(Part(codes[step.start], sources))
            self._numbers[number] = len(self.parts) - 1
        for pair in range(len(self._borders)):
            # Where there is only one it comes last, and brings the guest's own function too.
            self._bridge(pair, offered if len(self._borders) == 1 else None)
        if len(self._borders) != 1:
            self._entry(offered)
        self.codes = [part.code for part in self.parts]
        self._entry_name = b"run-wasi" if offered.border is None else b"run-plain"
        self._starts = [
            (number, START.encode())
            for number, part in enumerate(self.parts)
            # Whatever a guest itself exports by that name may be a memory, or want arguments.
            if any(
                name == START and kind == "func" and signature(text) == ((), ())
                for name, kind, text in part.code.facts["exports"]
            )
        ]
        self.starts = tuple(range(2, 2 + len(self._starts)))

    def assembly(self, fuel: int = 0) -> Assembly:
        """What makes instances of a handler, whose requests run so many instructions at most."""
        entries = [(0, self._entry_name), (0, b"shim"), *self._starts]
        return Assembly(self._engine, self.parts, entries, fuel)

    # ----- where the values of calls lie

    def _pairs(self, offered: Offered) -> list[Border]:
        """Each memory with each function that makes room there; one without does with any."""
        borders = [self._flat.first(offered), *(each.border for each in self._flat.wanted)]
        found = list(dict.fromkeys(each for each in borders if each and each.realloc))
        known = {each.memory for each in found}
        found += dict.fromkeys(each for each in borders if each and each.memory not in known)
        if len(found) > MOST_BRIDGES:
            raise NotFlat(f"it makes room in {len(found)} ways")
        return found

    def _pair(self, border: Border) -> int:
        return next(at for at, each in enumerate(self._borders) if fits(border, each))

    # ----- what each import is

    def _source(
        self,
        step: Step,
        module: str,
        name: str,
        kind: str,
        _: str,
    ) -> _Source:
        found = step.item(module, name, kind)
        if found is None:
            raise NotFlat(f"nothing gives it {module}.{name}")
        if isinstance(found, CoreExport):
            return self._at(found)
        if found.key not in self._exports:
            return _Source(self._stubs, found.key.encode())
        if found.border is not None and (pair := self._pair(found.border)):
            return _Source(self._bridge(pair), found.key.encode())
        return _Source(0, found.key.encode())

    def _stub_part(self) -> int:
        """A part for what the shim does not have; and that what it has is what is wanted."""
        for each in self._flat.wanted:
            known = self._exports.get(each.key)
            if known is None:
                self.missing.append(each)
            elif known != (each.params, each.results):
                raise NotFlat(f"it wants {each.key} of another version")
        if not self.missing:
            return 0
        lines = [
            f"(func (export {_quoted(each.key)}){_typed(each.params, each.results)} unreachable)"
            for each in {each.key: each for each in self.missing}.values()
        ]
        self.parts.append(Part(self._compile(_module("\n".join(lines))), []))
        return len(self.parts) - 1

    def _bridge(self, pair: int, offered: Offered | None = None) -> int:
        """The part that is the bridge of a pair, made when what it stands on is there."""
        if pair in self._bridges:
            return self._bridges[pair]
        border = self._borders[pair]
        sources = [_Source(0, b"memory"), self._at(border.memory), _Source(0, TABLE)]
        imports, functions = [], []
        if border.realloc is not None:
            imports.append(
                '(import "m" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))'
            )
            sources.append(self._at(border.realloc))
        if pair:
            imports.append('(import "s" "use" (func $use (param i32)))')
            sources.append(_Source(0, b"use"))
            own = {
                each.key: each
                for each in self._flat.wanted
                if each.border and each.key in self._exports and self._pair(each.border) == pair
            }
            for at, each in enumerate(own.values()):
                kind = _typed(each.params, each.results)
                imports.append(f'(import "s" {_quoted(each.key)} (func $f{at}{kind}))')
                sources.append(_Source(0, each.key.encode()))
                values = "".join(f" (local.get {n})" for n in range(len(each.params)))
                functions.append(
                    f"(func (export {_quoted(each.key)}){kind} (call $use (i32.const {pair}))"
                    f" (call $f{at}{values}) (call $use (i32.const 0)))"
                )
        if offered is not None:
            lines, more = self._answering(offered)
            imports += [line for line in lines if line.startswith("(import")]
            functions += [line for line in lines if not line.startswith("(import")]
            sources += more
        text = _BRIDGE.format(
            ours=OURS,
            imports="\n".join(imports),
            room="unreachable" if border.realloc is None else _ROOM,
            slot=1 + 3 * pair,
            functions="\n".join(functions),
        )
        self.parts.append(Part(self._compile(text.encode()), sources))
        self._bridges[pair] = len(self.parts) - 1
        return self._bridges[pair]

    def _at(self, export: CoreExport) -> _Source:
        if export.step not in self._numbers:
            raise NotFlat("what it imports comes before its memory")
        part = self._numbers[export.step]
        if not any(name == export.name for name, *_ in self.parts[part].code.facts["exports"]):
            raise NotFlat(f"it looks for the export {export.name}, which its module does not have")
        return _Source(part, export.name.encode())

    def _entry(self, offered: Offered) -> None:
        """Puts what answers a request where the shim calls it, by a part of its own."""
        lines, sources = self._answering(offered)
        text = _module("\n".join(['(import "s" "t" (table $t 0 funcref))', *lines]))
        self.parts.append(Part(self._compile(text), [_Source(0, TABLE), *sources]))

    def _answering(self, offered: Offered) -> tuple[list[str], list[_Source]]:
        """The lines that put what answers a request into the table `$t`, and their sources."""
        if self._is_command:
            return (
                [
                    '(import "m" "handle" (func $handle (result i32)))',
                    f"(elem (i32.const {_SLOT_HANDLE}) func $handle)",
                ],
                [self._at(offered.function)],
            )
        is_plain = offered.border is not None
        handle = f"(param{' i32' * 16}) (result i32)" if is_plain else "(param i32 i32)"
        after = " (param i32)" if is_plain else ""
        lines = [f'(import "m" "handle" (func $handle {handle}))']
        sources = [self._at(offered.function)]
        if offered.after is None:
            lines.append(f"(func $after{after})")
        else:
            lines.append(f'(import "m" "after" (func $after{after}))')
            sources.append(self._at(offered.after))
        lines.append(f"(elem (i32.const {_SLOT_HANDLE}) func $handle $after)")
        return lines, sources


_known: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {}


def _functions(own: Code) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The types of the shim's functions; the same for every app of a process."""
    path = own.artifact.path
    if path not in _known:
        _known[path] = {
            name: signature(text) for name, kind, text in own.facts["exports"] if kind == "func"
        }
    return _known[path]


def _module(text: str) -> bytes:
    return f"(module ${OURS}\n{text})".encode()


def _quoted(name: str) -> str:
    return (
        '"'
        + "".join(
            chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:02x}"
            for byte in name.encode()
        )
        + '"'
    )


def _typed(params: tuple[str, ...], results: tuple[str, ...]) -> str:
    given = f" (param {' '.join(params)})" if params else ""
    return given + (f" (result {' '.join(results)})" if results else "")
