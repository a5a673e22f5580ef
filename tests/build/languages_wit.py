"""Libraries in C, Zig, Rust and Go that hand every value of their world back, by their bindings.

`scripts/conformance languages` runs these, with worlds of types by chance as well. Each case is a
name, and what went wrong or nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import wherever
from tests.build.bindings import echo_c, echo_go, echo_rust, echo_zig, worlds
from wherever.build import building
from wherever.build import project as projects
from wherever.build.bindings import wit
from wherever.wit.model import World

ROOT = Path(__file__).resolve().parent.parent.parent
SEEDS = (3, 5, 8, 13)
EXAMPLES = 40

LANGUAGES: dict[str, tuple[str, Callable[[World], str], dict[str, str]]] = {
    "c": ("echo.c", echo_c.source, {}),
    "zig": ("main.zig", echo_zig.source, {}),
    "rust": ("src/lib.rs", echo_rust.source, {"Cargo.toml": echo_rust.CARGO}),
    "go": ("main.go", echo_go.source, {"go.mod": "module lab.example/echo\n\ngo 1.24\n"}),
}


def cases() -> Iterator[tuple[str, str]]:
    """Each language with each world, and what went wrong with it, or nothing."""
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    every = {
        "each": worlds.each_kind(),
        "names": worlds.taken_names(),
        **{f"any-{at}": worlds.any_types(at) for at in SEEDS},
    }
    for language in LANGUAGES:
        own = {"rust": "cargo", "go": "go"}.get(language)
        if own is not None and shutil.which(own) is None:
            continue
        for name, text in every.items():
            with tempfile.TemporaryDirectory() as folder:
                yield f"wit/{language}-{name}", _wrong(Path(folder), language, text)


def _wrong(folder: Path, language: str, text: str) -> str:
    main, source, files = LANGUAGES[language]
    manifest = f'[build]\nlanguage = "{language}"\nmain = "{main}"\nworld = "echo"\n'
    own = {"wit/world.wit": text, "wherever.toml": manifest, main: "", **files}
    for name, each in own.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(each)
    try:
        project = projects.find(folder)
        (folder / main).write_text(source(wit.read(project, folder)))
        echo = worlds.Echo(building.build(project, lambda text: None).wasm)
        for name in echo.types:
            echo.check(name, EXAMPLES)
    except wherever.WhereverError as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
