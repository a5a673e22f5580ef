"""WebAssembly's text as the binary that it stands for."""

from __future__ import annotations

from wherever.engine.library import lib, new_vec, take_bytes
from wherever.engine.runtime import message
from wherever.errors import NotRunnable
from wherever.wasm.head import MAGIC


def binary(source: bytes) -> bytes:
    """A module or component as its bytes: as it is, or translated from text.

    Raises:
        NotRunnable: it is neither.
    """
    if source.startswith(MAGIC):
        return source
    vec = new_vec()
    error = lib.wasmtime_wat2wasm(source, len(source), vec)
    if error:
        raise NotRunnable(message(error))
    return take_bytes(vec)
