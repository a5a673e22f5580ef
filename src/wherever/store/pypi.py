"""Archives from PyPI, or whatever index the user's pip is configured with."""

from __future__ import annotations

import importlib.util
import os
import re
import sys

from wherever.errors import NotFound, RemoteError
from wherever.store import index, tool
from wherever.store.download import Order, printable

NONE_FITS = "No matching distribution found"


def fetch(order: Order) -> tuple[str, str]:
    """Downloads a wheel, or an sdist where there is no wheel; its path and its version.

    A wheel comes through the user's pip. No code of the package runs: sdists, which pip
    would build, and everything else where pip is missing, are downloaded by ourselves
    from pip's index.
    """
    if importlib.util.find_spec("pip") is None:
        return index.fetch(order)
    wanted = f"{order.package}=={order.version}" if order.version else order.package
    into = os.path.join(order.folder, "archive")
    os.mkdir(into, 0o700)
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-input", "--no-color"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--no-deps"]
    command += ["--only-binary=:all:", "--ignore-requires-python", "--dest", into, "--", wanted]
    done = tool.run(command, order, _environment())
    files = os.listdir(into)
    if done.code == 0 and len(files) == 1:
        return os.path.join(into, files[0]), version_of(files[0])
    said = [line for line in done.stderr.splitlines() if line.strip()]
    if any("No module named pip" in line for line in said):
        return index.fetch(order)
    if any(NONE_FITS in line for line in said):
        if any("Retrying" in line or "NewConnectionError" in line for line in said):
            raise _unreachable(order, said)
        return index.fetch(order, sdist=True)
    raise _unreachable(order, said)


def _environment() -> dict[str, str]:
    return {"PIP_RETRIES": "2", **os.environ}


def _unreachable(order: Order, said: list[str]) -> RemoteError:
    chosen = [line for line in said if line.startswith("ERROR:") and NONE_FITS not in line]
    chosen = chosen or [line for line in said if "connection" in line.lower()] or said or [""]
    words = printable(re.sub(r"^(ERROR|WARNING):\s*", "", chosen[-1]))
    return RemoteError(
        f"pip could not fetch {order.label}: {words or 'it said nothing'}",
        "check the network and pip's configuration (pip config list)",
    )


def version_of(archive: str) -> str:
    """The version in the name of a wheel or sdist.

    >>> version_of("some_tool-1.2.0-py3-none-any.whl"), version_of("some-tool-1.2.0.tar.gz")
    ('1.2.0', '1.2.0')
    """
    name = os.path.basename(archive)
    if name.endswith(".whl"):
        parts = name.split("-")
        if len(parts) < 5:
            raise NotFound(f"{printable(name)} is not named as wheels are")
        return parts[1]
    return name.removesuffix(".tar.gz").removesuffix(".zip").rpartition("-")[2]
