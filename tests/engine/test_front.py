"""The front door: it knows the library as `abi` does, and takes nothing that is not right."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import _bindings as theirs

from tests.engine.test_abi import code, same
from wherever.engine import abi, cache, front, settings
from wherever.engine.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "src/wherever/engine/_front.c").read_text()
FUNCTIONS = re.findall(r" F\(([\w *]+), (\w+), \((.+?)\)\)", SOURCE.replace("\\\n", " "))
LETTERS = {"void": "v", "bool": "b", "size_t": "z", "uint8_t": "B", "int64_t": "q", "uint64_t": "Q"}


def letters(result: str, parameters: str) -> str:
    """Types of C as the letters of `abi.PROTOTYPES`."""
    given = [] if parameters == "void" else re.split(r",\s*", parameters)
    return "".join("p" if "*" in kind else LETTERS[kind] for kind in (result, *given))


@pytest.mark.parametrize(("result", "name", "parameters"), FUNCTIONS)
def test_prototype(result: str, name: str, parameters: str) -> None:
    function = getattr(theirs, f"_{name}")
    expected = "".join(code(kind) for kind in (function.restype, *function.argtypes))
    assert same(letters(result, parameters), expected), expected
    if name in abi.PROTOTYPES:
        assert same(abi.PROTOTYPES[name], expected)


def test_every_function_that_it_calls_is_among_them() -> None:
    body = SOURCE.partition("FUNCTIONS(LISTED)")[2]
    called = set(re.findall(r"\b((?:wasmtime|wasm|wasi)_\w+)\(", body))
    assert called == {name for _, name, _ in FUNCTIONS}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXTERN_FUNC", abi.EXTERN_FUNC),
        ("EXTERN_MEMORY", abi.EXTERN_MEMORY),
        ("VAL_I32", abi.VAL_I32),
        ("STORE_LIMITS_OF", abi.STORE_LIMITS_OF),
        ("STORE_LIMITS_WORDS", abi.STORE_LIMITS_WORDS),
        ("SMALLEST_STACK", settings.SMALLEST_STACK),
        ("LARGEST_STACK", settings.LARGEST_STACK),
    ],
)
def test_a_number_is_the_one_that_python_uses(name: str, value: int) -> None:
    found = re.search(rf"^#define {name} (.+)$", SOURCE, re.M)
    assert found and eval(found[1]) == value


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEREVER_ACCELERATOR", "0")
    assert front.door() is None


def test_its_absence_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WHEREVER_ACCELERATOR", raising=False)
    assert front.door() is front.door() is not None
    monkeypatch.delitem(sys.modules, "wherever.engine._front")
    monkeypatch.setattr(front, "__file__", str(tmp_path / "front.py"))
    assert front.door() is None


WRONG = """
import itertools, os, sys
from wherever.engine import _front, wheel
from wherever.engine.settings import Settings

right = [
    wheel.find().encode(), sys.argv[1].encode(), Settings().switches(), 1 << 20,
    (1 << 24, 1000, 8, 8, 8), True, (b"a",), (b"name", b"value"),
]
wrong = [
    None, -1, 1 << 70, 1.5, "", b"", b"/nowhere", b"/nowhere\\0", object(), (), ("a",), (None,),
    (1 << 70,) * 5, (b"a", "b"), (b"\\xff", b"\\xff"), (b"\\0", b""), (b"x" * (2 << 20), b""),
    (b"a", b"b", b"c"), (b"a", b"b") * 3, (("a", True),), (("x" * 200, 1),), (("strategy", None),),
    (("max_wasm_stack", -1),), ((1, 2, 3),), Settings(True).switches(), Settings().switches(1),
]

def outcome(given):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        code = 10
        if _front.load(*given):
            code = 11
            _front.run()
            try:
                _front.load(*right)
            except RuntimeError:
                code = 12
            try:
                _front.run()
            except RuntimeError:
                code += 1
    except (TypeError, ValueError, OverflowError):
        code = 20
    except RuntimeError:
        code = 30
    os._exit(code)

assert outcome(right) == 13
assert outcome([b"/nowhere", *right[1:]]) == outcome([right[0], b"/nowhere", *right[2:]]) == 10
assert outcome(()) == outcome(right[:3]) == outcome([*right, 1]) == 20
seen = {}
for place, value in itertools.product(range(len(right)), wrong):
    given = list(right)
    given[place] = value
    code = outcome(given)
    seen[code] = seen.get(code, 0) + 1
    assert code in (10, 13, 20), (place, value, code)
assert min(seen[10], seen[13], seen[20]) > 10, seen
try:
    _front.run()
except RuntimeError as error:
    print(error)
"""


@pytest.mark.timeout(90)  # two hundred processes, one after the other
def test_wrong_arguments_never_crash(wat: Callable[..., Path]) -> None:
    guest = str(wat('(module (memory (export "memory") 1) (func (export "_start")))'))
    found = cache.artifact(guest, Settings(), tiers=False)
    done = subprocess.run([sys.executable, "-c", WRONG, found.path], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("nothing is loaded that has not run\n", "")
