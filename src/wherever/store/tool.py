"""Running pip and npm: watched, limited, ended with us, silent on the terminal."""

from __future__ import annotations

import os
import subprocess
import tempfile

from wherever.errors import RemoteError
from wherever.store.download import ARCHIVE_LIMIT, Order, folder_size

POLL_S = 0.1

STDOUT_LIMIT = 16 << 20
"""What is read of a tool's stdout, in bytes; npm lists every file of a package there."""

STDERR_LIMIT = 64 << 10
"""What is read of the end of its stderr, where the reason stands, in bytes."""


class Finished:
    """How a tool ended: the beginning of its stdout, and the end of its stderr."""

    __slots__ = ("code", "stderr", "stdout")

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


def run(command: list[str], order: Order, env: dict[str, str]) -> Finished:
    """Runs a tool whose downloads land in the order's folder.

    The tool works in that folder, so that it reads no settings out of the folder the user
    happens to stand in, and its temporary files go there too. On Ctrl-C, on an error and
    when the folder grows beyond what is allowed the tool is ended.

    Raises:
        OSError: the tool cannot be started.
    """
    work = os.path.join(order.folder, "work")
    os.mkdir(work, 0o700)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=work,
            env={**env, "TMPDIR": work},
        )
        try:
            while True:
                try:
                    process.wait(POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    size = folder_size(order.folder)
                    if size > ARCHIVE_LIMIT:
                        raise RemoteError(
                            f"{order.label} is larger than {ARCHIVE_LIMIT >> 20} MiB"
                        ) from None
                    order.arrived(size)
        finally:
            _end(process)
        said = os.pread(out.fileno(), STDOUT_LIMIT, 0).decode("utf-8", "replace")
        return Finished(process.returncode, said, _tail(err.fileno()))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tail(handle: int) -> str:
    size = os.fstat(handle).st_size
    start = max(0, size - STDERR_LIMIT)
    return os.pread(handle, STDERR_LIMIT, start).decode("utf-8", "replace")
