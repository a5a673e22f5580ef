"""Putting components together: what one imports is what others export."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from wherever.build.wat import wasm_tools
from wherever.errors import InputError, NotFound, NotRunnable
from wherever.wasm import facts, sniff

_HOST = "wasi:"
"""What hosts provide begins with this; everything else has to come from a part."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What was put together.

    Attributes:
        wasm: the file.
        size: its bytes.
        met: each import of `app` or of a part that a part's export satisfies.
        imports: what is left for the host.
    """

    wasm: Path
    size: int
    met: tuple[str, ...]
    imports: tuple[str, ...]


def compose(app: Path, parts: list[Path], output: Path, *, all_used: bool = True) -> Composed:
    """Make one component of several.

    Args:
        app: the component whose exports the whole one has.
        parts: components whose exports satisfy imports of `app` and of each other.
        output: where the whole goes; it appears there when it is whole.
        all_used: refuse a part of which nothing is imported.

    Raises:
        NotFound: there is no such file.
        NotRunnable: one of them is not a component.
        InputError: an import is left that no part exports and no host provides.
        BuildFailed: the parts do not fit together; the words are those of wasm-tools.
    """
    imported = {path: _names(path, "imports") for path in (app, *parts)}
    exported = {path: _names(path, "exports") for path in parts}
    wanted = [name for names in imported.values() for name in names if not name.startswith(_HOST)]
    met = {path: _met(path, names, exported) for path, names in imported.items()}
    givers = {part for each in met.values() for part, _ in each.values()}
    used = [path for path in parts if path in givers]
    for path in parts:
        if all_used and path not in used:
            raise InputError(
                f"{path.name} exports nothing that is imported, only {_listed(exported[path])}",
                f"leave it out; wanted is {_listed(wanted)}",
            )
    folder = Path(os.path.abspath(output)).parent
    try:
        scratch = Path(tempfile.mkdtemp(prefix=".wherever-compose-", dir=folder))
    except OSError as error:
        raise InputError(f"nothing can be written in {folder}: {error.strerror}") from None
    try:
        made = scratch / "whole.wasm"
        if used:
            plan = scratch / "plan.yml"
            plan.write_text(json.dumps(_plan(app, used, met), ensure_ascii=False))
            wasm_tools(scratch, scratch, "compose", app.absolute(), "-c", plan, "-o", made)
        else:
            shutil.copyfile(app, made)
        left = _names(made, "imports")
        made.chmod(0o644)
        size = made.stat().st_size
        os.replace(made, output)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Composed(output, size, tuple(sorted(set(wanted))), tuple(left))


def _names(path: Path, which: str) -> list[str]:
    """The names of what a component imports or exports, but for types."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file", "check the path") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if sniff(data) != "component":
        raise NotRunnable(
            f"{path.name} is not a component, and only components can be put together",
            "build it with [build] world in wherever.toml",
        )
    found = facts(data)[which]
    if which == "imports":
        return [name for _, name, kind, _ in found if kind != "type"]
    return [name for name, kind, _ in found if kind != "type"]


def _met(
    path: Path, names: list[str], exported: dict[Path, list[str]]
) -> dict[str, tuple[Path, str]]:
    """For each import of a component, the part that exports it and the name it has there."""
    offers = [(name, part) for part, given in exported.items() for name in given]
    met = {}
    for name in names:
        if name.startswith(_HOST):
            continue
        fitting = [
            (_version(other), other, part)
            for other, part in offers
            if part != path and _fits(name, other)
        ]
        exact = [found for found in fitting if found[1] == name]
        if not fitting:
            offered = [other for other, _ in offers]
            near = [each for each in offered if each.partition("@")[0] == name.partition("@")[0]]
            hint = f"there is {near[0]}" if near else f"they export {_listed(offered)}"
            raise InputError(
                f"{path.name} imports {name[:200]}, which none of the parts exports", hint
            )
        _, other, part = max(exact or fitting, key=lambda found: found[0])
        met[name] = (part, other)
    return met


def _fits(wanted: str, offered: str) -> bool:
    """Whether an interface is the one that is wanted, or one that came after it and holds it.

    >>> _fits("a:b/c@1.2.0", "a:b/c@1.3.1"), _fits("a:b/c@0.2.0", "a:b/c@0.3.0")
    (True, False)
    """
    if wanted == offered:
        return True
    if wanted.partition("@")[0] != offered.partition("@")[0]:
        return False
    want, offer = _version(wanted), _version(offered)
    kept = next((at for at, number in enumerate(want) if number), 2) + 1
    return len(want) == len(offer) == 3 and want[:kept] == offer[:kept] and want <= offer


def _version(name: str) -> tuple[int, ...]:
    """The numbers of a released version; those of one before a release fit only themselves."""
    numbers = name.partition("@")[2].partition("+")[0].split(".")
    return tuple(map(int, numbers)) if all(each.isdecimal() for each in numbers) else ()


def _plan(
    app: Path, used: list[Path], met: dict[Path, dict[str, tuple[Path, str]]]
) -> dict[str, dict[str, object]]:
    """Who gives what to whom, as wasm-tools reads it; each part is there once."""
    name = {path: f"part{at}" for at, path in enumerate(used)}

    def arguments(path: Path) -> dict[str, object]:
        return {
            wanted: {"instance": f"the-{name[part]}", "export": given}
            for wanted, (part, given) in met[path].items()
        }

    parts = {
        f"the-{name[path]}": {"dependency": name[path], "arguments": arguments(path)}
        for path in used
    }
    return {
        "dependencies": {name[path]: str(path.absolute()) for path in used},
        "instantiations": {"root": {"arguments": arguments(app)}, **parts},
    }


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(name[:200] for name in names[:8]) + more if names else "nothing"
