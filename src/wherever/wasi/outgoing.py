"""The requests of a command to the outside: what its shim asks of the host.

The numbers are those of `shim/shim.h`; failures go to the shim as -100 less the number of an
error-code of `wasi:http`.
"""

from __future__ import annotations

import ctypes

from wherever.engine import abi
from wherever.engine.instance import Extern
from wherever.engine.interrupt import armoured
from wherever.engine.library import lib, new_vec
from wherever.net.budget import OPEN
from wherever.net.call import BODY, HEAD, ROOM
from wherever.net.error import NetError
from wherever.net.host import written
from wherever.wasi.asked import asked, block, fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wherever.engine.store import Store
    from wherever.net.blocking import Handle, Outside
    from wherever.wasi.notes import Notes

IMPORT = ("wherever:net", "op")
"""What the shim imports."""

_READ, _WRITE, _FINISH, _TRAILERS, _WAIT = 1, 3, 4, 5, 6
_FETCH, _ANSWERED, _CLOSE = 10, 11, 12
_BROKEN, _NOT_YET, _FAILED = -1, -2, -100
_TOO_LARGE_A_HEAD = "HTTP-response-header-section-size"

_DENIED = frozenset(("HTTP-request-denied", "destination-IP-prohibited"))
"""Failures that its user decides about."""

_MOST_TOLD = 20


class Outgoing:
    """The requests of one run.

    Args:
        outside: what it may reach.
        refused: gets in words what was not granted, each once.
        trace: gets a line for each request and what came of it, and what would have granted it.

    Attributes:
        error: what went wrong on our side, which ended the guest, or None.
    """

    def __init__(
        self,
        outside: Outside,
        refused: Callable[[str], object] | None = None,
        trace: Callable[[str, str], object] | None = None,
    ) -> None:
        self.error: BaseException | None = None
        self._outside = outside
        self._refused = refused
        self._trace = trace
        self._told: set[str] = set()
        self._calls: dict[int, Handle] = {}
        self._open: dict[int, Handle] = {}
        self._said: dict[int, str] = {}
        self._answered: set[int] = set()
        self._last = 0
        self._store: Store | None = None
        self._memory: Extern | None = None
        self._notes: Notes | None = None

    def function(self, store: Store) -> Extern:
        """The function that the shim imports as `IMPORT`."""
        self._store = store

        def called(_environment: Any, _caller: Any, slots: Any, _count: int) -> int | None:
            try:
                kind, stream, buffer, size = (slots[2 * n] & 0xFFFFFFFF for n in range(4))
                arg = slots[8] - (1 << 64 if slots[8] >> 63 else 0)
                if self._notes is None or self._notes.count():
                    slots[0] = self._do(kind, stream, buffer, size, arg) & 0xFFFFFFFFFFFFFFFF
                    return None
            except BaseException as error:
                self.error = error
            trap: int = lib.wasmtime_trap_new(b"host", 4)
            return trap

        self._callback = _CALLBACK(armoured(called))
        parameters = _types((abi.VAL_I32, abi.VAL_I32, abi.VAL_I32, abi.VAL_I32, abi.VAL_I64))
        results = _types((abi.VAL_I64,))
        kind = lib.wasm_functype_new(parameters, results)
        raw = (ctypes.c_uint64 * (abi.EXTERN_SIZE // 8))()
        item = Extern(store, raw)
        raw[0] = abi.EXTERN_FUNC
        lib.wasmtime_func_new_unchecked(
            store.context, kind, self._callback, None, None, item.address
        )
        lib.wasm_functype_delete(kind)
        return item

    def begin(self, memory: Extern, notes: Notes) -> None:
        """What it asks lies in the shim's memory, and is counted with all other calls."""
        self._memory, self._notes = memory, notes

    def close(self) -> None:
        """Ends every request, and raises what went wrong on our side."""
        self._calls.clear()
        self._open.clear()
        self._outside.close()
        if self.error is not None:
            raise self.error

    # ----- the shim's memory

    def _at(self, at: int, size: int) -> int:
        assert self._store is not None and self._memory is not None
        context, address = self._store.context, self._memory.address
        if at + size > lib.wasmtime_memory_data_size(context, address):
            raise IndexError("the shim asks beyond the end of its memory")
        start: int = lib.wasmtime_memory_data(context, address)
        return start + at

    def _bytes(self, at: int, size: int) -> bytes:
        return ctypes.string_at(self._at(at, size), size)

    def _give(self, at: int, data: bytes) -> int:
        ctypes.memmove(self._at(at, len(data)), data, len(data))
        return len(data)

    # ----- what it asks

    def _do(self, kind: int, stream: int, buffer: int, size: int, arg: int) -> int:
        if kind == _FETCH:
            return self._fetch(self._bytes(buffer, size))
        if kind == _WAIT:
            self._wait(memoryview(self._bytes(buffer, size)).cast("I"), arg)
            return 0
        call = self._calls.get(stream)
        if call is None:
            return _BROKEN
        try:
            if kind == _ANSWERED:
                return self._head(stream, call, buffer, size)
            if kind == _READ:
                return self._read(call, buffer, size, arg != 0)
            if kind == _WRITE:
                self._write(call, self._bytes(buffer, size))
            elif kind == _FINISH:
                call.finish(fields(self._bytes(buffer, size)))
            elif kind == _TRAILERS:
                return self._give(buffer, block(call.trailers)[:size])
            elif kind == _CLOSE:
                del self._calls[stream], self._said[stream]
                self._open.pop(stream, None)
                self._answered.discard(stream)
                call.close()
            return 0
        except NetError as error:
            self._tell(error)
            return _BROKEN

    def _fetch(self, data: bytes) -> int:
        said = "http"
        try:
            request, has_body, timeouts = asked(data)
            place = written(request.host, request.port)
            said = f"http({request.method} {request.scheme}://{place}{request.target})"
            self._make_room()
            call = self._outside.start(request, None if has_body else b"", timeouts)
        except NetError as error:
            return self._failed(said, error)
        self._last += 1
        self._calls[self._last] = self._open[self._last] = call
        self._said[self._last] = said
        return self._last

    def _make_room(self) -> None:
        self._open = {number: call for number, call in self._open.items() if not call.is_over}
        if len(self._open) >= OPEN:
            raise NetError(
                "connection-limit-reached",
                f"{OPEN} requests are under way or have unread answers, all that may",
            )

    def _head(self, stream: int, call: Handle, buffer: int, size: int) -> int:
        if not call.is_ready(HEAD):
            return _NOT_YET
        if call.status is None:
            assert call.error is not None
            return self._failed(self._said[stream], call.error)
        if self._trace is not None and stream not in self._answered:
            self._trace(f"{self._said[stream]} = {call.status}", "")
        self._answered.add(stream)
        head = block([(b"status", b"%d" % call.status), *call.headers])
        if len(head) > size:
            error = NetError(_TOO_LARGE_A_HEAD, "a response's head is too large")
            return self._failed(self._said[stream], error)
        return self._give(buffer, head)

    def _read(self, call: Handle, buffer: int, size: int, waits: bool) -> int:
        while (piece := call.read(size)) is None:
            if not waits:
                return _NOT_YET
            self._outside.wait([(call, BODY)])
        return self._give(buffer, piece)

    def _write(self, call: Handle, data: bytes) -> None:
        while data:
            data = data[call.write(data) :]
            if data:
                self._outside.wait([(call, ROOM)])

    def _wait(self, streams: Sequence[int], nanoseconds: int) -> None:
        wanted = []
        for stream in streams:
            call = self._calls.get(stream)
            if call is None:
                return
            wanted.append((call, BODY if stream in self._answered else HEAD))
        self._outside.wait(wanted, None if nanoseconds < 0 else nanoseconds / 1e9)

    # ----- what its user is told

    def _failed(self, said: str, error: NetError) -> int:
        self._tell(error)
        if self._trace is not None:
            what, _, hint = error.what.partition("; ")
            self._trace(f"{said} = {error.code}: {what}", hint)
        return _FAILED - error.number

    def _tell(self, error: NetError) -> None:
        budget = self._outside.budget
        if error.code not in _DENIED and not (budget is not None and budget.ended):
            return
        if self._refused is None:
            return
        if error.what not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(error.what)
            self._refused(error.what)


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.c_size_t,
)


def _types(letters: tuple[int, ...]) -> Any:
    made = new_vec()
    kinds = (ctypes.c_void_p * len(letters))(*map(lib.wasm_valtype_new, letters))
    lib.wasm_valtype_vec_new(made, len(letters), kinds)
    return made
