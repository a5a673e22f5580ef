"""The library is found without its package, and only in the version we know."""

import subprocess
import sys
from pathlib import Path

import pytest

from wherever.engine import abi, library
from wherever.engine.wheel import FILES
from wherever.errors import InternalError


def test_found_where_it_is_installed() -> None:
    path = Path(library.find())
    assert path.is_file()
    assert path.parent.parent.name == "wasmtime"


def test_its_absence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(InternalError) as caught:
        library.find()
    assert caught.value.hint == "run: pip install wasmtime==50.0.1, and see: wherever doctor"


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "wasmtime" / f"{sys.platform}-{library.machine()}"
    folder.mkdir(parents=True)
    (folder / FILES[sys.platform]).write_bytes(b"")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(InternalError) as caught:
        library.find()
    assert caught.value.what == f"the engine in {tmp_path}/wasmtime is not version {abi.VERSION}"


def test_a_function_that_we_did_not_prepare_is_an_error() -> None:
    with pytest.raises(AttributeError, match="wasmtime_no_such_thing"):
        _ = library.lib.wasmtime_no_such_thing


def test_running_a_guest_never_imports_the_wheels_own_package(wat: object) -> None:
    program = (
        "import sys, wherever\n"
        'out = wherever.run(b\'(module (memory (export "memory") 1)'
        ' (func (export "_start")))\')\n'
        "print(out.exit_code, 'wasmtime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0 False\n", "")
