"""A short, repeatable run of the fuzzer; `make fuzz` runs it for longer."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_damaged_manifests_are_taken_or_refused_and_nothing_else():
    # Coverage's tracing would be timed with the reading.
    plain = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_manifest", "--rounds", "1500"],
        cwd=ROOT,
        env=plain,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1500 damaged manifests read: ")
    assert done.stdout.endswith(" refused, none failed\n")
