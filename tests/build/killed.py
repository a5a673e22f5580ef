"""Builds that are killed at any moment leave what was there before, or what is there now, whole.

`make test` kills a few; `scripts/conformance languages` fifty.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from wherever.build import templates
from wherever.package import layout, shelf
from wherever.package.names import Name, Version


def cases() -> Iterator[tuple[str, str]]:
    """Fifty of them, and what went wrong or nothing."""
    with tempfile.TemporaryDirectory() as base:
        try:
            came = builds(Path(base), 50)
            wrong = "" if came > 5 else f"only {came} came through"
        except (AssertionError, OSError, ValueError) as error:
            wrong = repr(error)
        yield "builds/killed", wrong


def builds(base: Path, times: int) -> int:
    """Kills builds of a program that changes each time; how many of them came through.

    Raises:
        AssertionError: something was left that is neither what was, nor what is to be.
    """
    templates.make(base / "tool", "wat")
    folder = base / "tool"
    command = [sys.executable, "-m", "wherever", "build", "--json", str(folder)]
    began = time.monotonic()
    whole = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    took = time.monotonic() - began
    main, rng = folder / "main.wat", random.Random(3)
    text = main.read_text()
    known = {whole["package"]}
    for number in range(times):
        main.write_text(text.replace("Hello", f"Hi {number:2}"))
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(rng.uniform(0, 1.2 * took))
            process.kill()
        known.add(_seen(folder))
    main.write_text(text)
    again = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert again["package"] == whole["package"]
    assert shelf.get(Name.parse("my:tool"), Version.parse("0.1.0")).digest == whole["package"]
    left = [path for path in (folder / "build").iterdir() if path.name.startswith(".wherever")]
    assert len(left) <= times
    return len(known) - 1


def _seen(folder: Path) -> str:
    """The digest of what is there, every byte of it checked."""
    found = layout.read(folder / "build" / "package").digest
    for entry in shelf.entries():
        assert not entry.damage
        shelf.get(entry.name, entry.version)
    return found
