"""A short, repeatable run of the fuzzer of HTTP/2; `make fuzz` runs it for longer."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_whatever_frames_come_the_connection_keeps_its_books():
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_http2", "--rounds", "400"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith("400 connections: an app saw something of ")
    assert int(done.stdout.split()[7].strip(",")) > 100
