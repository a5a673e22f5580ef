"""A short, repeatable run of the fuzzer of handlers; `make fuzz` runs it for longer."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_damaged_handlers_are_refused_or_laid_out_and_nothing_else():
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_flat", "--rounds", "5000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("5000 damaged components: ")
    assert done.stdout.endswith(" laid out, none failed\n")
