"""The process that compiles: it reads strangers' modules under limits and writes native code.

The compiler starts it as a script, so that a module which makes the engine's compiler run wild,
eat memory or crash takes only this process with it. It answers with frames of `marshal`.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.settings import Settings


class BaselineRefused(Exception):
    """The baseline compiler does not take a module that was to come from it."""


def send(handle: int, message: object) -> None:
    """Write one frame: four bytes of length, then the message."""
    data = marshal.dumps(message, 4)
    view = memoryview(len(data).to_bytes(4, "little") + data)
    while view:
        view = view[os.write(handle, view) :]


def receive(handle: int) -> Any:
    """Read one frame; None where the other side has gone."""
    head = _exactly(handle, 4)
    data = _exactly(handle, int.from_bytes(head, "little")) if head else None
    return marshal.loads(data) if data else None


def _exactly(handle: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(handle, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def sha256(data: Any) -> str:
    """The digest of some bytes, without the weight of `hashlib` where that can be had."""
    try:
        from _sha2 import sha256 as new
    except ImportError:
        try:
            from _sha256 import sha256 as new
        except ImportError:
            from hashlib import sha256 as new
    digest: str = new(data).hexdigest()
    return digest


def main() -> None:
    """Serve one request on standard input; the answers go to standard output."""
    request = receive(0)
    if request is None:
        return
    _obey_limits(request)
    sys.path[:0] = [request["src"], request["site"]]
    from wherever.errors import WhereverError

    try:
        send(1, ("done", serve(request)))
    except WhereverError as error:
        send(1, ("refused", type(error).__name__, error.what, error.hint))
    except MemoryError:
        send(1, ("limit", "memory"))
    except OSError as error:
        send(1, ("os", error.errno or 0, error.strerror or str(error)))


def _obey_limits(request: dict[str, Any]) -> None:
    import resource
    import signal

    for kind, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, request["cpu"]),
    ):
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(kind, (limit, limit))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if request["nice"]:
        os.nice(request["nice"])


def serve(request: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Compile what is asked for; a tuple for each source, see `build`."""
    from wherever.engine.settings import Settings
    from wherever.wasm import winch_refuses

    sources = [prepare(*source) for source in request["sources"]]
    first, facts = sources[0]
    if request["companions"]:
        send(1, ("facts", facts))
        answer = receive(0)
        if answer is None:
            sys.exit(1)
        sources += [prepare(-1, text, name) for text, name in answer]
    _die_with_parent(request["parent"])
    wanted = Settings.from_key(request["settings"])
    if request["tier"] and len(first) >= request["tier"] and winch_refuses(facts) is None:
        baseline = Settings(wanted.fuel, False, True)
        try:
            return build_all(sources, baseline, request["temp"])
        except BaselineRefused:
            pass
    try:
        return build_all(sources, wanted, request["temp"])
    except BaselineRefused as refusal:
        from wherever.errors import NotRunnable

        raise NotRunnable(str(refusal), "compile it with the optimising compiler") from None


def _die_with_parent(parent: int) -> None:
    """End when the process that wants the answer has ended: its side of our input closes."""
    import _thread

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    _thread.start_new_thread(watch, ())


def prepare(handle: int, digest: str | bytes, name: str) -> tuple[bytes, dict[str, Any]]:
    """The module in a source, from WAT if it is that, and its facts.

    Args:
        handle: an open file, or -1 where `digest` is the source itself.
        digest: what the file's bytes must hash to.
        name: for messages.
    """
    from wherever.errors import InputError
    from wherever.wasm import facts, sniff

    if isinstance(digest, bytes):
        data = digest
    else:
        with open(handle, "rb", buffering=0, closefd=False) as file:
            file.seek(0)
            data = file.read()
        if sha256(data) != digest:
            raise InputError(f"{name} changed while it was read", "run it again")
    kind = sniff(data[:4096])
    if kind == "wat":
        data = from_text(data, name)
    return data, named(facts, data, name)


def named(facts: Any, data: bytes, name: str) -> dict[str, Any]:
    """The facts of a module, or words that name it."""
    from wherever.errors import NotRunnable

    try:
        found: dict[str, Any] = facts(data)
    except NotRunnable as error:
        raise NotRunnable(f"{name}: {error.what}", error.hint) from None
    return found


def from_text(text: bytes, name: str) -> bytes:
    """WebAssembly text as a binary module."""
    import ctypes

    from wherever.engine.library import lib, new_vec, take_bytes
    from wherever.errors import NotRunnable

    out = new_vec()
    buffer = ctypes.create_string_buffer(text, len(text))
    error = lib.wasmtime_wat2wasm(buffer, len(text), out)
    if error:
        raise NotRunnable(f"{name}: {short(message(error))}", "mend the text of the module")
    return take_bytes(out)


def build_all(
    sources: list[tuple[bytes, dict[str, Any]]], settings: Settings, temp: str
) -> list[tuple[Any, ...]]:
    """Compile each module under one engine and write it to `temp` with a number behind."""
    from wherever.engine.library import lib

    os.environ["WASMTIME_BACKTRACE_DETAILS"] = "1"  # keeps source lines for backtraces
    engine = lib.wasm_engine_new_with_config(settings.configuration())
    done = []
    for number, (wasm, facts) in enumerate(sources):
        digest, size = build(engine, wasm, facts, settings, f"{temp}.{number}")
        done.append((f"{temp}.{number}", digest, size, facts, settings.key))
    return done


def build(
    engine: int, wasm: bytes, facts: dict[str, Any], settings: Settings, path: str
) -> tuple[str, int]:
    """Compile one module and write its native code to a new file; its digest and size."""
    import ctypes

    from wherever.engine.library import lib, new_vec
    from wherever.errors import NotRunnable

    kind = "component" if facts["kind"] == "component" else "module"
    made = ctypes.c_void_p()
    error = getattr(lib, f"wasmtime_{kind}_new")(engine, wasm, len(wasm), ctypes.byref(made))
    if error:
        words = short(message(error))
        if settings.baseline:
            raise BaselineRefused(words)
        raise NotRunnable(words)
    out = new_vec()
    error = getattr(lib, f"wasmtime_{kind}_serialize")(made, out)
    if error:
        raise NotRunnable(short(message(error)))
    view = memoryview((ctypes.c_char * out[0]).from_address(out[1])).cast("B")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        rest = view
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    return sha256(view), len(view)


def message(error: int) -> str:
    """The text of a `wasmtime_error_t`, which is freed."""
    from wherever.engine.library import lib, new_vec, take_bytes

    vec = new_vec()
    lib.wasmtime_error_message(error, vec)
    lib.wasmtime_error_delete(error)
    return take_bytes(vec).decode("utf-8", "replace")


def short(text: str) -> str:
    """The line of the engine's message that says most, safe for a terminal.

    >>> short("failed to compile\\n\\nCaused by:\\n    0: at offset 7: bad")
    'at offset 7: bad'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    where = ""
    if "Caused by:" in lines:
        lines = [line for line in lines[lines.index("Caused by:") + 1 :] if line != "Caused by:"]
        best = lines[-1]
    else:
        best = lines[0] if lines else "the engine refuses it without a word"
        for line in lines:
            if line.startswith("--> "):
                where = "line {} column {}: ".format(*line.rsplit(":", 2)[1:])
    head, _, tail = best.partition(": ")
    if head.isdigit():
        best = tail
    words = where + best
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words[:300])


if __name__ == "__main__":
    main()
