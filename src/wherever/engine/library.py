"""The wheel's shared library, each function prepared when it is first called."""

from __future__ import annotations

import ctypes
import os
import sys

from wherever.engine import abi
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CODES: dict[str, Any] = {
    "p": ctypes.c_void_p,
    "s": ctypes.c_char_p,
    "z": ctypes.c_size_t,
    "b": ctypes.c_bool,
    "B": ctypes.c_uint8,
    "i": ctypes.c_int,
    "I": ctypes.c_uint32,
    "q": ctypes.c_int64,
    "Q": ctypes.c_uint64,
    "v": None,
}
_FILES = {
    "linux": "_libwasmtime.so",
    "android": "_libwasmtime.so",
    "darwin": "_libwasmtime.dylib",
    "win32": "_wasmtime.dll",
}
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


def machine() -> str:
    """The processor's name as the wheel spells it: `x86_64` or `aarch64`."""
    name = os.uname().machine if hasattr(os, "uname") else os.environ["PROCESSOR_ARCHITECTURE"]
    return _MACHINES.get(name.lower(), name)


def find() -> str:
    """The path of the engine's library in this environment, without importing its package.

    Raises:
        InternalError: there is none, or it is of another version than the one we know.
    """
    folder = f"{sys.platform}-{machine()}"
    name = _FILES.get(sys.platform, "_libwasmtime.so")
    for entry in sys.path:
        package = f"{entry}/wasmtime" if entry else "wasmtime"
        path = f"{package}/{folder}/{name}"
        if os.path.isfile(path):
            if not os.path.isdir(f"{package}-{abi.VERSION}.dist-info"):
                raise InternalError(
                    f"the engine in {package} is not version {abi.VERSION}",
                    f"run: pip install wasmtime=={abi.VERSION}",
                )
            return path
    raise InternalError(
        f"no engine library for {folder} is installed",
        f"run: pip install wasmtime=={abi.VERSION}, and see: wherever doctor",
    )


class Library:
    """The functions of `abi.PROTOTYPES` as attributes: `lib.wasm_config_new()`.

    A pointer argument takes an address (int), a ctypes array, `byref(...)` or `None`.
    """

    def __init__(self) -> None:
        self._dll: Any = None

    def __getattr__(self, name: str) -> Any:
        codes = abi.PROTOTYPES.get(name)
        if codes is None:
            raise AttributeError(name)
        if self._dll is None:
            self._dll = ctypes.CDLL(find(), mode=0)
        function = getattr(self._dll, name)
        function.restype = _CODES[codes[0]]
        function.argtypes = [_CODES[code] for code in codes[1:]]
        setattr(self, name, function)
        return function


lib = Library()
"""The library of this process; it is opened at the first use of a function."""


def take_bytes(vec: Any) -> bytes:
    """Copies a `wasm_byte_vec_t` (an array of two u64) and frees it."""
    data = ctypes.string_at(vec[1], vec[0]) if vec[0] else b""
    lib.wasm_byte_vec_delete(vec)
    return data


def new_vec() -> Any:
    """An empty `wasm_byte_vec_t`, to be filled by the library."""
    return (ctypes.c_uint64 * 2)()
