"""`wherever up` and what looks after servers, where TLS is spoken: with real guests."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.host.running import get
from tests.edge.http2.speaking import Client, make_certificate, wrap
from tests.edge.site import site

Run = Callable[..., Any]


@pytest.fixture
def run(wherever: Run, home: Path, tmp_path: Path) -> Iterator[Run]:
    """The command in a folder of its own, with a home that has no servers."""
    env = {"WHEREVER_HOME": str(tmp_path / "home"), "WHEREVER_CACHE": str(home / "served-code")}
    folder = tmp_path / "here"
    folder.mkdir()

    def call(*words: str | Path, **options: Any) -> Any:
        return wherever(*words, env=env, cwd=folder, **options)

    yield call
    wherever("stop", "--all", env=env)


@pytest.fixture
def here(run: Run, tmp_path: Path, wat: Callable[..., Path]) -> Path:
    """A folder with a site and a certificate."""
    folder = tmp_path / "here"
    (folder / "one.wasm").write_bytes(wat(site("hello")).read_bytes())
    make_certificate(folder, "localhost")
    return folder


TLS = ("--tls-cert", "cert.pem", "--tls-key", "key.pem")
LISTEN = ("--listen", "https://127.0.0.1:0", "--listen", "127.0.0.1:0")


def test_the_life_of_a_server_that_speaks_tls(run: Run, here: Path) -> None:
    ran = run("up", "--json", "--workers", "1", *LISTEN, *TLS, "one.wasm")
    assert (ran.exit_code, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)
    secured, plain = told["listen"]
    assert secured.startswith("https://127.0.0.1:") and plain.startswith("http://127.0.0.1:")
    assert told["apps"][0]["urls"] == [f"{secured}/"]
    port = int(secured.rpartition(":")[2])

    def connected() -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=10)

    def asked() -> list[str]:
        ca = str(here / "cert.pem")
        with Client(connected(), cafile=ca) as client:
            said = [client.get().body.decode()]
        with wrap(connected(), cafile=ca) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            data = b""
            while piece := client.recv(65536):
                data += piece
        said.append(data.partition(b"\r\n\r\n")[2].decode())
        return [*said, get(int(plain.rpartition(":")[2]))]

    assert asked() == ["hello"] * 3
    make_certificate(here, "localhost")
    assert run("reload").exit_code == 0
    # It trusts the new one alone, so that is what it was shown.
    assert asked() == ["hello"] * 3
    stats = json.loads(run("stats", "--json").stdout)
    assert stats["apps"][0]["requests"] == 6
    lines = [json.loads(line) for line in run("logs", "--json").stdout.splitlines()]
    versions = [each.get("protocol", "") for each in lines if each["kind"] == "request"]
    assert versions == ["HTTP/2", "", ""] * 2
    assert run("stop").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            LISTEN,
            "https://127.0.0.1:0 needs a certificate; add --tls-cert FILE --tls-key FILE, or tls ="
            " { cert = FILE, key = FILE } to [server]",
        ),
        (
            TLS,
            "there is a certificate, and no address that speaks TLS; write https://127.0.0.1:8080",
        ),
        (
            (*LISTEN, "--tls-cert", "none.pem"),
            "there is no certificate {here}/none.pem; name its file: --tls-cert FILE, or tls in"
            " [server]",
        ),
        (
            (*LISTEN, "--tls-cert", "cert.pem"),
            "{here}/cert.pem holds a certificate without its key; name the key's file too",
        ),
        (
            (*LISTEN, *TLS, "--tls-cert", "other.pem"),
            "--tls-cert and --tls-key do not go in pairs; name the key of each certificate, or of"
            " none where the keys are in the same files",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["serve", "up"])
def test_a_mistake_is_told_in_words(
    run: Run, here: Path, verb: str, words: tuple[str, ...], said: str
) -> None:
    ran = run(verb, *words, "one.wasm")
    assert ran.exit_code in (125, 127)
    assert ran.stderr == f"wherever: {said}\n".replace("{here}", str(here))
