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


NAMES = ["a) -> i32: import os", "a b", "", "é", "a-", "-a", "1a", "a--b", "__init__", "a" * 300]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["function", "parameter", "field", "type"])
def test_names_that_wit_does_not_allow_are_refused(name, place):
    names = {"function": b"f", "parameter": b"p", "field": b"x", "type": b"t"}
    names[place] = name.encode()
    with pytest.raises(NotRunnable, match="which is no name of WIT"):
        world(component_with(names))
    names[place] = b"good-name"
    assert world(component_with(names)).exports


def component_with(names):
    """A component that imports and exports a function; nothing but its names is looked at."""

    def sized(data):
        return leb(len(data)) + data

    record = b"\x72\x01" + sized(names["field"]) + b"\x79"
    function = b"\x40\x01" + sized(names["parameter"]) + b"\x00" + b"\x01\x00"
    types = b"\x07" + sized(b"\x02" + record + function)
    imported = b"\x0a" + sized(b"\x01\x00" + sized(b"given") + b"\x01\x01")
    exports = b"\x02\x00" + sized(names["type"]) + b"\x03\x00\x00"
    exports += b"\x00" + sized(names["function"]) + b"\x01\x00\x00"
    exported = b"\x0b" + sized(exports)
    return b"\0asm\x0d\0\1\0" + types + imported + exported


def leb(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
