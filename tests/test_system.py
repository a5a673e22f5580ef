"""What stands for `os` in a start does what `os` does."""

import os
import posix
import subprocess
import sys
from pathlib import Path

import pytest

import wherever as package
from wherever import system

PATHS = [
    "/",
    "/etc",
    "/etc/passwd",
    "/etc//passwd",
    "/etc/../etc/passwd",
    "/etc/",
    "passwd",
    ".",
    "",
]


@pytest.fixture
def light():
    return system._System(posix)


def test_where_os_is_there_it_is_os():
    assert system.os is os


@pytest.mark.parametrize("path", [*PATHS, "/no such", "/etc/passwd/below", "a\0b"])
def test_paths(light, path):
    assert light.path.isfile(path) == os.path.isfile(path)
    assert light.path.isdir(path) == os.path.isdir(path)
    assert light.path.abspath(path) == os.path.abspath(path)
    assert light.path.basename(path) == os.path.basename(path)


def test_names_and_variables(light):
    for text in ("plain", "ü", "\udcff", b"bytes"):
        assert light.fsencode(text) == os.fsencode(text)
    assert light.environ.get("PATH") == os.environ.get("PATH") == light.environ["PATH"]
    assert "PATH" in light.environ and "NO_SUCH_VARIABLE" not in light.environ
    assert light.environ.get("NO_SUCH_VARIABLE", "other") == "other"
    assert light.environ.get("NO_SUCH_VARIABLE") is None
    with pytest.raises(KeyError):
        print(light.environ["NO_SUCH_VARIABLE"])
    assert list(light.environ.keys()) == list(os.environ.keys())


def test_what_is_beneath_is_the_same_and_the_rest_is_there_too(light):
    assert light.stat is os.stat and light.O_CLOEXEC == os.O_CLOEXEC and light._exit is posix._exit
    assert light.makedirs is os.makedirs and light.fspath is os.fspath
    with pytest.raises(AttributeError):
        print(light.no_such_thing)


def test_a_start_does_not_import_os():
    code = (
        f"import sys; sys.path.insert(0, {str(Path(package.__file__).parent.parent)!r});"
        "import wherever.cli.start, wherever.run.plain; print('os' in sys.modules);"
        "from wherever.system import os; print(os.path.join('a', 'b'), 'os' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\na/b True\n", "")
