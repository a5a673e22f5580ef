"""One file of everything that a program is made of, by esbuild.

esbuild runs twice: it joins the files, and then turns `async` functions into plain ones, which it
cannot do in one go where there is an `await` at the top level. They then wait in the prelude's
queue: the engine's own is not served while a component runs.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from wherever.build import command, tools
from wherever.build.javascript import mapping
from wherever.errors import BuildFailed, InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wherever.build.project import Project

PRELUDE = Path(__file__).parent / "prelude"

FETCH = PRELUDE / "http" / "fetch.js"
"""Globals of those programs alone that name them, for what they name leads to the network."""

_ALLOWED = re.compile(
    r"--(alias:|conditions=|define:|drop:|drop-labels=|external:|jsx|keep-names$|loader:|"
    r"main-fields=|minify|pure:|tsconfig-raw=)"
)
_NODE_BUILTINS = re.compile(r'Could not resolve "((?:node:)?[a-z_0-9/]+)"')


def bundle(
    project: Project,
    entry: Path,
    target: Path,
    packages: Path | None,
    external: Sequence[str] = (),
    inject: Path | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Makes the file; where it is, and what esbuild warns of.

    Args:
        project: whose `main` is imported as `wherever-main`.
        entry: the file of the prelude to begin with.
        target: where to work.
        packages: a `node_modules` for what the project's own folder does not have.
        external: names of modules that the component gets from outside.
        inject: what this file exports is global to the program, as far as it is named there.

    Raises:
        InputError: the source is wrong, or a module is missing.
    """
    joined = target / "joined.js"
    facts = target / "joined.json"
    warned = _esbuild(
        project,
        target,
        packages,
        entry,
        "--bundle",
        "--format=esm",
        "--platform=neutral",
        "--main-fields=module,main",
        "--conditions=import,module,default",
        "--target=esnext",
        "--log-limit=20",
        "--log-level=warning",
        "--sourcemap=inline",
        "--sources-content=false",
        '--define:process.env.NODE_ENV="production"',
        f"--alias:wherever-main={project.main}",
        *(f"--alias:{name}={PRELUDE / file}" for name, file in ALIASES.items()),
        "--external:wasi:*",
        *(f"--external:{name}" for name in external),
        *(() if inject is None else (f"--inject:{inject}",)),
        *_flags(project),
        f"--metafile={facts}",
        f"--outfile={joined}",
    )
    joined.write_text(_without_paths(joined.read_text(), facts, project, packages))
    lowered = target / "bundle.js"
    _esbuild(
        project,
        target,
        packages,
        joined,
        "--format=esm",
        "--target=esnext",
        "--supported:async-await=false",
        "--supported:async-generator=false",
        "--supported:for-await=false",
        "--minify-whitespace",
        "--legal-comments=none",
        "--sourcemap=external",
        "--sources-content=false",
        "--log-level=error",
        f"--outfile={lowered}",
    )
    found = (target / "bundle.js.map").read_text()
    text = mapping.compact(found, lambda source: _shown(target / source, project, packages, target))
    with lowered.open("a") as file:
        file.write(f"globalThis.__wherever_map = {json.dumps(text)};\n")
    return lowered, (warned,) if warned else ()


def imports(target: Path) -> frozenset[str]:
    """What the bundle that was made in this folder imports from outside."""
    made = json.loads((target / "joined.json").read_text())["outputs"].values()
    return frozenset(each["path"] for output in made for each in output["imports"])


ALIASES = {
    "wherever": "wherever.js",
    "process": "node/process.js",
    "node:process": "node/process.js",
    "fs": "node/fs.js",
    "node:fs": "node/fs.js",
    "fs/promises": "node/fs-promises.js",
    "node:fs/promises": "node/fs-promises.js",
    "path": "node/path.js",
    "node:path": "node/path.js",
    "util": "node/util.js",
    "node:util": "node/util.js",
    "url": "node/url.js",
    "node:url": "node/url.js",
    "events": "node/events.js",
    "node:events": "node/events.js",
    "assert": "node/assert.js",
    "node:assert": "node/assert.js",
}
"""Modules that a program can import without a package, and the prelude's file of each."""


def _esbuild(project: Project, target: Path, packages: Path | None, *words: str | Path) -> str:
    env = {"NODE_PATH": str(packages)} if packages is not None else {}
    try:
        return command.run(
            [tools.tool("esbuild") / "bin" / "esbuild", *words],
            label="esbuild",
            cwd=project.folder,
            scratch=target,
            env=env,
            forget=[
                (project.folder, ""),
                (os.path.relpath(target, project.folder), ""),
                (packages or "", "node_modules"),
            ],
        ).strip()
    except BuildFailed as error:
        missing = _NODE_BUILTINS.search("\n".join(error.said))
        if missing is None:
            raise
        hint = (
            f"{missing[1]} is not here: a package must be in package.json, and of Node's own"
            " modules there are assert, events, fs, path, process, url and util"
        )
        raise BuildFailed(error.what.removesuffix(":"), hint, error.said) from None


def _flags(project: Project) -> tuple[str, ...]:
    flags = tuple(project.manifest.build.flags)
    for flag in flags:
        if not _ALLOWED.match(flag):
            raise InputError(
                f"[build] flags: {flag[:60]!a} is not for a program's own settings",
                "esbuild's --define:, --loader:, --alias:, --external:, --minify, --jsx and"
                " --conditions= can be given",
            )
    return flags


def _without_paths(text: str, facts: Path, project: Project, packages: Path | None) -> str:
    """The bundle without this machine's paths, which stand in it as names of modules."""
    for source in json.loads(facts.read_text())["inputs"]:
        path = Path(os.path.normpath(project.folder / source))
        shown = _shown(path, project, packages, facts.parent) or path.name
        text = text.replace(f"({{\n  {json.dumps(source)}(", f"({{\n  {json.dumps(shown)}(")
        text = text.replace(
            f"({{\n  async {json.dumps(source)}(", f"({{\n  async {json.dumps(shown)}("
        )
    return text


def _shown(path: Path, project: Project, packages: Path | None, target: Path) -> str:
    """A source's name for people, "" for the prelude's and what the build itself has written."""
    path = Path(os.path.normpath(path))
    if packages is not None and path.is_relative_to(packages):
        return f"node_modules/{path.relative_to(packages).as_posix()}"
    if path.is_relative_to(PRELUDE) or path.is_relative_to(target):
        return ""
    if path.is_relative_to(project.folder):
        return path.relative_to(project.folder).as_posix()
    return path.name
