"""The C between a module's code, as wasm2c writes it, and the functions of the engine over it."""

from __future__ import annotations

import re

from wherever.bind.c.guest import Guest, prefixed
from wherever.engine.values import KINDS
from wherever.errors import InputError, InternalError
from wherever.wasm.signatures import signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wherever.bind.c.guest import Declared
    from wherever.wasm.summary import Facts

OWN = "tier"
"""What all names of wasm2c's begin with."""

_TYPES = {"i": "u32", "I": "u64", "f": "f32", "F": "f64", "v": "v128"}
_LETTERS = {"i": "i", "I": "j", "f": "f", "F": "d", "v": "o"}
"""How wasm2c spells types in the names of structures of several results."""

_FROM_SLOT = {"i": "(u32){}.i32", "I": "(u64){}.i64", "f": "{}.f32", "F": "{}.f64"}
_TO_SLOT = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}
_SORTS = {"func": 0, "global": 1, "table": 2, "memory": 3}

_CALLED = """\
  if (index >= table->size) {
    // Table index out of bounds. Raise Wasm trap.
    TRAP(CALL_INDIRECT);
    return false;
  }
"""
_NOT_CALLED = """\
    // Type check failed. Raise Wasm trap.
    TRAP(CALL_INDIRECT);
"""

_TABLES = "static inline void funcref_table_init(", "DEFINE_TABLE_FILL(externref)"
"""Where wasm2c's functions for tables begin and end."""


_INSTANCE = re.compile(r"\((struct \w+?_(guest\d+)_w2c_(?!\2\*)\w+\*)\) instance\b")
"""An instance that is imported, where a function in a table takes it for its own."""


_NEUTRAL = re.compile(r"^(  var_([fd])\d+ = )(-?[01]\.0?f?);$", re.MULTILINE)
"""Numbers by which compilers leave out a sum or a product, though it would quieten a NaN."""


class Shapes:
    """The types of functions that cross, each with C that calls it and that is called as it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._code: list[str] = []

    def of(self, text: str) -> int:
        """The number of a function's type, as `facts` spells it.

        Raises:
            InputError: it has references, which cannot cross.
        """
        kind = kinds(text)
        if kind not in self._numbers:
            self._numbers[kind] = number = len(self._numbers)
            self._code.append(_shape(number, *kind.split(">")))
        return self._numbers[kind]

    def text(self) -> str:
        """The C of all of them, and their list."""
        rows = [
            f'    {{"{kind}", enter_{at}, (any_code)host_{at}}},'
            for kind, at in self._numbers.items()
        ]
        return "\n".join(
            [*self._code, "const struct shape tier_shapes[] = {", *rows, "    {0}};\n"]
        )


def kinds(text: str) -> str:
    """A function's type in letters: `(i32, f64) -> i64` is `iF>I`.

    Raises:
        InputError: it has references, which cannot cross.
    """
    sides = signature(text)
    try:
        params, results = ("".join(KINDS[each] for each in side) for side in sides)
    except KeyError as error:
        raise InputError(
            f"a function of the type {text} crosses, and {error.args[0]} cannot", "load it as it is"
        ) from None
    return f"{params}>{results}"


def module(number: int, guest: Guest, facts: Facts, shapes: Shapes) -> str:
    """The C that describes one module: what it imports and exports, how it begins and ends.

    Args:
        number: the module's.
        guest: its code.
        facts: what is known of it.
        shapes: gets the types of its functions.

    Raises:
        InputError: something that is imported is a reference.
    """
    imports = facts["imports"]
    lines = _given(guest, imports, shapes)
    lines.append(f"static const struct wanted wanted_{number}[] = {{")
    for space, name, sort, text in imports:
        kind, low, high = _described(sort, text)
        row = _quoted(f"{space}::{name}"), _quoted(kind), str(_SORTS[sort]), low, high
        lines.append(f"    {{{', '.join(row)}}},")
    lines += ["    {0}};", f"static const struct exported exports_{number}[] = {{"]
    for name, sort, text in facts["exports"]:
        if sort not in _SORTS or name not in guest.exports:
            continue
        try:
            kind, _, high = _described(sort, text)
        except InputError:
            continue  # nobody can use it from outside
        enter = "0"
        if sort == "func":
            enter = f"enter_{shapes.of(text)}"
        if sort == "global":
            high = f"{ord(kind[0])}u | {int(kind[1:] == 'm')}u << 8"
        code = f"(any_code){guest.exports[name].name}"
        size, number_of = str(len(name.encode())), str(_SORTS[sort])
        fields = _quoted(name), size, number_of, _quoted(kind), enter, code, high
        lines.append(f"    {{{', '.join(fields)}}},")
    lines += ["    {0}};", *_begin(number, guest, imports), ""]
    return "\n".join(lines)


def modules(count: int) -> str:
    """The list of all modules."""
    names = ", ".join(f"&module_{at}" for at in range(count))
    return (
        f"const struct module *const tier_modules[] = {{{names}}};\n"
        f"const size_t tier_module_count = {count};\n"
    )


def mended(text: str) -> str:
    """wasm2c's C, in which traps of tables are others than those of memories.

    Sums and products with numbers that change nothing are worked out all the same, as a NaN that
    signals has to become one that does not. What stands in a table for an imported function finds
    the instance that it is of: it gets the place where a pointer to that lies, and takes it for the
    pointer.
    """
    text = _INSTANCE.sub(r"*(\1*) instance", text)
    text = _NEUTRAL.sub(r"\1UNKNOWN_\2(\3);", text)
    if _CALLED in text:
        text = text.replace(_CALLED, _CALLED.replace("CALL_INDIRECT", "TABLE"))
        text = text.replace(
            _NOT_CALLED, "    if (!func_ref->func) TRAP(NULL);\n    TRAP(SIGNATURE);\n"
        )
    start, end = text.find(_TABLES[0]), text.find(_TABLES[1])
    if start < 0 or end < 0:
        return text
    tables = text[start:end].replace("TRAP(OOB)", "TRAP(TABLE)")
    return text[:start] + tables.replace("RANGE_CHECK(", "TABLE_CHECK(") + text[end:]


def _given(guest: Guest, imports: Sequence[tuple[str, str, str, str]], shapes: Shapes) -> list[str]:
    """What holds what is imported, a structure for each module that it is imported from."""
    held: dict[str, list[tuple[str, Declared, str, str]]] = {}
    for at, (space, name, sort, text) in enumerate(imports):
        declared = guest.imports.get((space, name))
        if declared is None or sort not in _SORTS:
            raise InternalError(f"wasm2c does not know the import {space}.{name}", "report it")
        held.setdefault(_structure(declared), []).append((f"i{at}", declared, sort, text))
    lines: list[str] = []
    for structure in dict.fromkeys(each.rstrip("*") for each in guest.given):
        fields = held.get(structure, [])
        lines.append(f"{structure} {{")
        written: set[str] = set()
        for field, declared, sort, _ in fields:
            kind = "const struct function *" if sort == "func" else f"{declared.result} "
            lines.append(f"    {kind}{field};")
        lines += ["    char end;", "};"]
        for field, declared, sort, text in fields:
            if declared.name in written:
                continue  # imported twice
            written.add(declared.name)
            if sort != "func":
                head = f"{declared.result} {declared.name}({structure} *given)"
                lines.append(f"{head}\n{{\n    return given->{field};\n}}")
                continue
            shapes.of(text)
            params, results = kinds(text).split(">")
            names = "".join(f", {_TYPES[kind]} a{at}" for at, kind in enumerate(params))
            passed = "".join(f", a{at}" for at in range(len(params)))
            types = "".join(f", {_TYPES[kind]}" for kind in params)
            back = "" if not results else "return "
            lines.append(
                f"{_result(results)} {declared.name}({structure} *given{names})\n{{\n"
                f"    {back}(({_result(results)} (*)(void *{types}))given->{field}->code)"
                f"(given->{field}->self{passed});\n}}"
            )
    return lines


def _begin(number: int, guest: Guest, imports: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """The functions that begin and end an instance, and what describes the module."""
    structures = list(dict.fromkeys(each.rstrip("*") for each in guest.given))
    fields = "".join(f"    {each} g{at};\n" for at, each in enumerate(structures))
    lines = [f"struct given_{number} {{\n{fields}    char end;\n}};"]
    lines += [f"static void begin_{number}(void *self, void *room, void *const *items)", "{"]
    lines.append(f"    struct given_{number} *given = room;")
    lines.append("    (void)given, (void)items;")
    for at, (space, name, _, _) in enumerate(imports):
        place = structures.index(_structure(guest.imports[space, name]))
        lines.append(f"    given->g{place}.i{at} = items[{at}];")
    passed = "".join(f", &given->g{structures.index(each.rstrip('*'))}" for each in guest.given)
    lines += [f"    {guest.instantiate}(self{passed});", "}"]
    lines += [f"static void end_{number}(void *self)", "{", f"    {guest.free}(self);", "}"]
    lines += [
        f"static const struct module module_{number} = {{",
        f"    (sizeof({guest.type}) + 15) & ~(size_t)15, sizeof(struct given_{number}),",
        f"    wanted_{number}, sizeof wanted_{number} / sizeof *wanted_{number} - 1,",
        f"    exports_{number}, sizeof exports_{number} / sizeof *exports_{number} - 1,",
        f"    begin_{number}, end_{number}}};",
    ]
    return lines


def _structure(declared: Declared) -> str:
    return declared.params[0].rstrip("*")


def _described(sort: str, text: str) -> tuple[str, str, str]:
    """The type of what crosses, and the least and the most it may be, in C."""
    if sort == "func":
        return kinds(text), "0", "0"
    if sort == "global":
        value = text.removeprefix("mut ")
        if value not in KINDS:
            raise InputError(f"a global of the type {text} crosses", "load it as it is")
        return KINDS[value] + ("m" if value != text else ""), "0", "0"
    words = text.split()
    limits = next(word for word in words if ".." in word)
    low, _, high = limits.partition("..")
    if sort == "table":
        if "funcref" not in words:
            raise InputError(f"a table of the type {text} crosses", "load it as it is")
        return "funcref", f"{low}u", f"{high}u" if high else "UINT32_MAX"
    if "shared" in words:
        raise InputError("it shares memory with other threads", "load it as it is")
    most = f"{high}u" if high else "UINT64_MAX"
    return "64" if "i64" in words else "32", f"{low}u", most


def _shape(number: int, params: str, results: str) -> str:
    types = "".join(f", {_TYPES[kind]}" for kind in params)
    values = "".join(
        f", {f'v{at}' if kind == 'v' else _FROM_SLOT[kind].format(f'slots[{at}]')}"
        for at, kind in enumerate(params)
    )
    called = f"(({_result(results)} (*)(void *{types}))function->code)(function->self{values})"
    loads = "".join(
        f"    v128 v{at};\n    memcpy(&v{at}, slots[{at}].v128, 16);\n"
        for at, kind in enumerate(params)
        if kind == "v"
    )
    names = "".join(f", {_TYPES[kind]} a{at}" for at, kind in enumerate(params))
    room = max(len(params), len(results), 1)
    stores = [_put(kind, f"slots[{at}]", f"a{at}") for at, kind in enumerate(params)]
    structure = _several(results) if len(results) > 1 else ""
    if not results:
        enters, back = [f"    {called};"], []
    elif len(results) == 1:
        enters = [f"    {_TYPES[results]} r = {called};", _put(results, "slots[0]", "r")]
        back = [f"    {_TYPES[results]} r;", _get(results, "slots[0]", "r"), "    return r;"]
    else:
        members = [f"r.{_LETTERS[kind]}{at}" for at, kind in enumerate(results)]
        enters = [f"    struct {_name(results)} r = {called};"]
        enters += [_put(kind, f"slots[{at}]", members[at]) for at, kind in enumerate(results)]
        back = [f"    struct {_name(results)} r;"]
        back += [_get(kind, f"slots[{at}]", members[at]) for at, kind in enumerate(results)]
        back.append("    return r;")
    begun = f"static void enter_{number}(const struct function *function, slot *slots)"
    host = f"static {_result(results)} host_{number}(struct function *function{names})"
    return "\n".join(
        [
            f"{structure}{begun}\n{{\n    (void)slots;\n{loads}" + "\n".join(enters) + "\n}",
            host,
            "{",
            f"    slot slots[{room}];",
            *stores,
            f"    tier_call_host(function, slots, {room});",
            *back,
            "}",
        ]
    )


def _put(kind: str, place: str, value: str) -> str:
    if kind == "v":
        return f"    memcpy({place}.v128, &{value}, 16);"
    return f"    {place}.{_TO_SLOT[kind]} = {value};"


def _get(kind: str, place: str, value: str) -> str:
    if kind == "v":
        return f"    memcpy(&{value}, {place}.v128, 16);"
    return f"    {value} = {place}.{_TO_SLOT[kind]};"


def _result(results: str) -> str:
    if len(results) > 1:
        return f"struct {_name(results)}"
    return _TYPES[results] if results else "void"


def _name(results: str) -> str:
    return prefixed(f"wasm_multi_{''.join(_LETTERS[kind] for kind in results)}", OWN)


def _several(results: str) -> str:
    name = _name(results)
    fields = "".join(
        f"    {_TYPES[kind]} {_LETTERS[kind]}{at};\n" for at, kind in enumerate(results)
    )
    return f"#ifndef {name}\n#define {name} {name}\nstruct {name} {{\n{fields}}};\n#endif\n"


def _quoted(text: str) -> str:
    r"""A C string.

    >>> print(_quoted('a"b\\'))
    "a\042b\134"
    """
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"
        for byte in text.encode()
    )
    return f'"{plain}"'
