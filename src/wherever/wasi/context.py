"""What the library's WASI is told about one run: arguments, environment, folders, streams."""

from __future__ import annotations

import ctypes
import os

from wherever.engine.library import lib
from wherever.engine.runtime import message
from wherever.errors import InputError, InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wherever.engine.store import Store

INHERIT = "inherit"
NULL = "null"

_LARGEST_ARGUMENTS = 1 << 20


def configure(
    store: Store,
    args: Sequence[bytes] = (),
    env: Sequence[tuple[bytes, bytes]] = (),
    mounts: Sequence[tuple[bytes, bytes, bool]] = (),
    stdin: str | bytes = NULL,
    stdout: str = NULL,
    stderr: str = NULL,
    inside: bytes = b"",
) -> None:
    """Gives a store its WASI; whatever is not named here, the guest does not have.

    Args:
        store: the store, which takes its context once.
        args: the guest's arguments, argv[0] included, in UTF-8.
        env: its environment, in UTF-8.
        mounts: (host folder, guest path, read-only) of each granted folder.
        stdin: "inherit", "null", a path, or what the guest finds there.
        stdout: "inherit", "null" or a path.
        stderr: the same.
        inside: the host folder that was found to lie inside of a granted one, and has to be no
            link now.

    Raises:
        InputError: an argument or variable that no guest can be given, or a folder or file
            that is not there.
    """
    for text in (*args, *(part for pair in env for part in pair)):
        if b"\0" in text:
            raise InputError("arguments and variables cannot hold a zero byte")
    if sum(map(len, args)) + sum(len(name) + len(value) for name, value in env) > 1 << 20:
        raise InputError(f"arguments and variables are over {_LARGEST_ARGUMENTS} bytes")
    config = lib.wasi_config_new()
    try:
        if args and not lib.wasi_config_set_argv(
            config, len(args), (ctypes.c_char_p * len(args))(*args)
        ):
            raise InputError("an argument is not UTF-8 text", "guests take no other arguments")
        if env and not lib.wasi_config_set_env(
            config,
            len(env),
            (ctypes.c_char_p * len(env))(*[name for name, _ in env]),
            (ctypes.c_char_p * len(env))(*[value for _, value in env]),
        ):
            raise InputError("a variable is not UTF-8 text", "guests take no other variables")
        for host, guest, read_only in mounts:
            _grant(config, host, guest, read_only, guest == b"." and host == inside)
        if isinstance(stdin, bytes):
            vec = (ctypes.c_uint64 * 2)()
            lib.wasm_byte_vec_new(vec, len(stdin), stdin)
            lib.wasi_config_set_stdin_bytes(config, vec)
        elif stdin == INHERIT:
            lib.wasi_config_inherit_stdin(config)
        elif stdin != NULL and not lib.wasi_config_set_stdin_file(config, stdin.encode()):
            raise InputError(f"{stdin} cannot be opened as stdin")
        if stdout == INHERIT:
            lib.wasi_config_inherit_stdout(config)
        elif stdout != NULL and not lib.wasi_config_set_stdout_file(config, stdout.encode()):
            raise InputError(f"{stdout} cannot be opened as stdout")
        if stderr == INHERIT:
            lib.wasi_config_inherit_stderr(config)
        elif stderr != NULL and not lib.wasi_config_set_stderr_file(config, stderr.encode()):
            raise InputError(f"{stderr} cannot be opened as stderr")
    except InputError:
        lib.wasi_config_delete(config)
        raise
    error = lib.wasmtime_context_set_wasi(store.context, config)
    if error:
        raise InternalError(f"the engine did not take the run's context: {message(error)}")


def _grant(config: Any, host: bytes, guest: bytes, read_only: bool, resolved: bool) -> None:
    """Opens a folder for the guest.

    One that is `resolved` was followed through all links and found to lie inside of a granted one;
    whoever can write there may have put a link in its way since.
    """
    shown = host.decode("utf-8", "replace")
    handle = -1
    path = host
    try:
        if resolved:
            handle = os.open(host, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            path = b"/proc/self/fd/%d" % handle
            if os.readlink(path) != host:
                raise InputError(f"the folder {shown} became a link that leads elsewhere")
        if not lib.wasi_config_preopen_dir(config, path, guest, not read_only):
            raise InputError(
                f"the folder {shown} cannot be opened for the guest",
                "see that it is there and readable, and that its path is text in UTF-8",
            )
    except OSError as error:
        raise InputError(f"the folder {shown} cannot be opened: {error.strerror}") from None
    finally:
        if handle >= 0:
            os.close(handle)
