"""The file `wherever` that an installation puts on the PATH."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FRONT = Path(__file__).parent.parent / "bin" / "wherever"
PYTHON = f"python3.{sys.version_info.minor}"
MAIN = """
import sys
def main():
    print(sys.argv[1:], sys.flags.isolated, "site" in sys.modules)
    return 7
"""


@pytest.fixture
def prefix(tmp_path):
    """What pip leaves in a virtual environment, with a command that shows how it was started."""
    bin = tmp_path / "env" / "bin"
    bin.mkdir(parents=True)
    shutil.copy(FRONT, bin)
    (bin / "python").symlink_to(os.path.realpath(sys.executable))
    room = tmp_path / "env" / "lib" / PYTHON / "site-packages" / "wherever" / "cli"
    room.mkdir(parents=True)
    (room.parent / "__init__.py").touch()
    (room / "__init__.py").touch()
    (room.parent / "together.py").write_text("def load(part): pass")
    (room / "main.py").write_text(MAIN)
    return tmp_path / "env"


def run(path, *args, **environment):
    done = subprocess.run(
        [path, *args], capture_output=True, text=True, env={**os.environ, **environment}
    )
    return done.returncode, done.stdout, done.stderr


def test_it_starts_without_site_and_passes_everything_on(prefix):
    assert run(prefix / "bin" / "wherever", "run", "", "a b", "*", "-I") == (
        7,
        "['run', '', 'a b', '*', '-I'] 1 False\n",
        "",
    )


def test_the_environment_cannot_put_another_module_in_its_place(prefix, tmp_path):
    (tmp_path / "wherever.py").write_text("raise SystemExit('not this one')")
    assert run(prefix / "bin" / "wherever", PYTHONPATH=str(tmp_path))[0] == 7


def test_it_is_found_through_links(prefix, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "one").symlink_to("../env/bin/wherever")
    (tmp_path / "two").symlink_to(tmp_path / "here" / "one")
    assert run(tmp_path / "two", "x") == (7, "['x'] 1 False\n", "")


def test_it_is_found_by_a_shell_that_is_told_to_read_it(prefix):
    done = subprocess.run(
        ["sh", "wherever", "x"], cwd=prefix / "bin", capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (7, "['x'] 1 False\n")


def test_without_a_python_beside_it_the_folder_names_the_one(prefix, tmp_path):
    (prefix / "bin" / "python").unlink()
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / PYTHON).symlink_to(os.path.realpath(sys.executable))
    path = f"{tmp_path / 'path'}:/usr/bin:/bin"
    assert run(prefix / "bin" / "wherever", "x", PATH=path) == (7, "['x'] 1 False\n", "")


def test_a_python_that_lacks_the_package_is_named(prefix):
    shutil.rmtree(prefix / "lib")
    code, out, err = run(prefix / "bin" / "wherever")
    assert (code, out) == (125, "")
    assert err == f"wherever: {prefix / 'bin' / 'python'} has no wherever\n"


def test_an_interrupt_while_it_looks_for_the_modules_is_quiet(prefix):
    room = prefix / "lib" / PYTHON / "site-packages" / "wherever"
    (room / "together.py").write_text("def load(part): raise KeyboardInterrupt")
    assert run(prefix / "bin" / "wherever", "run") == (130, "", "")
