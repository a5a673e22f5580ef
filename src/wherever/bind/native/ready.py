"""A library's C, compiled for this machine, in packages that also hold the C for others."""

from __future__ import annotations

import platform
import sys

_GO = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def rust_target() -> str:
    """This machine as Rust names it."""
    machine = platform.machine().lower().replace("arm64", "aarch64")
    return f"{machine}-apple-darwin" if sys.platform == "darwin" else f"{machine}-unknown-linux-gnu"


def go_target() -> tuple[str, str] | None:
    """This machine as Go names it: system and architecture; None where that is not known."""
    machine = _GO.get(platform.machine().lower())
    return None if machine is None else (sys.platform, machine)
