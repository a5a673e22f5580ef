"""The wheel's shared library, each function prepared when it is first called."""

from __future__ import annotations

import ctypes

from wherever.engine import abi
from wherever.engine.wheel import find as find
from wherever.engine.wheel import machine as machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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


class Library:
    """A shared library's functions as attributes: `lib.wasm_config_new()`.

    Args:
        find: gives its path when the first function is called.
        prototypes: what they take and give.

    A pointer argument takes an address (int), a ctypes array, `byref(...)` or `None`.
    """

    def __init__(
        self, find: Callable[[], str] = find, prototypes: Mapping[str, str] = abi.PROTOTYPES
    ) -> None:
        self._find = find
        self._prototypes = prototypes
        self._dll: Any = None

    def __getattr__(self, name: str) -> Any:
        codes = self._prototypes.get(name)
        if codes is None:
            raise AttributeError(name)
        if self._dll is None:
            self._dll = ctypes.CDLL(self._find(), mode=0)
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
