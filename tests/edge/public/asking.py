"""Public handlers behind a server, asked what is known of them.

The server is a command with `{port}` and `{handler}` in it, ours or another's:
`python -m tests.edge.public.asking wasmtime serve -S cli --addr 127.0.0.1:{port} {handler}`.
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.edge.public import documented, fetch

START_SECONDS = 120


def results(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each handler that can be served, and what was wrong with its answers, or nothing."""
    handlers = ((each.name, fetch.kept(each), each.asks) for each in fetch.listed() if each.asks)
    for name, path, asks in (*handlers, *documented.built()):
        yield name, served(words, path, asks)


def served(words: Sequence[str], handler: Path, asks: Iterable[fetch.Ask]) -> str:
    """What is wrong with the answers of a handler behind the command, or nothing."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [word.format(port=port, handler=handler) for word in words]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=told)
        try:
            if _listens(port, process):
                return "; ".join(filter(None, (wrong(port, ask) for ask in asks)))
            told.seek(0)
            return f"{command} does not serve: {told.read().decode(errors='replace')[-1000:]}"
        finally:
            process.terminate()
            process.wait(30)


def wrong(port: int, ask: fetch.Ask) -> str:
    """What is wrong with one answer, or nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(ask.method, ask.target, ask.body or None)
        response = connection.getresponse()
        got = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        return f"{ask.method} {ask.target}: {type(error).__name__}: {error}"
    finally:
        connection.close()
    wanted = ask.status, got[1] if ask.answer == b"*" else ask.answer
    return (
        "" if got == wanted else f"{ask.method} {ask.target}: {_short(got)}, not {_short(wanted)}"
    )


def _short(answer: tuple[int, bytes]) -> str:
    return f"{answer[0]} {answer[1][:100]!r} ({len(answer[1])} bytes)"


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def main() -> int:
    """Ask all, and say how it went."""
    bad = 0
    for name, said in results(sys.argv[1:]):
        bad += bool(said)
        sys.stdout.write(f"{name}: {said or 'well'}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
