"""What the page about calls shows, and the example beside it, are what happens."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

from tests.run.guests import says

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_about_calls_says_what_happens():
    page = ROOT / "docs" / "python-calls.md"
    results = doctest.testfile(str(page), module_relative=False)
    assert results.failed == 0
    assert results.attempted > 15


def test_the_page_for_python_says_what_happens_and_leaves_nothing_open(tmp_path):
    page = (ROOT / "docs" / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    for name in ("tool", "server"):
        (tmp_path / f"{name}.wasm").write_text(says(f"{name}\\n"))
    (tmp_path / "notes").mkdir()
    # A big program would take the time of this test to compile; what it is given is the point.
    code = "".join(blocks).replace("python@3.12", "tool.wasm")
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert (done.stdout, done.returncode) == ("b'tool\\n' 0\nserver\n0\n0\n", 0)
    assert "Warning" not in done.stderr


def test_the_example_of_a_library_runs():
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "library" / "stats.py"],
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert done.stderr == ""
    assert done.stdout == (
        "0 of 70000\n25000 of 70000\n50000 of 70000\nmean 3.000, deviation 2.000\n"
        "ratio was stopped by a trap: integer divide by zero\n"
        "[25, 50, 75]\n[0, 10, 20, 30]\n"
    )
