"""A component tells what it imports and exports; the engine's tool tells the same of its WIT."""

import json
import subprocess
from pathlib import Path

import pytest

from wherever.build import tools
from wherever.build.bindings import wit
from wherever.errors import NotRunnable
from wherever.wit.docs import section_of
from wherever.wit.reading import world
from wherever.wit.text import interface_text

WIT = (Path(__file__).parent / "all-types.wit").read_text()


@pytest.fixture
def component(tmp_path, monkeypatch):
    """A component of the world in all-types.wit that imports all it exports."""
    folder = Path(__file__).parents[2] / ".cache" / "tools"
    monkeypatch.setenv("WHEREVER_TOOLS", str(folder))
    (tool,) = [path for path in tools.tool("wasm-tools").rglob("wasm-tools") if path.is_file()]
    (tmp_path / "world.wit").write_text(WIT)

    def run(*words):
        done = subprocess.run([tool, *words], cwd=tmp_path, capture_output=True, check=True)
        return done.stdout

    run("component", "embed", "--dummy", "--world", "all", "world.wit", "-o", "core.wasm")
    run("component", "new", "core.wasm", "-o", "all.wasm")
    read = wit.parse(run("component", "wit", "--json", "world.wit").decode(), "all")
    return (tmp_path / "all.wasm").read_bytes(), read


def texts(interfaces):
    return {each.name: interface_text("it", each) for each in interfaces}


def test_a_component_has_the_interfaces_of_its_wit(component):
    data, written = component
    data += section_of(written)
    found = world(data)
    assert texts(found.exports) == texts(written.exports)


def test_a_component_without_docs_has_the_same_functions(component):
    data, written = component
    found = world(data)
    assert json.dumps(names(found.exports)) == json.dumps(names(written.exports))
    assert {each.name for each in found.imports} == {each.name for each in written.imports}


def names(interfaces):
    return {each.name: [function.core for function in each.functions] for each in interfaces}


def test_a_core_module_has_no_world():
    with pytest.raises(NotRunnable, match="this is a core module"):
        world(b"\0asm\1\0\0\0")
