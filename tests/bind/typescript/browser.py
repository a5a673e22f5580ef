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


def said(folder: Path, page: str, *, isolated: bool, timeout_s: float = 60) -> Any:
    """What a page sends to `/said` as JSON.

    Args:
        folder: what is served.
        page: the page's path in it.
        isolated: whether it may have shared memory.
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
    try:
        with tempfile.TemporaryDirectory() as profile:
            url = f"http://127.0.0.1:{server.server_port}/{page}"
            with _started(url, profile):
                if not came.wait(timeout_s):
                    raise TimeoutError(f"{page} said nothing in {timeout_s} s")
    finally:
        server.shutdown()
        server.server_close()
    return heard[0]


def picture(folder: Path, page: str, to: Path) -> None:
    """A picture of a page a few seconds after it was loaded."""
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as profile:
            url = f"http://127.0.0.1:{server.server_port}/{page}"
            words = (f"--screenshot={to}", "--window-size=900,600", "--timeout=8000")
            subprocess.run(
                [*_words(profile), *words, url], timeout=60, capture_output=True, check=True
            )
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for name, value in ISOLATED.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _words(profile: str) -> list[str]:
    program = chromium()
    assert program is not None
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [
        program,
        "--headless=new",
        *sandbox,
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        f"--user-data-dir={profile}",
    ]


class _started:
    def __init__(self, url: str, profile: str) -> None:
        self._words = [*_words(profile), "--remote-debugging-port=0", url]

    def __enter__(self) -> None:
        self._process = subprocess.Popen(
            self._words,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
