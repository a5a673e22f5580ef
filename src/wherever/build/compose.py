"""Putting components together: what one imports is what others export."""

from __future__ import annotations

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
    offered = [name for names in exported.values() for name in names]
    _all_met(app, imported, offered)
    used = [path for path in parts if set(exported[path]) & set(wanted)]
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
        words: list[str | Path] = ["compose", app.absolute(), "-o", made]
        for path in used:
            words += ["-d", path.absolute()]
        if used:
            wasm_tools(scratch, scratch, *words)
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


def _all_met(app: Path, imported: dict[Path, list[str]], offered: list[str]) -> None:
    for path, names in imported.items():
        for name in names:
            if name.startswith(_HOST) or name in offered:
                continue
            near = [each for each in offered if each.partition("@")[0] == name.partition("@")[0]]
            hint = f"there is {near[0]}" if near else f"they export {_listed(offered)}"
            raise InputError(
                f"{path.name} imports {name[:200]}, which none of the parts exports", hint
            )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(name[:200] for name in names[:8]) + more if names else "nothing"
