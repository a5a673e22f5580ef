"""The room is cheap to enter: the path of every start imports nothing heavy through it."""

import subprocess
import sys

import pytest

HEAVY = ("typing", "dataclasses", "re", "enum", "json", "pathlib", "functools", "collections")


@pytest.mark.parametrize("name", ["facts", "sniff", "signature", "winch_refuses"])
def test_the_name_loads_nothing_heavy(name):
    program = (
        "import sys\n"
        f"sys.path.insert(0, {sys.path[0]!r})\n"
        f"import wherever.wasm; wherever.wasm.{name}\n"
        f"print([heavy for heavy in {HEAVY!r} if heavy in sys.modules])\n"
    )
    source = __import__("wherever").__path__[0].removesuffix("wherever")
    program = program.replace(repr(sys.path[0]), repr(source))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_room_itself_loads_nothing_of_its_own():
    source = __import__("wherever").__path__[0].removesuffix("wherever")
    program = (
        f"import sys; sys.path.insert(0, {source!r}); import wherever.wasm\n"
        "print(sorted(name for name in sys.modules if name.startswith('wherever.wasm')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "['wherever.wasm']\n"


def test_names_are_handed_on_and_others_are_not():
    import wherever.wasm

    assert {name: getattr(wherever.wasm, name).__doc__ for name in wherever.wasm.__all__}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = wherever.wasm.nothing
