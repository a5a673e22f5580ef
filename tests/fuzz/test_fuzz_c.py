"""A short, repeatable run of the fuzzer of C libraries; `make fuzz` runs it for longer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.timeout(300)
def test_damaged_libraries_and_values_are_refused_or_taken_and_nothing_else():
    words = ("--rounds", "60", "--turns", "100")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_c", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert re.fullmatch("60 damaged libraries: [0-9]+ made into C, none failed", first)
    assert re.fullmatch(
        "100 turns: [0-9]{4,} values taken, [0-9]{4,} refused, [0-9]{2,} callbacks", second
    )
