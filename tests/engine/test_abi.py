"""Our one file of layouts against the bindings that the wheel itself carries."""

import ctypes
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from wasmtime import _bindings as theirs
from wasmtime import _ffi

from wherever.engine import abi
from wherever.engine.library import lib

CODES = {
    ctypes.c_size_t: "z",
    ctypes.c_bool: "b",
    ctypes.c_int: "i",
    ctypes.c_int32: "i",
    ctypes.c_uint32: "I",
    ctypes.c_int64: "q",
    ctypes.c_uint64: "Q",
    ctypes.c_uint8: "B",
    ctypes.c_void_p: "p",
    ctypes.POINTER(ctypes.c_char): "s",
    None: "v",
}


def code(kind: object) -> str:
    """Our letter for a type of theirs; on this platform some of them are the same type."""
    if kind in CODES:
        return CODES[kind]
    assert issubclass(kind, ctypes._Pointer | ctypes._CFuncPtr)
    return "p"


def same(ours: str, other: str) -> bool:
    # usize and u64 are one type to ctypes, and a pointer to bytes may be given as a pointer.
    return len(ours) == len(other) and all(
        a == b or {a, b} in ({"z", "Q"}, {"p", "s"}) for a, b in zip(ours, other, strict=True)
    )


def test_the_wheel_is_the_version_we_know() -> None:
    assert version("wasmtime") == abi.VERSION


@pytest.mark.parametrize("name", sorted(abi.PROTOTYPES))
def test_prototype(name: str) -> None:
    function = getattr(theirs, f"_{name}")
    expected = "".join(code(kind) for kind in (function.restype, *function.argtypes))
    assert same(abi.PROTOTYPES[name], expected), expected


@pytest.mark.parametrize(
    ("structure", "size"),
    [
        (theirs.wasmtime_extern_t, abi.EXTERN_SIZE),
        (theirs.wasmtime_val_t, abi.VAL_SIZE),
        (theirs.wasmtime_component_func_t, abi.COMPONENT_FUNC_SIZE),
        (theirs.wasmtime_component_instance_t, abi.COMPONENT_INSTANCE_SIZE),
        (theirs.wasmtime_component_val_t, abi.COMPONENT_VAL_SIZE),
        (theirs.wasm_byte_vec_t, abi.BYTE_VEC_SIZE),
    ],
)
def test_size_of_a_structure(structure: type[ctypes.Structure], size: int) -> None:
    assert ctypes.sizeof(structure) == size


def test_where_the_unions_begin() -> None:
    assert theirs.wasmtime_extern_t.of.offset == abi.EXTERN_OF
    assert theirs.wasmtime_val_t.of.offset == abi.VAL_OF
    assert theirs.wasmtime_component_val_t.of.offset == 8
    assert theirs.wasmtime_component_valresult_t.is_ok.offset == 0
    assert theirs.wasmtime_component_valrecord_entry_t.val.offset == abi.BYTE_VEC_SIZE


def test_the_numbers_of_kinds() -> None:
    assert [
        kind.value
        for kind in (
            _ffi.WASMTIME_EXTERN_FUNC,
            _ffi.WASMTIME_EXTERN_MEMORY,
            _ffi.WASMTIME_EXTERN_SHAREDMEMORY,
        )
    ] == [
        abi.EXTERN_FUNC,
        abi.EXTERN_MEMORY,
        abi.EXTERN_SHAREDMEMORY,
    ]
    assert _ffi.WASMTIME_COMPONENT_U8.value == abi.COMPONENT_U8
    assert _ffi.WASMTIME_COMPONENT_U32.value == abi.COMPONENT_U32
    assert _ffi.WASMTIME_COMPONENT_U64.value == abi.COMPONENT_U64
    assert _ffi.WASMTIME_COMPONENT_LIST.value == abi.COMPONENT_LIST
    assert _ffi.WASMTIME_COMPONENT_RECORD.value == abi.COMPONENT_RECORD
    assert _ffi.WASMTIME_COMPONENT_TUPLE.value == abi.COMPONENT_TUPLE


def test_the_numbers_of_traps_and_strategies() -> None:
    traps = theirs.wasmtime_trap_code_enum
    assert traps.WASMTIME_TRAP_CODE_STACK_OVERFLOW.value == abi.TRAP_STACK_OVERFLOW
    assert traps.WASMTIME_TRAP_CODE_OUT_OF_FUEL.value == abi.TRAP_OUT_OF_FUEL
    # Theirs are counted from one by Python's enum, where the header counts from zero.
    strategies = theirs.wasmtime_strategy_enum
    assert strategies.WASMTIME_STRATEGY_WINCH.value - 1 == abi.STRATEGY_WINCH


ROOT = Path(__file__).resolve().parents[2]
ABI = ROOT / "src" / "wherever" / "engine" / "abi.py"


def sources(*folders: str) -> str:
    """All Python in these folders that may use the table, scripts without an ending too."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    own = (ABI, Path(__file__))
    return "\n".join(
        path.read_text()
        for path in found
        if path.suffix in ("", ".py") and path.is_file() and path not in own
    )


def used(text: str) -> set[str]:
    """The functions of the library that a text calls by name, or by a name put together."""
    names = set(re.findall(r"\blib\.(wasm\w+|wasi\w+)", text))
    names.update(re.findall(r"""\baddress\(["'](\w+)["']\)""", text))
    words = set(re.findall(r"""["'](\w+)["']""", text))
    for before, after in re.findall(r"""getattr\(lib, f["'](\w+)\{\w+\}(\w*)["']\)""", text):
        names.update({before + word + after for word in words} & set(abi.PROTOTYPES))
    return names


def test_the_table_has_what_is_called_and_nothing_else() -> None:
    assert used(sources("src", "bench", "scripts")) == set(abi.PROTOTYPES)


def test_every_constant_is_used_in_the_source() -> None:
    text = sources("src")
    constants = {name for name in vars(abi) if name.isupper()}
    assert {name for name in constants if not re.search(rf"\babi\.{name}\b", text)} == set()


def test_every_function_is_in_the_library() -> None:
    assert all(callable(getattr(lib, name)) for name in abi.PROTOTYPES)
