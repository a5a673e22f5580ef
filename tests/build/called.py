"""Calls the functions of a library that `languages_py.py` built, by the wasmtime wheel alone.

It runs in a process of its own: python called.py LIBRARY.wasm
"""

from __future__ import annotations

import sys
from typing import Any

from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker, Record

HOME = "test:finder/api@1.0.0"


def main() -> None:
    """Call everything once, and print what came back."""
    engine = Engine()
    component = Component.from_file(engine, sys.argv[1])
    linker = Linker(engine)
    linker.add_wasip2()
    store = Store(engine)
    wasi = WasiConfig()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    instance = linker.instantiate(store, component)
    home = component.get_export_index(HOME)

    def call(name: str, *values: Any) -> Any:
        function = instance.get_func(store, component.get_export_index(name, home))
        assert function is not None, name
        found = function(store, *values)
        return vars(found) if isinstance(found, Record) else found

    print(call("find", "a b", "b", None))
    print(call("find", "a b", "b", ["part", "part"]))
    print(call("find", "a b", "x", None))
    finder = call("[constructor]finder", "a b")
    found = call("[method]finder.find", finder, "a")
    print(found, call("[method]finder.length", finder), call("[method]finder.find", finder, "y"))
    sys.stdout.flush()
    half = call("stop", 2)
    print(half, flush=True)
    try:
        call("stop", 0)
    except WasmtimeError:
        print("trap")


if __name__ == "__main__":
    main()
