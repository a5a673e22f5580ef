"""Certificates: what is wrong with one is said in words, and the right one is shown."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.edge.http.serving import Recorder, hello, read_all, serving
from tests.edge.http2.speaking import make_certificate
from wherever.edge.tls import certificate, context
from wherever.errors import InputError, NotFound


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return make_certificate(tmp_path_factory.mktemp("one"), "one.example", "*.one.example")


def test_a_certificate_says_what_it_is_for_and_how_long(made: tuple[str, str]) -> None:
    found = certificate.read(*made)
    assert found.names == ("one.example", "*.one.example")
    assert abs(found.ends - time.time() - 90 * 86400) < 3600
    assert found.begins <= time.time()
    assert found.warning() == ""


def test_both_can_be_in_one_file(made: tuple[str, str], tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text("".join(Path(each).read_text() for each in made))
    assert certificate.read(str(both)).names == certificate.read(*made).names


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (3, "expires in 3 days; renew it, then: wherever reload"),
        (0.5, "expires within two days; renew it, then: wherever reload"),
        (-10, "expired on {day}, and clients refuse it; renew it, then: wherever reload"),
        (8, ""),
    ],
)
def test_an_end_that_is_near_is_told(made: tuple[str, str], days: float, words: str) -> None:
    found = certificate.read(*made)
    day = time.strftime("%Y-%m-%d", time.gmtime(found.ends))
    said = found.warning(found.ends - days * 86400 - 60)
    assert said == (words and f"the certificate {made[0]} {words.format(day=day)}")


def test_one_that_has_ended_is_read_all_the_same(tmp_path: Path) -> None:
    cert, key = made_to_end(tmp_path)
    found = certificate.read(cert, key)
    assert 0 < found.ends <= time.time()
    assert found.warning().startswith(f"the certificate {cert} ")


def made_to_end(folder: Path) -> tuple[str, str]:
    """A certificate that was good at the moment when it was made."""
    key, request, cert = (str(folder / name) for name in ("key.pem", "request.pem", "cert.pem"))
    made = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=old".split()
    subprocess.run([*made, "-keyout", key, "-out", request], check=True, capture_output=True)
    signed = ["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "0"]
    subprocess.run([*signed, "-out", cert], check=True, capture_output=True)
    return cert, key


def refusal(cert: str, key: str = "") -> str:
    with pytest.raises(InputError) as caught:
        certificate.read(cert, key)
    return str(caught.value)


def test_what_cannot_be_used_is_said_in_words(made: tuple[str, str], tmp_path: Path) -> None:
    cert, key = made
    _, other_key = make_certificate(tmp_path, "two.example")
    text, none = tmp_path / "text", str(tmp_path / "none.pem")
    text.write_text("hello")
    with pytest.raises(NotFound) as caught:
        certificate.read(none, key)
    assert str(caught.value) == (
        f"there is no certificate {none}; name its file: --tls-cert FILE, or tls in [server]"
    )
    with pytest.raises(NotFound, match="there is no key"):
        certificate.read(cert, none)
    assert refusal(cert, other_key) == (
        f"{other_key} is not the key of the certificate {cert}; name the two that were made"
        " together; in the file of a chain, the server's own certificate comes first"
    )
    assert refusal(cert) == (f"{cert} holds a certificate without its key; name the key's file too")
    assert refusal(str(text), key).startswith(f"{text} holds no certificate in PEM form; if it")
    assert refusal(cert, str(text)).startswith(f"{text} holds no private key in PEM form; if it")
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert refusal(str(broken), key).startswith(f"the certificate {broken} cannot be used: ")
    assert refusal(str(tmp_path), key).startswith(f"the certificate {tmp_path} cannot be read: ")
    text.write_bytes(bytes(2 << 20))
    assert refusal(str(text), key) == f"{text} is no certificate: it has more than 1 MiB"


def test_an_encrypted_key_asks_nobody(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path, "one.example", key="secret")
    assert refusal(cert, key) == (
        f"the key {key} is encrypted, and nobody is there to type its passphrase;"
        f" openssl pkey -in {key} -out plain.pem, and keep that file to yourself"
    )


def test_the_name_that_is_asked_for_decides_what_is_shown(
    made: tuple[str, str], tmp_path: Path
) -> None:
    second = make_certificate(tmp_path, "two.example")
    tls = context.serving([certificate.read(*made), certificate.read(*second)])
    with serving(Recorder(hello), tls=tls) as served:

        def shown(name: str) -> str:
            trusts = ssl.create_default_context()
            trusts.load_verify_locations(made[0])
            trusts.load_verify_locations(second[0])
            trusts.check_hostname = False
            with trusts.wrap_socket(served.connect(), server_hostname=name) as client:
                return str(client.getpeercert()["subjectAltName"][0][1])

        assert shown("one.example") == "one.example"
        assert shown("a.one.example") == "one.example"
        assert shown("TWO.example") == "two.example"
        assert shown("three.example") == "one.example"


def hello_with_name(name: bytes) -> bytes:
    """The first message of a handshake that asks for a host, whatever the bytes of its name."""
    outgoing = ssl.MemoryBIO()
    usual = "a" * len(name)
    asks = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=usual)
    with pytest.raises(ssl.SSLWantReadError):
        asks.do_handshake()
    said = outgoing.read()
    assert said.count(usual.encode()) == 1
    return said.replace(usual.encode(), name)


def test_a_name_that_is_none_ends_the_handshake_and_is_not_told(
    made: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda each: told.append(each.exc_value))
    context.spare_the_log()
    second = make_certificate(tmp_path, "two.example")
    tls = context.serving([certificate.read(*made), certificate.read(*second)])
    with serving(Recorder(hello), tls=tls) as served:
        with served.connect() as client:
            client.sendall(hello_with_name(b"\xff\xfe\n<script>\x1b[31m"))
            assert read_all(client) in (b"", b"<reset>")
        served.until(lambda: served.server.connections == 0)
        assert served.failures == []
    assert told == []

    class Bad:
        def __del__(self) -> None:
            raise ValueError("of our own")

    Bad()
    assert [type(each) for each in told] == [ValueError]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_and_weak_ciphers_are_not_spoken(made: tuple[str, str]) -> None:
    tls = context.serving([certificate.read(*made)])
    with serving(Recorder(hello), tls=tls) as served:

        def agreed(**how: object) -> str:
            trusts = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusts.check_hostname = False
            trusts.verify_mode = ssl.CERT_NONE
            trusts.set_ciphers(f"{how.get('ciphers', 'ALL')}:@SECLEVEL=0")
            trusts.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            trusts.maximum_version = ssl.TLSVersion(how.get("most", ssl.TLSVersion.TLSv1_3))
            try:
                with trusts.wrap_socket(served.connect(), server_hostname="x") as client:
                    return f"{client.version()} {(client.cipher() or ('',))[0]}"
            except (ssl.SSLError, ConnectionResetError):
                return "refused"

        assert agreed().startswith("TLSv1.3 ")
        two = ssl.TLSVersion.TLSv1_2
        assert agreed(most=two).startswith("TLSv1.2 ECDHE-ECDSA-")
        assert agreed(most=ssl.TLSVersion.TLSv1_1) == "refused"
        assert agreed(most=two, ciphers="AES128-SHA:ECDHE-ECDSA-AES128-SHA") == "refused"


def test_without_hpack_nobody_is_offered_http_2(
    made: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert context.has_http2()
    monkeypatch.setitem(sys.modules, "hpack", None)
    assert not context.has_http2()
    tls = context.serving([certificate.read(*made)])
    with serving(Recorder(hello), tls=tls) as served:
        trusts = ssl.create_default_context(cafile=made[0])
        trusts.set_alpn_protocols(["h2", "http/1.1"])
        with trusts.wrap_socket(served.connect(), server_hostname="one.example") as client:
            assert client.selected_alpn_protocol() == "http/1.1"
