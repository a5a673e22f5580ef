"""A certificate and its key, read from files, and checked before anybody is shown them."""

from __future__ import annotations

import contextlib
import os
import re
import ssl
import time
from dataclasses import dataclass

from wherever.errors import InputError, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 1 << 20
"""Bytes of a file of certificates: a chain has some 10 KiB."""

SOON_S = 7 * 86400.0
"""Seconds before its end from which a certificate is warned of."""

_DAY_S = 86400.0
_FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.S)
_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")
_ENCRYPTED = re.compile(r"-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED", re.M)
_HOSTS = ("DNS", "IP Address")
_OTHER_KEY = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH")
# From OpenSSL's x509_vfy.h; Python has no name for it. Of a certificate that has ended, too, we
# want to know when that was.
_NO_CHECK_TIME = 0x200000


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that a server shows, with its key: what was in the files when they were read.

    Attributes:
        where: the file of the certificate, for messages.
        chain: the certificate, and those that lead to one that clients know, in PEM form.
        key: its private key, in PEM form.
        names: hosts it is for, some as `*.example.com`; none where that could not be told.
        begins, ends: seconds since the epoch between which it is good; 0 where not known.
    """

    where: str
    chain: str
    key: str
    names: tuple[str, ...] = ()
    begins: float = 0.0
    ends: float = 0.0

    def warning(self, now: float | None = None) -> str:
        """What whoever runs the server should know of it; empty where all is well."""
        now = time.time() if now is None else now
        if self.begins > now:
            return f"the certificate {self.where} is not good before {_day(self.begins)}"
        if not self.ends or self.ends - now > SOON_S:
            return ""
        if self.ends <= now:
            return (
                f"the certificate {self.where} expired on {_day(self.ends)}, and clients refuse it;"
                " renew it, then: wherever reload"
            )
        days = int((self.ends - now) / _DAY_S)
        left = f"in {days} days" if days > 1 else "within two days"
        return f"the certificate {self.where} expires {left}; renew it, then: wherever reload"


def read(chain: str, key: str = "") -> Certificate:
    """The certificate of these files.

    Args:
        chain: the path of the certificate, followed in its file by those that signed it.
        key: that of its key; empty where both are in one file.

    Raises:
        NotFound: there is no such file.
        InputError: it cannot be used, and why.
    """
    text = _text(chain, "certificate")
    first = _FIRST.search(text)
    if first is None:
        raise InputError(
            f"{chain} holds no certificate in PEM form",
            f"if it is one in DER: openssl x509 -inform der -in {chain} -out cert.pem",
        )
    secret = _text(key, "key") if key else text
    if _ENCRYPTED.search(secret):
        raise InputError(
            f"the key {key or chain} is encrypted, and nobody is there to type its passphrase",
            f"openssl pkey -in {key or chain} -out plain.pem, and keep that file to yourself",
        )
    if not _KEY.search(secret):
        if not key:
            raise InputError(
                f"{chain} holds a certificate without its key", "name the key's file too"
            )
        raise InputError(
            f"{key} holds no private key in PEM form",
            f"if it is one in DER: openssl pkey -inform der -in {key} -out key.pem",
        )
    found = Certificate(chain, text, secret)
    return _told(found, load(found, key), first[0])


def load(certificate: Certificate, key: str = "") -> ssl.SSLContext:
    """A context that shows this certificate, and as yet nothing else of a server's.

    Args:
        key: what the key's file is called in messages.

    Raises:
        InputError: certificate and key do not fit, or the system refuses them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        with _file(certificate.chain) as chain, _file(certificate.key) as secret:
            # Without a password of ours, OpenSSL would ask on the terminal.
            context.load_cert_chain(chain, secret, password="")
    except ssl.SSLError as error:
        named = key or certificate.where
        if error.reason in _OTHER_KEY:
            raise InputError(
                f"{named} is not the key of the certificate {certificate.where}",
                "name the two that were made together; in the file of a chain, the server's own"
                " certificate comes first",
            ) from None
        why = (error.reason or str(error)).lower().replace("_", " ")
        raise InputError(
            f"the certificate {certificate.where} cannot be used: {why}",
            f"look at it: openssl x509 -noout -text -in {certificate.where}",
        ) from None
    return context


def _text(path: str, what: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        option = "cert" if what == "certificate" else "key"
        raise NotFound(
            f"there is no {what} {path}", f"name its file: --tls-{option} FILE, or tls in [server]"
        ) from None
    except OSError as error:
        raise InputError(
            f"the {what} {path} cannot be read: {error.strerror}", f"see: ls -lL {path}"
        ) from None
    if len(data) > LARGEST:
        raise InputError(f"{path} is no {what}: it has more than {LARGEST >> 20} MiB")
    return data.decode("latin-1")


@contextlib.contextmanager
def _file(text: str) -> Iterator[str]:
    """A path at which OpenSSL finds a text, which never comes to a disk."""
    handle = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        with open(handle, "wb", closefd=False) as file:
            file.write(text.encode("latin-1"))
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def _told(certificate: Certificate, context: ssl.SSLContext, first: str) -> Certificate:
    """The same, with what it says of itself: it is shown to a client of ours, in memory."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME)
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        client.load_verify_locations(cadata=first)
        asks = client.wrap_bio(ours, theirs)
        shows = context.wrap_bio(theirs, ours, server_side=True)
        for side in (asks, shows, asks, shows):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
        said = asks.getpeercert() or {}
    except (ssl.SSLError, ValueError):
        # It can be shown, if not to everybody: that is between its owner and who signed it.
        return certificate
    names = [each[1] for each in said.get("subjectAltName", ()) if each[0] in _HOSTS]
    return Certificate(
        certificate.where,
        certificate.chain,
        certificate.key,
        tuple(str(name).lower() for name in names),
        _seconds(said.get("notBefore")),
        _seconds(said.get("notAfter")),
    )


def _seconds(told: object) -> float:
    return float(ssl.cert_time_to_seconds(told)) if isinstance(told, str) else 0.0


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
