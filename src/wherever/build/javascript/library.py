"""Components with the exports of a WIT world: what the engine gets to make one of a module."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from wherever.build.deriving.derived import INTERFACE
from wherever.build.deriving.typescript_wit import camel
from wherever.build.javascript.bundling import PRELUDE
from wherever.build.javascript.componentizing import WIT
from wherever.build.wat import wasm_tools
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.typescript import Derived
    from wherever.build.project import Project

WORLD = "library"
RUN = "wasi:cli/run@0.2.12"

_SITE = f"export {{ handler }} from {json.dumps(str(PRELUDE / 'site.js'))};\n"


class Library:
    """A project's world, as the tools want it.

    Attributes:
        wit: a folder with a world `WORLD` of the project's own and of what the prelude needs.
        entry: the file to begin the bundle with.
        check: a file that can only be bundled where the module exports all that is wanted.
        imports: the modules that come from outside.
    """

    def __init__(
        self, project: Project, target: Path, made: Derived | None = None, is_site: bool = False
    ) -> None:
        """Args:
        project: a library with a world.
        target: where to work.
        made: how its exports meet a world that was derived from them.
        is_site: the world is that of a site, which calls the module's `fetch`.
        """
        build = project.manifest.build
        source = project.folder / (build.wit or "wit")
        if not source.exists():
            raise InputError(
                f"{project.name}: there is no {source.name} with the WIT of its world",
                "name it: wit = 'FOLDER' in [build]",
            )
        text = wasm_tools(target, project.folder, "component", "wit", "--json", source, stdout=True)
        self._read: dict[str, Any] = json.loads(text)
        world = self._world(build.world)
        package = self._read["packages"][world["package"]]["name"]
        self.imports = [self._interface_name(item) for item in world["imports"].values()]
        self.wit = target / "wit"
        self._write_wit(source, package, world["name"], made is not None and made.has_main)
        self.entry, self.check = target / "library.js", target / "exports-of-the-world.js"
        if made is not None or is_site:
            self.check.write_text('export {} from "wherever-main";\n')
            self.entry.write_text(_SITE if made is None else _bound(made))
            return
        names = [camel(self._short(key, item)) for key, item in world["exports"].items()]
        self.check.write_text(f'export {{ {", ".join(names)} }} from "wherever-main";\n')
        named = json.dumps(str(PRELUDE / "library.js"))
        lines = [f"import {{ classes, lift, module }} from {named};"]
        self._classes: list[str] = []
        for (_, item), name in zip(world["exports"].items(), names, strict=True):
            lines.append(f"export const {name} = {self._export(item, name)};")
        lines.append(f"classes((main) => [{', '.join(self._classes)}]);")
        self.entry.write_text("\n".join(lines) + "\n")

    def _world(self, wanted: str) -> dict[str, Any]:
        # The user's own package comes last, after those that it depends on.
        own = len(self._read["packages"]) - 1
        found = [world for world in self._read["worlds"] if world["package"] == own]
        names = [world["name"] for world in found]
        short = re.sub(r"@.*", "", wanted.rpartition("/")[2])
        for world in found:
            if world["name"] == short or (not wanted and len(found) == 1):
                return dict(world)
        there = ", ".join(names) or "none"
        if wanted:
            raise InputError(f"the WIT has no world {wanted[:60]!a}", f"there is: {there}")
        raise InputError(
            f"the WIT has {len(found)} worlds", f"name one with world in [build]: {there}"
        )

    def _interface_name(self, item: dict[str, Any]) -> str:
        if "interface" not in item:
            return ""
        interface = self._read["interfaces"][item["interface"]["id"]]
        package, _, version = self._read["packages"][interface["package"]]["name"].partition("@")
        return f"{package}/{interface['name']}" + (f"@{version}" if version else "")

    def _short(self, key: str, item: dict[str, Any]) -> str:
        if "interface" in item:
            return str(self._read["interfaces"][item["interface"]["id"]]["name"] or key)
        return key

    def _export(self, item: dict[str, Any], name: str) -> str:
        if "function" in item:
            return self._lifted(item["function"], "main", name)
        members = []
        classes = set()
        interface = self._read["interfaces"][item["interface"]["id"]]
        for function in interface["functions"].values():
            if function["kind"] in ("freestanding", "async-freestanding"):
                own = camel(function["name"])
                members.append(f"  {own}: {self._lifted(function, f'main.{name}', own)},")
            else:
                label = re.sub(r"^\[[a-z-]+\]|\..*", "", function["name"])
                own = camel(label)
                classes.add(own[:1].upper() + own[1:])
        self._classes += [f"main.{name}.{each}" for each in sorted(classes)]
        members += [f"  get {each}() {{ return module().{name}.{each}; }}," for each in classes]
        return "\n".join(["{", *sorted(members), "}"])

    def _lifted(self, function: dict[str, Any], scope: str, name: str) -> str:
        result = function.get("result")
        while isinstance(result, int):
            kind = self._read["types"][result]["kind"]
            if "result" in kind:
                return f"lift((main) => [{scope}, {json.dumps(name)}], true)"
            result = kind.get("type") if isinstance(kind, dict) else None
        return f"lift((main) => [{scope}, {json.dumps(name)}], false)"

    def _write_wit(self, source: Path, package: str, world: str, runs: bool) -> None:
        shutil.copytree(WIT, self.wit)
        theirs = {found["name"] for found in self._read["packages"]}
        for path in (self.wit / "deps").iterdir():
            name = re.search(r"^package (\S+);", path.read_text(), re.MULTILINE)
            if name is not None and name[1] in theirs:
                path.unlink()
        base, _, version = package.partition("@")
        named = f"{base}/{world}" + (f"@{version}" if version else "")
        text = f"package wherever:javascript;\n\nworld {WORLD} {{\n"
        text += f"  include host;\n  include {named};\n"
        if runs:
            text += f"  export {RUN};\n"
        (self.wit / "library.wit").write_text(f"{text}}}\n")
        own = self.wit / "deps" / "own"
        own.mkdir()
        if source.is_file():
            shutil.copy(source, own)
            return
        for path in source.iterdir():
            if path.is_file() and path.suffix == ".wit":
                shutil.copy(path, own)
        if (source / "deps").is_dir():
            for path in (source / "deps").iterdir():
                place = self.wit / "deps" / f"own-{path.name}"
                (shutil.copytree if path.is_dir() else shutil.copy)(path, place)


def _bound(made: Derived) -> str:
    """The entry of a library whose world was derived from what it exports."""
    names = ["bind", "run as begin"] if made.has_main else ["bind"]
    lines = [
        f"import {{ {', '.join(names)} }} from {json.dumps(str(PRELUDE / 'derived.js'))};",
        f"export const {INTERFACE} = bind({json.dumps(made.glue)});",
    ]
    if made.has_main:
        lines.append("export const run = { run: begin };")
    return "\n".join(lines) + "\n"
