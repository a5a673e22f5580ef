"""Files that have cargo and rustup start programs of a project's own choice."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 1 << 20
_CARGO = (".cargo/config.toml", ".cargo/config")
_RUSTUP = ("rust-toolchain", "rust-toolchain.toml")
_RUNNING = {"codegen-backend", "rustflags"}


def refuse(folder: Path, cargo_home: str) -> None:
    """Refuse a folder where a file of it, or of one above it, names programs to be run.

    Cargo and rustup read them in every folder up to the root. The user's own cargo home is left
    out: what stands there was chosen by the user.

    Raises:
        InputError: there is such a file.
    """
    own = {os.path.realpath(each) for each in (cargo_home, Path.home() / ".cargo")}
    for place in (folder, *folder.parents):
        for name in _CARGO:
            path = place / name
            if os.path.lexists(path) and os.path.realpath(path.parent) not in own:
                raise _refused(path, folder)
        for name in _RUSTUP:
            path = place / name
            if os.path.lexists(path) and _names_a_folder(path):
                raise _refused(path, folder)
        path = place / "Cargo.toml"
        if path.is_file() and any(_RUNNING & keys for keys in _profiles(path)):
            raise _refused(path, folder)


def _names_a_folder(path: Path) -> bool:
    """Whether it says where a toolchain lies; what cannot be understood might."""
    try:
        settings = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return "path" in _text(path) or "\\" in _text(path) or "/" in _text(path)
    toolchain = settings.get("toolchain")
    return not isinstance(toolchain, dict) or "path" in toolchain


def _profiles(path: Path) -> Iterator[set[str]]:
    """The keys of each table that may be a profile, at any depth."""
    try:
        settings = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return  # cargo says what is wrong with it
    left = [settings.get("profile")]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            yield set(each)
            left += each.values()


def _text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > _MOST:
        raise InputError(f"{path} is no file of settings", "remove it")
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def _refused(path: Path, folder: Path) -> InputError:
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    return InputError(
        f"{shown} can make cargo run programs of this project's choice on this machine",
        "allow it: --allow-build-scripts",
    )
