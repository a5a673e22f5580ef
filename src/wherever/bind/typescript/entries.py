"""The modules that users import: for Node and for browsers, with a worker and without."""

from __future__ import annotations

import json

from wherever.bind.typescript.names import ERRORS, declared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.typescript.surface import Surface

_SYNC = """\
import * as component from "./component.js";
import {{ description }} from "./description.js";
import {{ direct }} from "./runtime/direct.js";
import {{ capped }} from "./runtime/memory.js";
{reading}
const kept = new Map();
const modules = (limit) => {{
  if (!kept.has(limit)) {{
    const all = Object.entries(files).map(([name, bytes]) =>
      [name, new WebAssembly.Module(limit === undefined ? bytes : capped(bytes, limit))]);
    kept.set(limit, Object.fromEntries(all));
  }}
  return kept.get(limit);
}};
export const {{ top, open, configure }} = direct(description, component, modules);
"""


def entries(surface: Surface, modules: list[str]) -> dict[str, str]:
    """The modules' text by file name."""
    files = _files(modules, "{}")
    node = (
        'import { description } from "./description.js";\n'
        'import { platform } from "./runtime/node.js";\n'
        'import { remote } from "./runtime/remote.js";\n\n'
        f"{files}"
        'const worker = new URL("./worker.node.js", import.meta.url);\n'
        "export const { top, open, configure } = remote(description, platform(files, worker));\n"
    )
    browser = (
        'import { description } from "./description.js";\n'
        'import { platform } from "./runtime/browser.js";\n'
        'import { remote } from "./runtime/remote.js";\n\n'
        f"{files}"
        "// Written so that bundlers see it.\n"
        "const worker = () =>\n"
        '  new Worker(new URL("./worker.js", import.meta.url), { type: "module" });\n'
        "export const { top, open, configure } = remote(description, platform(files, worker));\n"
    )
    read_node = 'import { readFileSync } from "node:fs";\n\n'
    read_node += _files(modules, "new Uint8Array(readFileSync({}))")
    read_browser = 'import { read } from "./runtime/browser.js";\n\n'
    read_browser += _files(modules, "new Uint8Array(await read({}))")
    return {
        "index.js": _exports(surface, "./start.js"),
        "index.node.js": _exports(surface, "./start.node.js"),
        "start.js": browser,
        "start.node.js": node,
        "sync.js": _exports(surface, "./start-sync.js"),
        "sync.node.js": _exports(surface, "./start-sync.node.js"),
        "start-sync.js": _SYNC.format(reading=read_browser),
        "start-sync.node.js": _SYNC.format(reading=read_node),
        "worker.js": _worker(
            "{ post: (message, moved) => self.postMessage(message, moved) }",
            "self.onmessage = ({ data }) => heard(data);\n",
        ),
        "worker.node.js": 'import { parentPort } from "node:worker_threads";\n\n'
        + _worker(
            "{ post: (message, moved) => parentPort.postMessage(message, moved) }",
            'parentPort.on("message", heard);\n',
        ),
    }


def _files(modules: list[str], read: str) -> str:
    inner = ""
    for name in modules:
        url = f"new URL({json.dumps(f'./{name}')}, import.meta.url)"
        inner += f"  {json.dumps(name)}: {read.format(url)},\n"
    return f"const files = {{\n{inner}}};\n"


def _worker(port: str, listen: str) -> str:
    return (
        'import * as component from "./component.js";\n'
        'import { description } from "./description.js";\n'
        'import { serve } from "./runtime/serve.js";\n\n'
        f"const heard = serve(description, component, {port});\n"
        f"{listen}"
    )


def _exports(surface: Surface, start: str) -> str:
    """A module of its own, so that no name of the library's meets one that is needed to start."""
    lines = [
        f"import {{ configure, open, top as $top }} from {json.dumps(start)};",
        "",
        "export { configure, open };",
        f'export {{ {ERRORS} }} from "./runtime/errors.js";',
    ]
    for name in names(surface):
        own = declared(name)
        if own == name:
            lines.append(f"export const {name} = $top.{name};")
        else:
            lines += [f"const {own} = $top.{name};", f"export {{ {own} as {name} }};"]
    return "\n".join(lines) + "\n"


def names(surface: Surface) -> list[str]:
    """What stands at the top of the package, besides what every package has."""
    found = []
    for group in surface.groups:
        if group.exported and group.at:
            found.append(group.at)
        elif group.exported:
            found += [each.name for each in group.functions]
            found += [each.name for each in group.classes]
    return found
