"""Virtual clocks and seeded random bytes for components: what makes two runs the same.

The library's functions are shadowed one by one, under exactly the version that the component
imports. Sources: wasi:clocks and wasi:random, 0.2.
"""

from __future__ import annotations

import ctypes

from wherever.engine import abi
from wherever.engine.library import lib
from wherever.engine.runtime import message
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_U64 = 1 << 64
_BEGIN_S = 1_000_000_000
_STEP_NS = 1000
_LARGEST_RANDOM = 1 << 20
_WORDS = abi.COMPONENT_VAL_SIZE // 8

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.c_size_t,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.c_size_t,
)


class World:
    """A clock and a source of random bytes that start the same in each run.

    It has to live as long as the linker is used.

    Args:
        linker: the address of a component linker in which WASI is defined already.
        imports: of the component, from its facts.
        seed: what the random bytes grow from.
    """

    def __init__(self, linker: int, imports: list[tuple[str, str, str, str]], seed: int) -> None:
        self._now = 0
        self._state = seed % _U64
        self._keep: list[Any] = []
        functions: dict[str, dict[str, Callable[[Any, Any], None]]] = {
            "wasi:clocks/wall-clock": {"now": self._wall},
            "wasi:clocks/monotonic-clock": {"now": self._monotonic},
            "wasi:random/random": {"get-random-bytes": self._bytes, "get-random-u64": self._u64},
            "wasi:random/insecure": {
                "get-insecure-random-bytes": self._bytes,
                "get-insecure-random-u64": self._u64,
            },
            "wasi:random/insecure-seed": {"insecure-seed": self._pair},
        }
        lib.wasmtime_component_linker_allow_shadowing(linker, True)
        root = lib.wasmtime_component_linker_root(linker)
        for _, name, _, _ in imports:
            for function, body in functions.get(name.partition("@")[0], {}).items():
                self._define(root, name.encode(), function.encode(), body)
        lib.wasmtime_component_linker_instance_delete(root)

    def _define(
        self, root: int, instance: bytes, name: bytes, body: Callable[[Any, Any], None]
    ) -> None:
        inner = ctypes.c_void_p()
        error = lib.wasmtime_component_linker_instance_add_instance(
            root, instance, len(instance), ctypes.byref(inner)
        )
        if not error:

            def answer(_e: Any, _c: Any, _t: Any, args: Any, _n: int, out: Any, _m: int) -> int:
                body(args, out)
                return 0

            callback = _CALLBACK(answer)
            self._keep.append(callback)
            error = lib.wasmtime_component_linker_instance_add_func(
                inner, name, len(name), callback, None, None
            )
            lib.wasmtime_component_linker_instance_delete(inner)
        if error:
            raise InternalError(f"the engine refused {instance.decode()}: {message(error)}")

    def _tick(self) -> int:
        self._now += _STEP_NS
        return self._now

    def _next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) % _U64
        mixed = self._state
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % _U64
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % _U64
        return mixed ^ (mixed >> 31)

    def _monotonic(self, _args: Any, out: Any) -> None:
        out[0], out[1] = abi.COMPONENT_U64, self._tick()

    def _u64(self, _args: Any, out: Any) -> None:
        out[0], out[1] = abi.COMPONENT_U64, self._next()

    def _wall(self, _args: Any, out: Any) -> None:
        now = self._tick()
        parts = (
            (b"seconds", abi.COMPONENT_U64, _BEGIN_S + now // 1_000_000_000),
            (b"nanoseconds", abi.COMPONENT_U32, now % 1_000_000_000),
        )
        vec = _at(ctypes.addressof(out.contents) + 8, 2)
        lib.wasmtime_component_valrecord_new_uninit(vec, len(parts))
        for index, (name, kind, value) in enumerate(parts):
            entry = _at(vec[1] + index * (abi.BYTE_VEC_SIZE + abi.COMPONENT_VAL_SIZE), 2 + _WORDS)
            lib.wasm_byte_vec_new(entry, len(name), name)
            entry[2], entry[3] = kind, value
        out[0] = abi.COMPONENT_RECORD

    def _pair(self, _args: Any, out: Any) -> None:
        vec = _at(ctypes.addressof(out.contents) + 8, 2)
        lib.wasmtime_component_valtuple_new_uninit(vec, 2)
        values = _at(vec[1], 2 * _WORDS)
        for index in range(2):
            values[index * _WORDS], values[index * _WORDS + 1] = abi.COMPONENT_U64, self._next()
        out[0] = abi.COMPONENT_TUPLE

    def _bytes(self, args: Any, out: Any) -> None:
        count = min(args[1], _LARGEST_RANDOM)
        vec = _at(ctypes.addressof(out.contents) + 8, 2)
        lib.wasmtime_component_vallist_new_uninit(vec, count)
        values = _at(vec[1], count * _WORDS)
        word = 0
        for index in range(count):
            if index % 8 == 0:
                word = self._next()
            values[index * _WORDS] = abi.COMPONENT_U8
            values[index * _WORDS + 1] = word & 0xFF
            word >>= 8
        out[0] = abi.COMPONENT_LIST


def _at(address: int, words: int) -> Any:
    return (ctypes.c_uint64 * words).from_address(address)
