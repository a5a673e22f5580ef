"""What runs inside a site in Python: a request as WSGI has it (PEP 3333), and its answer.

This file is copied into every site in Python and imports nothing of ours.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

Answer = tuple[int, list[tuple[str, str]], bytes]

_PORTS = {"http": "80", "https": "443"}


def serve(app: Callable[..., Any], request: Any) -> Answer:
    """Call an application and read all that it answers.

    Raises:
        RuntimeError: it does not keep to PEP 3333.
    """
    begun: list[tuple[int, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Callable[..., None]:
        if exc_info:
            try:
                if any(written):
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # it leads back to this frame
        elif begun:
            raise RuntimeError("start_response was called twice, and without exc_info")
        begun[:] = [(_code(status), [(name.lower(), value) for name, value in headers])]
        return written.append

    answer = app(environ(request), start_response)
    try:
        for piece in answer:
            if piece and not begun:
                raise RuntimeError("the app wrote a body before it called start_response")
            written.append(piece)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    if not begun:
        raise RuntimeError("the app did not call start_response")
    return (*begun[0], b"".join(written))


def environ(request: Any) -> dict[str, Any]:
    """A request as an application expects it.

    What the route's parameters matched stands in `wherever.params`.
    """
    path, _, query = request.target.partition("?")
    decoded = unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
    host, port = address(request)
    made: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "" if path == "*" else decoded,
        "QUERY_STRING": query,
        "REQUEST_URI": request.target,
        "REMOTE_ADDR": request.client,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wherever.params": dict(request.params),
    }
    for name, value in request.headers:
        if "_" in name:
            continue  # it would read as one with a hyphen, which others may have checked
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in made:
            value = f"{made[key]}{'; ' if name == 'cookie' else ','}{value}"
        made[key] = value
    made["CONTENT_LENGTH"] = str(len(request.body)) if request.body else ""
    made.setdefault("CONTENT_TYPE", "")
    return made


def address(request: Any) -> tuple[str, str]:
    """The host and port that were asked for."""
    host, colon, port = request.authority.rpartition(":")
    if not colon or not port.isdigit():
        host, port = request.authority, _PORTS.get(request.scheme, "80")
    return host or "localhost", port


def _code(status: str) -> int:
    code, _, _ = status.partition(" ")
    if len(code) != 3 or not code.isascii() or not code.isdigit():
        raise RuntimeError(f"{status[:60]!r} is no status: write three digits and a reason")
    return int(code)
