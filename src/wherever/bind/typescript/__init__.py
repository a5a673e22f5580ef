"""npm packages: a library for TypeScript and JavaScript, in Node and in browsers."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from wherever.bind.library import Made
from wherever.bind.typescript.declarations import Declarations
from wherever.bind.typescript.description import description
from wherever.bind.typescript.entries import entries
from wherever.bind.typescript.readme import readme
from wherever.bind.typescript.surface import surface
from wherever.bind.typescript.transpiling import HERE, transpile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library, Tell


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes an npm package: ES modules, declarations, the core modules and all that they need.

    Args:
        library: the component.
        folder: an empty folder.
        tell: called with what is being done.

    Raises:
        InputError: it imports or exports what JavaScript has nothing for.
        RemoteError: a tool could not be fetched.
    """
    found = surface(library)
    tell(f"transpiling {library.name} with jco")
    with tempfile.TemporaryDirectory(prefix="wherever-bind-") as scratch:
        modules = transpile(library, folder, Path(scratch))
    texts = {
        "package.json": _package(library),
        "README.md": readme(library, found),
        "description.js": description(library, found),
        "index.d.ts": Declarations(library, found, True).text(),
        "sync.d.ts": Declarations(library, found, False).text(),
        **entries(found, modules),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "runtime").mkdir()
    for path in sorted((HERE / "runtime").iterdir()):
        (folder / "runtime" / path.name).write_bytes(path.read_bytes())
    return Made.of(folder, "npm install file:{folder}")


def _package(library: Library) -> str:
    entry = {
        ".": {"types": "./index.d.ts", "node": "./index.node.js", "default": "./index.js"},
        "./sync": {"types": "./sync.d.ts", "node": "./sync.node.js", "default": "./sync.js"},
        "./package.json": "./package.json",
    }
    facts = {
        "name": library.name,
        "version": library.version,
        "description": library.description,
        "type": "module",
        "exports": entry,
        "types": "./index.d.ts",
        "engines": {"node": ">=20"},
        "sideEffects": False,
        "wherever": {"library": library.digest},
    }
    kept = {key: value for key, value in facts.items() if value != ""}
    return json.dumps(kept, indent=2, ensure_ascii=False) + "\n"
