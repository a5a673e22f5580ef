"""What runs inside the component: the program's modules out of memory, and its main as a script.

This file is copied into every Python component and imports nothing of ours. There are no files at
run time but those the user grants, so all that the program could import is kept as compiled code.
"""

from __future__ import annotations

import io
import linecache
import marshal
import os
import sys
import types
from importlib.machinery import ModuleSpec
from typing import Any

_OURS = os.path.join(os.path.dirname(__file__), "")


class Program:
    """The modules and files of a program."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self.main: str = parts["main"]
        self.modules: dict[str, tuple[str, bool, str, bool]] = parts["modules"]
        self.files: dict[str, bytes] = parts["files"]
        self.shapes: dict[str, Any] = parts.get("shapes", {})
        self.code: dict[str, bytes] = {}
        self.source: dict[str, str] = {}
        self.begin: types.CodeType | None = None


class Finder:
    """Finds the program's modules, and loads them."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        known = self.program.modules.get(name)
        if known is None:
            return None
        place, package, _, _ = known
        loader: Any = self
        spec = ModuleSpec(name, loader, origin=place, is_package=package)
        if package and spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(os.path.dirname(place))
        spec.has_location = bool(place)
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        code = self.get_code(module.__name__)
        if code is not None:
            exec(code, module.__dict__)

    def get_code(self, name: str) -> types.CodeType | None:
        data = self.program.code.get(name)
        return None if data is None else marshal.loads(data)

    def get_source(self, name: str) -> str | None:
        known = self.program.modules.get(name)
        return None if known is None else self.program.source.get(known[0])

    def get_filename(self, name: str) -> str:
        return self.program.modules[name][0]

    def is_package(self, name: str) -> bool:
        return self.program.modules[name][1]

    def get_data(self, path: str) -> bytes:
        try:
            return self.program.files[path]
        except KeyError:
            raise FileNotFoundError(2, "No such file in the component", path) from None

    def get_resource_reader(self, name: str) -> object:
        from importlib.resources.abc import TraversableResources

        files = self.program.files
        folder = os.path.dirname(self.get_filename(name))

        class Reader(TraversableResources):
            def files(self) -> Any:
                return Entry(files, folder)

        return Reader()

    def find_distributions(self, context: Any = None) -> list[Any]:
        from importlib.metadata import Distribution

        files = self.program.files

        class Kept(Distribution):
            def __init__(self, folder: str) -> None:
                self.folder = folder

            def read_text(self, filename: Any) -> str | None:
                data = files.get(f"{self.folder}/{filename}")
                return None if data is None else data.decode()

            def locate_file(self, path: Any) -> Any:
                return Entry(files, f"{os.path.dirname(self.folder)}/{path}")

        wanted = getattr(context, "name", None)
        found = sorted(path[:-9] for path in files if path.endswith(".dist-info/METADATA"))
        kept = [Kept(folder) for folder in found]
        if wanted is None:
            return kept
        same = _normal(wanted)
        return [each for each in kept if _normal(each.metadata["Name"]) == same]

    def invalidate_caches(self) -> None:
        return None


class Entry:
    """A file or folder of the program, as `importlib.resources` has them."""

    def __init__(self, files: dict[str, bytes], path: str) -> None:
        self._files = files
        self._path = path
        self.name = path.rpartition("/")[2]

    def is_file(self) -> bool:
        return self._path in self._files

    def is_dir(self) -> bool:
        return any(path.startswith(f"{self._path}/") for path in self._files)

    def iterdir(self) -> Any:
        start = len(self._path) + 1
        inner = {
            path[start:].partition("/")[0]
            for path in self._files
            if path.startswith(f"{self._path}/")
        }
        return iter([self / name for name in sorted(inner)])

    def joinpath(self, *names: str) -> Entry:
        return Entry(self._files, "/".join((self._path, *names)))

    def __truediv__(self, name: str) -> Entry:
        return self.joinpath(name)

    def read_bytes(self) -> bytes:
        if self._path not in self._files:
            raise FileNotFoundError(2, "No such file in the component", self._path)
        return self._files[self._path]

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        stream = io.BytesIO(self.read_bytes())
        return stream if "b" in mode else io.TextIOWrapper(stream, *args, **kwargs)

    def __str__(self) -> str:
        return self._path


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def run(program: Program) -> int:
    """Run the main file as a script; its exit code."""
    ready()
    code = 0
    try:
        _run_main(program)
    except SystemExit as end:
        code = _status(end.code)
    except BaseException as error:
        show(program, error)
        code = 130 if isinstance(error, KeyboardInterrupt) else 1
    return _end(code)


def ready() -> None:
    """Begin as a Python of the command line does, and not as the component was made."""
    sys.path[:] = []
    _streams()
    _reset()


def _streams() -> None:
    """Standard streams as a Python of the command line has them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        raw = io.FileIO(number, "rb" if number == 0 else "wb", closefd=False)
        buffer: Any = io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw)
        stream = io.TextIOWrapper(
            buffer,
            encoding="utf-8",
            errors="backslashreplace" if number == 2 else "surrogateescape",
            line_buffering=number == 2 or (number == 1 and raw.isatty()),
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _reset() -> None:
    """What was noted of the time and the place while the component was made."""
    logging: Any = sys.modules.get("logging")
    if logging is not None:
        import time

        logging._startTime = time.time_ns()
    if not sys.argv:
        sys.argv.append("")


def _run_main(program: Program) -> None:
    place, package, _, _ = program.modules[program.main]
    main: Any = types.ModuleType("__main__")
    loader: Any = Finder(program)
    main.__file__ = place
    main.__loader__ = loader
    inside = program.main if package else program.main.rpartition(".")[0]
    main.__package__ = inside
    if inside:
        main.__spec__ = ModuleSpec(program.main, loader, origin=place)
    sys.modules["__main__"] = main
    if program.begin is not None:
        exec(program.begin, main.__dict__)


def _status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def show(program: Program, error: BaseException) -> None:
    """Write an exception to stderr as Python does, without the calls that are ours."""
    trim(program, error)
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        pass
    sys.excepthook(type(error), error, error.__traceback__)


def trim(program: Program, error: BaseException) -> None:
    """Leave the calls that are ours out of an exception, and have the source lines of others."""
    for place, source in program.source.items():
        lines = source.splitlines(keepends=True)
        linecache.cache[place] = (len(source), None, lines, place)
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename.startswith(_OURS):
        own = own.tb_next
    error.__traceback__ = own


def _end(code: int) -> int:
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            code = code or 120
    return code
