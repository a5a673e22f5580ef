"""`wherever dev`: what is saved is built and run, what is wrong is told, and Ctrl-C ends it."""

from __future__ import annotations

import argparse
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT
from wherever.build import templates, watching
from wherever.cli import dev as verb


@pytest.mark.timeout(60)
@pytest.mark.parametrize("what", ["tool", "bare", "bare/main.wat"])
def test_it_builds_and_runs_what_is_saved(tmp_path: Path, fresh_home: Path, what: str) -> None:
    """A package, a folder without a manifest, and a single file."""
    templates.make(tmp_path / "tool", "wat")
    if what != "tool":
        (tmp_path / "tool").rename(tmp_path / "bare")
        (tmp_path / "bare" / "wherever.toml").unlink()
    main = tmp_path / what.partition("/")[0] / "main.wat"
    with subprocess.Popen(
        [sys.executable, "-m", "wherever", "dev", what],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "WHEREVER_TOOLS": str(ROOT / ".cache" / "tools")},
    ) as dev:
        said = ""

        def until(words: str) -> str:
            nonlocal said
            assert dev.stdout is not None
            end = time.monotonic() + 25
            while words not in said:
                assert select.select([dev.stdout], [], [], end - time.monotonic())[0], said
                said += os.read(dev.stdout.fileno(), 65536).decode()
            before, said = said.split(words, 1)
            return before

        try:
            assert until("Hello from").startswith("wherever: built in ")
            main.write_text(main.read_text().replace("Hello", "Howdy"))
            assert "main.wat changed" in until("Howdy from")
            main.write_text(main.read_text().replace("(module", "(modul"))
            until("wherever: wasm-tools failed with code 1:")
            main.write_text(main.read_text().replace("(modul", "(module"))
            until("Howdy from")
        finally:
            dev.send_signal(signal.SIGINT)
        assert dev.wait(timeout=10) == 130


@pytest.mark.timeout(60)
def test_a_site_is_served_and_a_build_that_fails_leaves_the_last_one(
    tmp_path: Path, fresh_home: Path
) -> None:
    templates.make(tmp_path / "site", "c", "http")
    source = tmp_path / "site" / "site.c"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serving = ["site", "--listen", f"127.0.0.1:{port}", "--status", "off", "--workers", "1"]

    def until(heading: str) -> None:
        end = time.monotonic() + 40
        found = ""
        while heading not in found:
            assert time.monotonic() < end, found
            try:
                found = urlopen(f"http://127.0.0.1:{port}/", timeout=5).read().decode()
            except URLError:
                time.sleep(0.1)

    with subprocess.Popen(
        [sys.executable, "-m", "wherever", "dev", "site", "--", *serving],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "WHEREVER_TOOLS": str(ROOT / ".cache" / "tools")},
    ) as dev:
        try:
            until("<h1>Hello, World!</h1>")
            text = source.read_text()
            source.write_text("this is no C")
            time.sleep(1)
            until("<h1>Hello, World!</h1>")
            source.write_text(text.replace("Hello", "Howdy"))
            until("<h1>Howdy, World!</h1>")
        finally:
            dev.terminate()
        assert dev.wait(timeout=20) == 143
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port}/", timeout=5)


def test_ctrl_c_in_the_midst_of_a_build_ends_the_site_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates.make(tmp_path / "site", "c", "http")
    builds = iter([True])

    def built(*_: object) -> object:
        if next(builds, False):
            return object()
        raise KeyboardInterrupt

    server = subprocess.Popen(["sleep", "30"])
    monkeypatch.setattr(verb, "_built", built)
    monkeypatch.setattr(verb, "_is_site", lambda result: True)
    monkeypatch.setattr(verb, "_words", lambda *_: [])
    monkeypatch.setattr(verb, "_start", lambda words: server)
    monkeypatch.setattr(watching, "wait", lambda *_: ["site.c"])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(KeyboardInterrupt):
            verb.main(
                argparse.Namespace(
                    folder=tmp_path / "site", test=False, allow_build_scripts=False, words=[]
                )
            )
        assert server.poll() == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)
        server.kill()
