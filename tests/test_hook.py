"""`import wherever.hook`: libraries are found beside the code, where Python finds nothing."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import wherever
from tests.bind.python.conftest import library
from tests.bind.python.test_package import TEXT
from tests.bind.python.test_stub import SPACES, Host
from tests.build.conftest import kept_tools

__all__ = ["kept_tools", "library"]

ADD = b"""(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))) (global (export "odd name") i32 (i32.const 1)))"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder on `sys.path`, with the hook; nothing of it stays imported."""
    import wherever.hook

    before = set(sys.modules)
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    wherever.hook.install()
    yield folder
    wherever.hook.remove()
    for name in set(sys.modules) - before:
        if not name.startswith("wherever"):
            del sys.modules[name]


def test_a_component_beside_the_code_is_a_module(place, library):
    (place / "some-text.wasm").write_bytes(library(TEXT).data)
    module = importlib.import_module("some_text")
    assert module.__file__ == str(place / "some-text.wasm")
    assert str(inspect.signature(module.count)) == (
        "(text: str, from_: int | None = None) -> some_text.Counts"
    )
    counts = module.Counts(words=1, letters=2)
    assert pickle.loads(pickle.dumps(counts)) == counts
    said = pydoc.render_doc(module, renderer=pydoc.plaintext)
    assert "class Counts(builtins.object)" in said
    assert "How many words." in said
    with module.open(timeout=1) as lib, pytest.raises(wherever.Trapped):
        lib.count("it is made to trap")
    namespace = {}
    exec("from some_text import *", namespace)
    assert sorted(name for name in namespace if name[0] != "_") == ["Counts", "count"]


def test_a_module_of_functions_of_numbers_is_one_too(place):
    (place / "adder.wasm").write_bytes(ADD)
    module = importlib.import_module("adder")
    assert module.add(40, 2) == 42
    assert [name for name in dir(module) if name[0] != "_"] == ["add"]
    with pytest.raises(AttributeError, match=r"adder.wasm exports no ad; did you mean add\?"):
        module.ad(1, 2)
    (place / "adder.wasm").write_bytes(ADD.replace(b"i32.add", b"i32.sub"))
    assert importlib.reload(module).add(40, 2) == 38


def test_libraries_lie_in_packages_too(place):
    (place / "app").mkdir()
    (place / "app" / "__init__.py").write_text("from . import adder\nfrom .adder import add\n")
    (place / "app" / "adder.wasm").write_bytes(ADD)
    app = importlib.import_module("app")
    assert (app.add(1, 2), app.adder.__name__) == (3, "app.adder")


def test_interfaces_are_modules_below_the_library(place, library):
    (place / "many.wasm").write_bytes(library(SPACES).data)
    shapes = importlib.import_module("many.shapes")
    many = sys.modules["many"]
    assert many.shapes is shapes
    point = many.places.Point(1, 2)
    assert shapes.Point is many.places.Point
    assert pickle.loads(pickle.dumps(shapes.Circle(point, 2.5))) == shapes.Circle(point, 2.5)
    assert repr(shapes.Shape.Circle(shapes.Circle(point, 2.5))) == (
        "Shape.Circle(value=Circle(at=Point(x=1, y=2, label=None), r=2.5))"
    )
    with many.open(imports=Host()) as lib:
        assert repr(lib.shapes) == "<interface many.shapes>"
        with pytest.raises(wherever.Trapped):
            lib.shapes.area(shapes.Shape.None_)


def test_what_python_has_comes_first_and_a_bare_folder_does_not(place):
    for name in ("json", "mine", "folder"):
        (place / f"{name}.wasm").write_bytes(ADD)
    (place / "mine.py").write_text("own = True\n")
    (place / "folder").mkdir()
    assert importlib.import_module("mine").own
    assert not hasattr(importlib.import_module("json"), "add")
    assert importlib.import_module("folder").add(1, 1) == 2


def test_what_is_not_there_is_an_ordinary_import_error(place):
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'nothing_here'$"):
        importlib.import_module("nothing_here")
    (place / "adder.wasm").write_bytes(ADD)
    with pytest.raises(ModuleNotFoundError, match="'adder' is not a package"):
        importlib.import_module("adder.inner")
    with pytest.raises(ImportError, match="cannot import name 'more' from 'adder'"):
        exec("from adder import more", {})


def test_what_is_no_library_is_an_import_error_in_words(place):
    (place / "broken.wasm").write_bytes(b"\0asm\1\0\0\0\7")
    with pytest.raises(ImportError, match=r"broken\.wasm") as caught:
        importlib.import_module("broken")
    assert caught.value.path == str(place / "broken.wasm")
    assert "broken" not in sys.modules


def test_it_reaches_nothing(place):
    (place / "wants.wasm").write_bytes(b'(module (import "env" "open" (func)))')
    with pytest.raises(ImportError, match=r"wants\.wasm imports env\.open"):
        importlib.import_module("wants")


def test_the_hook_costs_no_engine_until_something_is_found(tmp_path):
    source = (
        "import sys, wherever.hook; found = 'wasmtime' in str(sorted(sys.modules));"
        "print(found, 'wherever.engine' in sys.modules, 'typing' in sys.modules)"
    )
    path = str(Path(wherever.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {path!r}); {source}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("False False")
