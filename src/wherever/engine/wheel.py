"""Where the wheel's shared library is, found without importing the wheel's package."""

from __future__ import annotations

import sys

from wherever.engine import abi
from wherever.errors import InternalError
from wherever.system import os

FILES = {
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
    name = FILES.get(sys.platform, "_libwasmtime.so")
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
