"""What runs while a Python component is made: compiling the program, and loading what it needs.

This file is copied into every Python component. `prepare` runs once, before anything of the
program does; its memory is kept, so that a run begins with everything loaded.
"""

from __future__ import annotations

import encodings
import linecache
import marshal
import opcode
import os
import sys
import traceback
import types
from encodings.aliases import aliases
from typing import Any

from wherever.build.python.inside import Finder, Program, trim
from wherever.build.python.words import MARK, PROGRAM

_HIDDEN = ("PYTHONHOME", "PYTHONPATH", "PYTHONUNBUFFERED")
_ALWAYS = (
    "_colorize", "_strptime", "copy", "string", "textwrap", "tokenize", "unicodedata", "warnings",
    *(
        f"encodings.{name}"
        for name in (
            "ascii", "base64_codec", "charmap", "cp1250", "cp1251", "cp1252", "cp437", "cp850",
            "hex_codec", "idna", "iso8859_1", "iso8859_15", "koi8_r", "latin_1", "mac_roman",
            "punycode", "raw_unicode_escape", "rot_13", "unicode_escape", "utf_16", "utf_16_be",
            "utf_16_le", "utf_32", "utf_32_be", "utf_32_le", "utf_7", "utf_8_sig", "zlib_codec",
        )
    ),
)  # fmt: skip
_LEFT_OUT = frozenset(
    "_aix_support _osx_support _py_abc _pydatetime _pydecimal _pyio _pyrepl antigravity code"
    " curses dbm doctest ensurepip idlelib lib2to3 multiprocessing pdb pydoc sqlite3"
    " ssl test this tkinter turtle turtledemo unittest venv xmlrpc".split()
)
"""Modules of the library that others name in functions a program in a sandbox does not reach."""

_ENCODINGS = frozenset(aliases.values())
_LONGEST = 30

_IMPORT = opcode.opmap["IMPORT_NAME"]
_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_DYNAMIC = frozenset({"import_module", "find_spec", "__import__"})


def prepare(folder: str) -> Program:
    """Compile every module of the program, and load what it needs of Python's own library."""
    with open(os.path.join(folder, PROGRAM), "rb") as file:
        program = Program(marshal.load(file))
    own = set(sys.modules)
    wanted = _compiled(program)
    finder: Any = Finder(program)
    sys.meta_path.insert(2, finder)
    library = (name for name in wanted if name.partition(".")[0] in sys.stdlib_module_names)
    for name in sorted(library):
        if name.partition(".")[0] not in program.modules:
            _load(name)
    _keep_library(program, wanted.union(_ALWAYS), own, finder)
    for name in _HIDDEN:
        os.environ.pop(name, None)
    return program


def seal() -> None:
    """Forget the folders that are only there while the component is made."""
    linecache.clearcache()
    sys.path_importer_cache.clear()


def refused(program: Program, error: BaseException) -> ImportError:
    """What to raise where a module of the program failed as it was imported."""
    trim(program, error)
    told: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    whole = told
    while told is not None:
        told.stack[:] = [each for each in told.stack if not _is_machinery(each.filename)]
        told = told.__cause__ or told.__context__
    words = "".join(whole.format() if whole is not None else ()).strip()
    return ImportError(f"{MARK}{words}{MARK}")


def _is_machinery(name: str) -> bool:
    return "importlib" in name or os.path.basename(name).startswith("wherever_")


def _compiled(program: Program) -> set[str]:
    """Compile the program; the names of what it may import."""
    wanted: set[str] = set()
    for name, (place, package, source, own) in list(program.modules.items()):
        if not place:
            continue
        try:
            code = compile(source, place, "exec")
        except (SyntaxError, ValueError) as error:
            if own:
                raise _refused(error) from None
            continue  # a file of a dependency for another Python
        if own:
            program.source[place] = source
        program.code[name] = marshal.dumps(code)
        if name == program.main:
            program.begin = code
        program.modules[name] = (place, package, "", own)
        wanted |= _imports(code, name if package else name.rpartition(".")[0], by_text=True)
    return wanted


def _refused(error: Exception) -> ImportError:
    words = "".join(traceback.format_exception_only(error)).strip()
    return ImportError(f"{MARK}{words}{MARK}")


def _imports(code: types.CodeType, package: str, by_text: bool = False) -> set[str]:
    """Names that a code may import, at once or later, among others that are none.

    By text: also the encodings that it names, and modules that it names as strings, where it
    imports by strings.
    """
    found: set[str] = set()
    words: set[str] = set()
    queue = [code]
    dynamic = False
    while queue:
        each = queue.pop()
        raw = each.co_code
        listed = [names for names in each.co_consts if isinstance(names, tuple)]
        high = 0
        for at in range(0, len(raw), 2):
            operation, number = raw[at], raw[at + 1] | high
            high = number << 8 if operation == _EXTENDED else 0
            if operation == _IMPORT:
                starts = _starts(each.co_names[number], package)
                found.update(starts)
                found.update(f"{s}.{n}" for s in starts for t in listed for n in t if _word(n))
        queue += [const for const in each.co_consts if isinstance(const, types.CodeType)]
        if by_text:
            words.update(const for const in each.co_consts if _word(const) and "." in const)
            found.update(map(_encoding, each.co_consts))
            dynamic = dynamic or not _DYNAMIC.isdisjoint(each.co_names)
    found.discard("")
    return found | words if dynamic else found


def _encoding(text: object) -> str:
    """The module of the encoding that a text names, "" where it is none that is known."""
    if not isinstance(text, str) or len(text) > _LONGEST or not text.isascii():
        return ""
    name = encodings.normalize_encoding(text).lower()
    name = aliases.get(name, name)
    return f"encodings.{name}" if name in _ENCODINGS else ""


def _starts(name: str, package: str) -> list[str]:
    """What an import may mean in a package: of that name, or from the package or one above it."""
    above = package.split(".") if package else []
    prefixes = [".".join(above[:count]) for count in range(len(above), 0, -1)]
    return [name, *(f"{each}.{name}" for each in prefixes)] if name else prefixes


def _word(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.replace(".", "_").isidentifier()


def _load(name: str) -> None:
    if name.partition(".")[0] in _LEFT_OUT:
        return
    try:
        __import__(name)
    except Exception:
        return  # the program is told when it gets there


def _keep_library(program: Program, wanted: set[str], own: set[str], finder: Any) -> None:
    """Keep the code of Python's own modules that may be imported later.

    That is what the program names, and what those modules import. What an interpreter always
    loads is not looked into: that would be half of the library.

    Args:
        wanted: what is kept by name.
        own: what the interpreter had loaded by itself.
    """
    queue = sorted(_with_parents({*wanted, *sys.modules}) - own)
    seen = {*queue, *own}
    while queue:
        name = queue.pop()
        found = _library(name, name in wanted)
        if found is None:
            continue
        place, package, source = found
        code = compile(source, place, "exec")
        loaded = sys.modules.get(name)
        if name not in program.modules and (loaded is None or ("." in name and name in wanted)):
            program.modules[name] = (place, package, "", False)
            program.code[name] = marshal.dumps(code)
            if loaded is not None and loaded.__spec__ is not None:  # its file is gone at run time
                loaded.__spec__.loader = finder
        inner = _imports(code, name if package else name.rpartition(".")[0])
        for each in sorted(_with_parents(inner) - seen):
            seen.add(each)
            queue.append(each)


def _with_parents(names: set[str]) -> set[str]:
    return {
        ".".join(name.split(".")[:count])
        for name in names
        for count in range(1, name.count(".") + 2)
    }


def _library(name: str, named: bool) -> tuple[str, bool, bytes] | None:
    top = name.partition(".")[0]
    if top not in sys.stdlib_module_names or (top in _LEFT_OUT and not named):
        return None
    base = os.path.dirname(traceback.__file__)
    stem = os.path.join(base, *name.split("."))
    for place, package in ((f"{stem}/__init__.py", True), (f"{stem}.py", False)):
        try:
            with open(place, "rb") as file:
                return f"python3.14{place[len(base) :]}", package, file.read()
        except OSError:
            continue
    return None
