"""A short, repeatable run of the fuzzer of divided modules; `make fuzz` runs it for longer."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_damaged_modules_stay_as_valid_as_they_were():
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_dividing", "--rounds", "3000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3000 damaged modules: ")
    assert done.stdout.endswith(" divided, none failed\n")
