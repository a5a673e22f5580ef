"""A page in Chromium, without anybody to look at it: what it says, and a picture of it."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Any

ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


def chromium() -> str | None:
    """Chromium of this machine, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def said(
    folder: Path, page: str, *, isolated: bool, picture: Path | None = None, timeout_s: float = 60
) -> Any:
    """What a page sends to `/said` as JSON.

    Args:
        folder: what is served; `/wait` in it is an image that comes when the page has spoken, so
            that a picture shows what it says.
        page: the page's path in it.
        isolated: whether it may have shared memory.
        picture: where a picture of it goes.
        timeout_s: when to give up.

    Raises:
        TimeoutError: it said nothing.
    """
    heard: list[Any] = []
    came = threading.Event()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            for name, value in (ISOLATED if isolated else {}).items():
                self.send_header(name, value)
            super().end_headers()

        def do_GET(self) -> None:
            if self.path == "/wait":
                came.wait(timeout_s)
            super().do_GET()

        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            came.set()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shot = [f"--screenshot={picture}", "--window-size=900,600"] if picture is not None else []
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            url = f"http://127.0.0.1:{server.server_port}/{page}"
            process = subprocess.Popen(
                [*_words(profile), *shot, url],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                if not came.wait(timeout_s):
                    raise TimeoutError(f"{page} said nothing in {timeout_s} s")
                if picture is not None:
                    process.wait(timeout_s)
            finally:
                _end(process)
    finally:
        server.shutdown()
        server.server_close()
    return heard[0]


def _words(profile: str) -> list[str]:
    program = chromium()
    assert program is not None
    return [
        program,
        "--headless=new",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        f"--user-data-dir={profile}",
    ]


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
