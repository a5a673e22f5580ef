"""Runs a job in this process, which belongs to the run and may be left in the middle of it."""

from __future__ import annotations

import ctypes

from wherever.engine.library import lib, new_vec, take_bytes
from wherever.engine.settings import Settings
from wherever.errors import NotRunnable
from wherever.run.ended import Ended
from wherever.run.watchdog import ProcessorTime, WallTime, Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.run.job import Job

_FOREVER = 1 << 62
_EXIT_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_int32),
    ctypes.c_size_t,
)


def warm() -> None:
    """Loads now what the first job will need."""
    lib.wasm_engine_delete(lib.wasm_engine_new_with_config(Settings().configuration()))


def run(
    job: Job,
    report: Callable[[Ended], object],
    interrupt: bool = False,
    trace: Callable[[str], object] | None = None,
) -> Ended:
    """Run `job` here, with this process's own stdin, stdout and stderr where it inherits them.

    Where a limit of time is reached, `report` is called with the ending, on another thread,
    and the process is left with the ending's exit code: nothing after the call happens.

    Raises:
        NotRunnable: the program cannot be started.
    """
    settings = Settings(fuel=job.fuel is not None, deterministic=job.deterministic)
    engine = lib.wasm_engine_new_with_config(settings.configuration(job.stack))
    module = _module(engine, job)
    store = lib.wasmtime_store_new(engine, None, None)
    context = lib.wasmtime_store_context(store)
    lib.wasmtime_store_limiter(store, job.memory, -1, -1, -1, -1)
    lib.wasmtime_context_set_epoch_deadline(context, _FOREVER)
    if settings.fuel:
        _check(lib.wasmtime_context_set_fuel(context, _FOREVER if job.fuel is None else job.fuel))
    _check(lib.wasmtime_context_set_wasi(context, _wasi(job)))
    linker = lib.wasmtime_linker_new(engine)
    _check(lib.wasmtime_linker_define_wasi(linker))
    codes: list[int] = []
    keep = _own_exit(linker, codes)
    instance = (ctypes.c_uint64 * 2)()
    trap = ctypes.c_void_p()
    extern = (ctypes.c_uint64 * 4)()
    entry = (job.entry or "_start").encode()
    watchdog = Watchdog(report, interrupt)
    if job.timeout is not None:
        watchdog.gauges.append(WallTime(job.timeout))
    if job.cpu_time is not None:
        watchdog.gauges.append(ProcessorTime(job.cpu_time))
    watchdog.start()
    if True:
        error = lib.wasmtime_linker_instantiate(
            linker, context, module, instance, ctypes.byref(trap)
        )
        if not error and not trap:
            if not lib.wasmtime_instance_export_get(context, instance, entry, len(entry), extern):
                raise NotRunnable(f"{job.name} has no {entry.decode()} to call")
            error = lib.wasmtime_func_call(
                context, ctypes.addressof(extern) + 8, None, 0, None, 0, ctypes.byref(trap)
            )
    del keep
    ending = watchdog.finish(_ending(codes, error, trap))
    lib.wasmtime_store_delete(store)
    lib.wasmtime_linker_delete(linker)
    lib.wasmtime_module_delete(module)
    return ending


def _module(engine: Any, job: Job) -> Any:
    with open(job.wasm, "rb") as file:
        data = file.read()
    if not data.startswith(b"\0asm"):
        vec = new_vec()
        _check(lib.wasmtime_wat2wasm(data, len(data), vec), job.name)
        data = take_bytes(vec)
    module = ctypes.c_void_p()
    _check(lib.wasmtime_module_new(engine, data, len(data), ctypes.byref(module)), job.name)
    return module


def _wasi(job: Job) -> Any:
    config = lib.wasi_config_new()
    args = (ctypes.c_char_p * len(job.args))(*job.args)
    lib.wasi_config_set_argv(config, len(job.args), args)
    if job.env:
        names = (ctypes.c_char_p * len(job.env))(*(name for name, _ in job.env))
        values = (ctypes.c_char_p * len(job.env))(*(value for _, value in job.env))
        lib.wasi_config_set_env(config, len(job.env), names, values)
    for host, guest, read_only in job.mounts:
        lib.wasi_config_preopen_dir(config, host, guest, 1 if read_only else 3, not read_only)
    if job.stdin == "inherit":
        lib.wasi_config_inherit_stdin(config)
    if job.stdout == "inherit":
        lib.wasi_config_inherit_stdout(config)
    if job.stderr == "inherit":
        lib.wasi_config_inherit_stderr(config)
    return config


def _own_exit(linker: Any, codes: list[int]) -> Any:
    """Shadow the library's `proc_exit`, which refuses codes of 126 and above."""

    def leave(data: Any, caller: Any, values: Any, count: int) -> Any:
        codes.append(values[0] & 0xFF)
        return lib.wasmtime_trap_new(b"exit", 4)

    callback = _EXIT_CALLBACK(leave)
    params = new_vec()
    lib.wasm_valtype_vec_new(params, 1, (ctypes.c_void_p * 1)(lib.wasm_valtype_new(0)))
    kind = lib.wasm_functype_new(params, new_vec())
    module, name = b"wasi_snapshot_preview1", b"proc_exit"
    lib.wasmtime_linker_allow_shadowing(linker, True)
    _check(
        lib.wasmtime_linker_define_func_unchecked(
            linker, module, len(module), name, len(name), kind, callback, None, None
        )
    )
    lib.wasm_functype_delete(kind)
    return callback


def _ending(codes: list[int], error: Any, trap: Any) -> Ended:
    if codes:
        return Ended("exited", codes[0])
    if error:
        return Ended("trapped", 134, message=_message(lib.wasmtime_error_message, error))
    if trap:
        return Ended("trapped", 134, message=_message(lib.wasm_trap_message, trap))
    return Ended("exited", 0)


def _message(function: Any, pointer: Any) -> str:
    vec = new_vec()
    function(pointer, vec)
    return take_bytes(vec).decode("utf-8", "replace").rstrip("\0")


def _check(error: Any, name: str = "") -> None:
    if error:
        message = _message(lib.wasmtime_error_message, error)
        lib.wasmtime_error_delete(error)
        raise NotRunnable(f"{name}: {message}" if name else message)
