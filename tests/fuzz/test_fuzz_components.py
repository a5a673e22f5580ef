"""A short, repeatable run of the fuzzer of libraries; `make fuzz` runs it for longer."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_damaged_libraries_are_refused_or_called_and_nothing_else():
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_components", "--rounds", "3000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3000 damaged libraries: ")
    assert done.stdout.endswith(" loaded and called, none failed\n")
