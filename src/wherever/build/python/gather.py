"""The modules and files that a Python program is made of, found without running any of it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from wherever.errors import InputError

MOST_FILES = 5_000
MOST_BYTES = 64 << 20

PACKAGES = "site-packages"
"""Where dependencies seem to lie, in tracebacks."""

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<base>\.*[\w.]*)[ \t]+import|import[ \t]+(?P<names>[\w.]+[^#;\n]*))",
    re.MULTILINE,
)
_NATIVE = (".so", ".pyd", ".dylib", ".dll")
_SOURCES = (".pyi", ".pyc", ".po")
"""Files of packages that no program reads: of translations it has what is made of them."""

_NOISE = frozenset({"__pycache__", ".git", ".venv", "venv", "node_modules"})


@dataclass(slots=True)
class Gathered:
    """What goes into a component.

    Attributes:
        main: the name of the module that it begins with.
        modules: by name: its path as tracebacks show it, whether it is a package, its source,
            and whether it is the user's own.
        files: what else lies in packages, by path.
    """

    main: str
    modules: dict[str, tuple[str, bool, str, bool]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Top-level names that the user's files import and that are neither theirs nor Python's."""
        names = {
            name for _, _, source, own in self.modules.values() if own for name in imported(source)
        }
        known = sys.stdlib_module_names | {name.partition(".")[0] for name in self.modules}
        return sorted(names - known - {"wit_world", "componentize_py_types"})

    def add(self, name: str, place: str, package: bool, data: bytes, own: bool) -> None:
        """Take in a module.

        Raises:
            InputError: it is no text, or there is too much of all.
        """
        try:
            source = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            source = data.decode("latin-1")
            if own and not re.search(rb"coding[=:]\s*(latin-1|iso-8859-1)", data[:200]):
                raise InputError(f"{place} is not written in UTF-8", "save it as UTF-8") from None
        self.modules[name] = (place, package, source, own)
        self._hold()

    def add_file(self, place: str, data: bytes) -> None:
        """Take in a file that is no module."""
        self.files[place] = data
        self._hold()

    def _hold(self) -> None:
        if len(self.modules) + len(self.files) > MOST_FILES:
            raise InputError(
                f"the program and its packages have more than {MOST_FILES} files",
                "leave packages out that it does not need",
            )


def program(main: Path, folder: Path) -> Gathered:
    """The user's own modules: the main file, and all that it imports from its own folder.

    Args:
        main: the file to begin with.
        folder: the project's; paths are told from there.
    """
    root = main.parent
    while (root / "__init__.py").is_file() and root != folder.parent:
        root = root.parent
    parts = main.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    gathered = Gathered(name)
    if len(parts) > 1:
        _package(gathered, root, root / parts[0], folder)
    else:
        _module(gathered, name, main, folder)
    taken = {parts[0]} if len(parts) > 1 else {name}
    queue = _names(gathered)
    while queue:
        wanted = queue.pop()
        if wanted in taken:
            continue
        taken.add(wanted)
        for base in (root, folder / "src"):
            if (base / f"{wanted}.py").is_file():
                _module(gathered, wanted, base / f"{wanted}.py", folder)
            elif _is_package(base / wanted):
                _package(gathered, base, base / wanted, folder)
            else:
                continue
            queue |= _names(gathered)
            break
    return gathered


def imported(source: str) -> set[str]:
    """The top-level names that a source imports anywhere in it.

    >>> sorted(imported("import os.path, re as r\\nfrom . import x\\nfrom json import loads"))
    ['json', 'os', 're']
    """
    found: set[str] = set()
    for match in _IMPORT.finditer(source):
        if match["base"]:
            found.add(match["base"].partition(".")[0])
        for each in (match["names"] or "").split(","):
            found.add(each.strip().partition(" ")[0].partition(".")[0])
    return {name for name in found if name.isidentifier()}


def add_packages(gathered: Gathered, folder: Path) -> None:
    """Take in everything that was installed into a folder.

    Raises:
        InputError: there is machine code in it, or too much.
    """
    size = 0
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if not path.is_file() or _NOISE.intersection(place.parts) or place.parts[0] == "bin":
            continue
        if path.suffix in _NATIVE:
            raise InputError(
                f"the package {place.parts[0]} holds machine code ({place}), which cannot run in"
                " WebAssembly",
                "use a package that is written in Python alone",
            )
        size += path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(
                f"the packages that it needs have more than {MOST_BYTES >> 20} MiB",
                "leave out those it does not need",
            )
        shown = f"{PACKAGES}/{place.as_posix()}"
        if path.suffix == ".py" and all(part.isidentifier() for part in place.parent.parts):
            names = [*place.parent.parts, place.stem]
            package = place.stem == "__init__"
            name = ".".join(names[:-1] if package else names)
            if name and name not in gathered.modules:
                gathered.add(name, shown, package, path.read_bytes(), False)
            _spaces(gathered, place.parent.parts)
        elif path.suffix not in _SOURCES and path.name not in ("RECORD", "WHEEL"):
            gathered.add_file(shown, path.read_bytes())


def _spaces(gathered: Gathered, parts: tuple[str, ...]) -> None:
    for count in range(1, len(parts) + 1):
        gathered.modules.setdefault(".".join(parts[:count]), ("", True, "", False))


def _module(gathered: Gathered, name: str, path: Path, folder: Path) -> None:
    gathered.add(name, _shown(path, folder), path.name == "__init__.py", path.read_bytes(), True)


def _package(gathered: Gathered, root: Path, package: Path, folder: Path) -> None:
    size = 0
    for path in sorted(package.rglob("*")):
        inner = path.relative_to(root)
        if not path.is_file() or any(p in _NOISE or p.startswith(".") for p in inner.parts):
            continue
        size += path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(f"{_shown(package, folder)} holds more than {MOST_BYTES >> 20} MiB")
        if path.suffix == ".py":
            place = inner.parent if path.name == "__init__.py" else inner.with_suffix("")
            _module(gathered, ".".join(place.parts), path, folder)
            _spaces(gathered, inner.parent.parts)
        elif path.suffix != ".pyc":
            gathered.add_file(_shown(path, folder), path.read_bytes())


def _names(gathered: Gathered) -> set[str]:
    return {
        name for _, _, source, own in gathered.modules.values() if own for name in imported(source)
    }


def _is_package(path: Path) -> bool:
    return path.is_dir() and (
        (path / "__init__.py").is_file() or any(child.suffix == ".py" for child in path.iterdir())
    )


def _shown(path: Path, folder: Path) -> str:
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return path.name
