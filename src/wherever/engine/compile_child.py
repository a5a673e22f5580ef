"""The process that compiles: it reads strangers' modules under limits and writes native code.

It is started as a script, so that a module which makes the engine's compiler run wild, eat
memory or crash takes only this process with it. It answers with frames of `marshal`.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.settings import Settings

    Prepared = tuple[str, bytes, dict[str, Any]]
    """A source's name, its module, its facts."""


class BaselineRefused(Exception):
    """The baseline compiler does not take a module that was to come from it."""


def send(handle: int, message: Any) -> None:
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


def main() -> None:
    """Serve the request on standard input; the answers go to standard output."""
    request = receive(0)
    if request is None:
        return
    obey_limits(request["memory"], request["cpu"])
    sys.path[:0] = [request["src"], request["site"]]
    send(1, answer(request))


def answer(request: dict[str, Any]) -> tuple[Any, ...]:
    """Serve a request, and put whatever prevents that in words."""
    from wherever.errors import WhereverError

    try:
        return ("done", serve(request))
    except WhereverError as error:
        return ("refused", type(error).__name__, error.what, error.hint)
    except MemoryError:
        return ("memory",)
    except OSError as error:
        # What `dlopen` says where there is no room for the engine's library.
        if "map segment" in str(error) or "allocate memory" in str(error):
            return ("memory",)
        return ("os", error.errno or 0, error.strerror or str(error))


def obey_limits(memory: int, cpu: int) -> None:
    """Bound this process's memory (bytes) and processor time (seconds), and leave no core file."""
    import resource
    import signal

    for kind, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu, cpu + 2),
    ):
        given_soft, given_hard = resource.getrlimit(kind)
        if given_soft != resource.RLIM_INFINITY:
            soft = min(soft, given_soft)
        if given_hard != resource.RLIM_INFINITY:
            soft, hard = min(soft, given_hard), min(hard, given_hard)
        try:
            resource.setrlimit(kind, (soft, hard))
        except (OSError, ValueError):
            pass  # some systems know a limit and do not let it be set
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def serve(request: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Compile what is asked for; for each source what `build` says of it.

    The first source decides: if it is big and the baseline compiler takes it, all come from
    there, because code of the two compilers does not fit together.
    """
    from wherever.engine.settings import Settings
    from wherever.errors import NotRunnable
    from wherever.wasm import winch_refuses

    wanted = Settings.from_key(request["settings"])
    sources = [
        prepare(handle, digest, name, wanted.divided) for handle, digest, name in request["sources"]
    ]
    _, first, facts = sources[0]
    if request["companions"]:
        send(1, ("facts", facts))
        texts = receive(0)
        if texts is None:
            sys.exit(1)
        sources += [prepare(-1, text, name, wanted.divided) for text, name in texts]
    if request["parent"]:
        die_with(request["parent"])
    if request["tier"] and len(first) >= request["tier"] and winch_refuses(facts) is None:
        try:
            baseline = Settings(wanted.fuel, baseline=True, divided=wanted.divided)
            return build_all(sources, baseline, request["temp"])
        except BaselineRefused:
            for number in range(len(sources)):
                path = f"{request['temp']}.{number}"
                if os.path.exists(path):
                    os.unlink(path)
    try:
        return build_all(sources, wanted, request["temp"])
    except BaselineRefused as refusal:
        raise NotRunnable(str(refusal), "compile it with the optimising compiler") from None


def die_with(parent: int) -> None:
    """End when the process that waits for the answer has ended."""
    import _thread

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)
    # Its side of our standard input closes too, and that works everywhere.
    try:
        _thread.start_new_thread(watch, ())
    except RuntimeError as error:
        raise MemoryError from error


def prepare(handle: int, digest: str | bytes, name: str, is_divided: bool = False) -> Prepared:
    """The module in a source, made from WAT if it is that, and its facts.

    Args:
        handle: an open file, or -1 where `digest` is the source itself.
        digest: what the file's bytes must hash to.
        name: for messages.
        is_divided: its long instructions are to be done in pieces; components stay as they are.
    """
    from wherever.engine.digesting import sha256
    from wherever.errors import InputError, NotRunnable
    from wherever.wasm import facts, sniff
    from wherever.wasm.lines import tamed

    if isinstance(digest, bytes):
        data = digest
    else:
        os.lseek(handle, 0, os.SEEK_SET)
        size = os.fstat(handle).st_size
        data = b"".join(iter(lambda: os.read(handle, max(1, min(size, 8 << 20))), b""))
        if sha256(data) != digest:
            raise InputError(f"{name} changed while it was read", "run it again")
    if sniff(data[:4096]) == "wat":
        data = from_text(data, name)
    try:
        if is_divided and sniff(data[:4096]) == "module":
            data = in_pieces(data)
        data = tamed(data)
        return name, data, facts(data)
    except NotRunnable as error:
        raise NotRunnable(f"{name}: {error.what}", error.hint) from None


def in_pieces(module: bytes) -> bytes:
    """The module with its long instructions done in pieces.

    Raises:
        NotRunnable: it is not valid. The engine says so of the module itself: with functions of
            ours in it, numbers that meant nothing would mean these.
    """
    from wherever.engine.library import lib
    from wherever.engine.runtime import configuration, message
    from wherever.engine.settings import Settings
    from wherever.errors import NotRunnable
    from wherever.wasm.dividing import divided

    made = divided(module)
    if made != module:
        engine = lib.wasm_engine_new_with_config(configuration(Settings()))
        error = lib.wasmtime_module_validate(engine, module, len(module))
        if error:
            raise NotRunnable(short(message(error)))
    return made


def from_text(text: bytes, name: str) -> bytes:
    """WebAssembly text as a binary module or component."""
    from wherever.engine.text import binary
    from wherever.errors import NotRunnable

    try:
        return binary(text)
    except NotRunnable as error:
        raise NotRunnable(f"{name}: {short(error.what)}", "mend the text of the module") from None


def build_all(sources: list[Prepared], settings: Settings, temp: str) -> list[tuple[Any, ...]]:
    """Compile each module under one engine and write it to `temp` with a number behind."""
    from wherever.engine.library import lib
    from wherever.engine.runtime import configuration

    # Engines that run code are made with it, and both must agree.
    os.environ["WASMTIME_BACKTRACE_DETAILS"] = "1"
    engine = lib.wasm_engine_new_with_config(configuration(settings))
    return [
        build(engine, source, settings, f"{temp}.{number}") for number, source in enumerate(sources)
    ]


def build(engine: int, source: Prepared, settings: Settings, path: str) -> tuple[Any, ...]:
    """Compile one module and write its native code to a new file.

    Returns:
        The file, the digest and size of the native code, the facts, and the settings' key.
    """
    import ctypes

    from wherever.engine.digesting import sha256
    from wherever.engine.library import lib, new_vec
    from wherever.engine.runtime import message
    from wherever.errors import NotRunnable

    name, wasm, facts = source
    kind = "component" if facts["kind"] == "component" else "module"
    made, out = ctypes.c_void_p(), new_vec()
    error = getattr(lib, f"wasmtime_{kind}_new")(engine, wasm, len(wasm), ctypes.byref(made))
    if not error:
        error = getattr(lib, f"wasmtime_{kind}_serialize")(made, out)
    if error:
        words = message(error)
        if "Cannot allocate memory" in words:
            raise MemoryError
        if settings.baseline:
            raise BaselineRefused(f"{name}: {short(words)}")
        raise NotRunnable(f"{name}: {short(words)}")
    view = memoryview((ctypes.c_char * out[0]).from_address(out[1])).cast("B")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        rest = view
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    return path, sha256(view), len(view), facts, settings.key


def short(text: str) -> str:
    """The line of the engine's message that says most, safe for a terminal.

    >>> short("failed to compile\\n\\nCaused by:\\n    0: at offset 7: bad")
    'at offset 7: bad'
    >>> short("unknown word\\n     --> <anon>:1:3")
    'line 1, column 3: unknown word'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    best, where = lines[0] if lines else "the engine refuses it without a word", ""
    if "Caused by:" in lines[:-1]:
        best = lines[-1]
    for line in lines:
        if line.startswith("--> ") and line.count(":") >= 2:
            row, column = line.rsplit(":", 2)[1:]
            where = f"line {row}, column {column}: "
    number, _, rest = best.partition(": ")
    words = where + (rest if number.isdigit() else best)
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words[:300])


if __name__ == "__main__":
    main()
