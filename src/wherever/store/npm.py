"""Archives from npm, or whatever registry the user's npm is configured with."""

from __future__ import annotations

import json
import os
import shutil

from wherever.errors import NotFound, RemoteError
from wherever.store import registry, tool
from wherever.store.download import Order, printable


def fetch(order: Order) -> tuple[str, str]:
    """Downloads a package's tarball; its path and its version. No code of it runs.

    It comes through the user's npm. Where npm is missing or broken it is downloaded by
    ourselves, from the registry that the user's npm settings name.
    """
    npm = shutil.which("npm")
    if npm is None:
        return registry.fetch(order)
    wanted = f"{order.package}@{order.version or 'latest'}"
    into = os.path.join(order.folder, "archive")
    os.mkdir(into, 0o700)
    command = [npm, "pack", "--json", "--ignore-scripts", "--no-update-notifier"]
    # A cache in the workshop shows how much has come, and leaves no second copy behind.
    command += ["--cache", os.path.join(order.folder, "cache")]
    command += ["--pack-destination", into, "--", wanted]
    try:
        done = tool.run(command, order, dict(os.environ))
    except OSError:
        return registry.fetch(order)
    if done.code in (126, 127):
        return registry.fetch(order)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = None
    if isinstance(told, dict) and "error" not in told:
        # Newer npm tells of its packages by name, older npm in a list.
        told = list(told.values())
    files = os.listdir(into)
    if done.code == 0 and len(files) == 1 and isinstance(told, list) and len(told) == 1:
        version = told[0].get("version") if isinstance(told[0], dict) else None
        if isinstance(version, str) and version:
            return os.path.join(into, files[0]), version
    raise _failed(order, told, done.stderr)


def _failed(order: Order, told: object, said: str) -> RemoteError | NotFound:
    error = told.get("error") if isinstance(told, dict) else None
    code, words = "", ""
    if isinstance(error, dict):
        code, words = str(error.get("code", "")), str(error.get("summary", ""))
    if not words:
        lines = [line.removeprefix("npm error ") for line in said.splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith(("npm warn", "code ", "A complete"))]
        words = lines[0] if lines else "it said nothing"
    if code in ("E404", "ETARGET"):
        return NotFound(
            f"npm has no {order.package}{'@' + order.version if order.version else ''}",
            f"npm view {order.package} versions shows what there is",
        )
    return RemoteError(
        f"npm could not fetch {order.label}: {printable(words)}",
        "check the network and npm's configuration (npm config list)",
    )
