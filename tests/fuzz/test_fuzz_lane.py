"""A short, repeatable run of the fuzzer of requests; `make fuzz` runs it for longer."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.guest.building import guest

ROOT = Path(__file__).parent.parent.parent


def test_damaged_requests_are_answered_alike_both_ways():
    pytest.importorskip("wherever.edge.guest._lane", reason="no compiler was there")
    guest("plain")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_lane", "--rounds", "1000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith("1000 requests: ")
    assert done.stdout.endswith(" went the short way, all were answered alike\n")
    assert int(done.stdout.split()[2]) > 100
