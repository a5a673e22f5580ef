"""A start of the command, in a process of its own, and what it costs."""

import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

import wherever as package

HELLO = """(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\0a")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"""


def test_it_runs_a_guest(wherever, wat):
    done = wherever("run", wat(HELLO))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "hello\n", "")


def test_it_runs_a_guest_on_a_terminal(wherever, wat):
    done = wherever("run", wat(HELLO), tty=True)
    assert (done.exit_code, done.stdout) == (0, "hello\n")


HEAVY = """
argparse asyncio collections contextlib dataclasses enum functools hashlib
importlib.metadata inspect json logging pathlib platform random re shutil signal site
socket subprocess tempfile threading traceback typing urllib wasmtime
""".split()


@pytest.fixture
def modules_loaded():
    """Run the command in a Python without `site`, as its front does; the modules it loaded."""
    places = [
        Path(package.__file__).parent.parent,
        Path(find_spec("wasmtime").origin).parent.parent,
    ]
    code = (
        f"import sys; sys.path[:0] = {list(map(str, places))!r};"
        "from wherever.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )

    def run(*args):
        python = Path(sys.prefix, "bin", "python")
        done = subprocess.run(
            [python, "-I", "-S", "-X", "importtime", "-c", code, *args],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (0, "hello\n")
        return re.findall(r"\| +(\S+)$", done.stderr, re.MULTILINE)

    return run


def test_a_start_from_the_cache_loads_nothing_heavy(modules_loaded, wat):
    path = wat(HELLO)
    # The first start compiles, those until better code has been made look after that, and one
    # gathers our modules into a file.
    for _ in range(30):
        loaded = modules_loaded("run", path)
        if not {"wherever.engine.compiler", "wherever.cli.gather"}.intersection(loaded):
            break
        time.sleep(0.2)
    assert "wherever.cli.main" in loaded
    assert sorted(set(loaded).intersection(HEAVY)) == []
