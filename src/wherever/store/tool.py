"""Running pip and npm: watched, limited, ended with us, silent on the terminal."""

from __future__ import annotations

import os
import subprocess
import tempfile

from wherever.errors import RemoteError
from wherever.store.download import ARCHIVE_LIMIT, Order, folder_size

POLL_S = 0.1


class Finished:
    """How a tool ended; the texts are cut to their last 64 KiB."""

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
        return Finished(process.returncode, _tail(out.fileno()), _tail(err.fileno()))


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
    start = max(0, size - (64 << 10))
    return os.pread(handle, 64 << 10, start).decode("utf-8", "replace")
