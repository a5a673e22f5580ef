"""Where a server listens as a whole: with TLS and without, side by side, and what contradicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.http2.speaking import make_certificate
from wherever.edge import serverfile
from wherever.edge.config import CertificateFiles, ServerConfig
from wherever.edge.host import listening
from wherever.errors import InputError

APP = '[[reply]]\nroute = "/"\n'


def test_a_file_names_addresses_and_certificates(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path, "localhost")
    found = serverfile.parse(
        '[server]\nlisten = ["127.0.0.1:0", "https://127.0.0.1:0", "https://[::1]:8443/"]\n'
        'tls = { cert = "cert.pem", key = "key.pem" }\n' + APP,
        folder=str(tmp_path),
    )
    assert found.tls == (CertificateFiles(cert, key),)
    assert {name: each.url for name, each in listening.wanted(found).items()} == {
        "127.0.0.1:0": "http://127.0.0.1:0",
        "https://127.0.0.1:0": "https://127.0.0.1:0",
        "[::1]:8443": "https://[::1]:8443",
    }
    listening.check(found)


def test_a_file_can_name_several_certificates() -> None:
    text = '[[server.tls]]\ncert = "a"\n[[server.tls]]\ncert = "b"\nkey = "/k"\n'
    found = serverfile.parse(text + APP, folder="/x")
    assert found.tls == (CertificateFiles("/x/a"), CertificateFiles("/x/b", "/k"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tls = 1", "f:2: server.tls is the number 1, not a list"),
        ("tls = { crt = 'a' }", "f:2: server.tls.crt: there is no such key; did you mean"),
        ("tls = { key = 'a' }", "f:2: server.tls has no cert; add cert = ..."),
        ("tls = [{ cert = 1 }]", "f:2: server.tls[0].cert is the number 1, not"),
    ],
)
def test_what_is_no_certificate_in_a_file_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        serverfile.parse(f"[server]\n{text}\n{APP}", "f")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("listen", "tls", "words"),
    [
        (
            ("127.0.0.1:80", "https://127.0.0.1:8443"), (),
            "https://127.0.0.1:8443 needs a certificate; add --tls-cert FILE --tls-key FILE, or"
            " tls = { cert = FILE, key = FILE } to [server]",
        ),
        (
            ("127.0.0.1:80",), ("a.pem",),
            "there is a certificate, and no address that speaks TLS; write https://127.0.0.1:80",
        ),
        (
            ("localhost:80", "https://127.0.0.1:80"), ("a.pem",),
            "127.0.0.1:80 is to speak TLS, and not to; write it once: https://127.0.0.1:80",
        ),
        (
            ("https://127.0.0.1:80",), ("/absent/a.pem",),
            "there is no certificate /absent/a.pem; name its file: --tls-cert FILE, or tls in"
            " [server]",
        ),
        (
            ("https://0.0.0.0:80",), ("a.pem",),
            "0.0.0.0:80 is reached from other machines; add --public if that is meant (public ="
            " true in a file), or listen at 127.0.0.1",
        ),
        (
            ("https://unix:/a",), ("a.pem",),
            "'https://unix:/a' is not an address to listen at; write HOST:PORT, such as"
            " 127.0.0.1:8080, https://HOST:PORT, or unix:PATH",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_is_refused(
    listen: tuple[str, ...], tls: tuple[str, ...], words: str
) -> None:
    config = ServerConfig(listen=listen, tls=tuple(CertificateFiles(each) for each in tls))
    with pytest.raises(InputError) as caught:
        listening.check(config)
    assert str(caught.value) == words


def test_sockets_stay_open_as_long_as_they_are_wanted() -> None:
    def of(*texts: str) -> dict[str, listening.Address]:
        return listening.wanted(ServerConfig(listen=texts))

    sockets = listening.Sockets()
    first = of("127.0.0.1:0")
    assert sockets.add(first, False) == ["127.0.0.1:0"]
    port = sockets.addresses[0].port
    assert sockets.add(first, False) == []
    # That one is ours; of what is opened in vain none is left.
    with pytest.raises(InputError, match="in use"):
        sockets.add(of("127.0.0.1:0", "[::1]:0", f"127.0.0.1:{port}"), False)
    assert [each.port for each in sockets.addresses] == [port]
    sockets.keep({})
    assert sockets.addresses == []
