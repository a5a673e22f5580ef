"""Builds that are killed at any moment leave what was there before, or what is there now, whole."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wherever.build import templates
from wherever.package import layout, shelf
from wherever.package.names import Name, Version


@pytest.mark.timeout(120)
def test_fifty_builds_that_are_killed_corrupt_nothing(
    tmp_path: Path, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    templates.make(tmp_path / "tool", "wat")
    folder = tmp_path / "tool"
    command = [sys.executable, "-m", "wherever", "build", "--json", str(folder)]
    began = time.monotonic()
    whole = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    took = time.monotonic() - began
    main, rng = folder / "main.wat", random.Random(3)
    text = main.read_text()
    known = {whole["package"]}
    for number in range(50):
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
    assert len(known) > 5  # some came through, and some did not
    left = [path for path in (folder / "build").iterdir() if path.name.startswith(".wherever")]
    assert len(left) < 51


def _seen(folder: Path) -> str:
    """The digest of what is there, every byte of it checked."""
    found = layout.read(folder / "build" / "package").digest
    for entry in shelf.entries():
        assert not entry.damage
        shelf.get(entry.name, entry.version)
    return found
