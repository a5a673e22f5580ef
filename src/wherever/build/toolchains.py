"""The toolchains that there are: ours, and those that other packages bring."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from wherever import plugins
from wherever.build.toolchain import GROUP, Toolchain
from wherever.errors import InputError


def toolchains() -> list[Toolchain]:
    """Every toolchain, ours first."""
    return [cast(Toolchain, plugins.part(GROUP, name)) for name in plugins.names(GROUP)]


def for_language(language: str) -> Toolchain:
    """The toolchain of a language.

    Raises:
        InputError: there is none; the hint names near ones.
    """
    known: list[str] = []
    for toolchain in toolchains():
        if language in toolchain.languages:
            return toolchain
        known += toolchain.languages
    from difflib import get_close_matches

    near = get_close_matches(language, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
    raise InputError(f"there is no toolchain for the language {language[:60]!a}", hint)


def for_file(path: Path) -> Toolchain | None:
    """The toolchain of a source file, by its ending."""
    for toolchain in toolchains():
        if path.suffix.lower() in toolchain.endings:
            return toolchain
    return None


def for_folder(folder: Path) -> tuple[Toolchain, Path] | None:
    """The toolchain of a folder without a manifest, and its main source."""
    for toolchain in toolchains():
        main = toolchain.detect(folder)
        if main is not None:
            return toolchain, main
    return None
