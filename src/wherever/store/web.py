"""Getting bytes over HTTP when pip or npm is not there to do it: bounded, checked, no tricks."""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from wherever.errors import NotFound, RemoteError
from wherever.store.download import printable

TIMEOUT_S = 60
"""How long a server may stay silent, in seconds."""

PAGE_LIMIT = 64 << 20
"""The largest index page that is read, in bytes."""


class Web:
    """One registry: where its files may come from, and how to prove who asks.

    Args:
        base: the registry's address; credentials inside it are sent as a header, and only
            to this host.
        authorization: the value of an Authorization header, or empty.
        certificates: a file of the certificates to trust and no others, or empty for those
            that the system trusts.
        more_certificates: a file of certificates to trust too, or empty.

    Raises:
        RemoteError: the address is none, or the certificates cannot be used.
    """

    def __init__(
        self,
        base: str,
        authorization: str = "",
        certificates: str = "",
        more_certificates: str = "",
    ) -> None:
        parts = urllib.parse.urlsplit(base)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise RemoteError(f"{printable(base)} is not the address of a package index")
        if parts.username and not authorization:
            user = urllib.parse.unquote(parts.username)
            password = urllib.parse.unquote(parts.password or "")
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            authorization = f"Basic {token}"
        host = parts.netloc.rpartition("@")[2]
        self.base = urllib.parse.urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        self._origin = (parts.scheme, host)
        self._authorization = authorization
        context = _context(certificates, more_certificates)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def page(self, url: str, accept: str) -> tuple[str, bytes]:
        """The content type and the bytes of an index page.

        Raises:
            NotFound: the server has no such page.
            RemoteError: the server did not answer, or not as it should.
        """
        chunks: list[bytes] = []
        kind = self._read(url, accept, PAGE_LIMIT, chunks.append, None)
        return kind, b"".join(chunks)

    def file(self, url: str, path: str, limit: int, arrived: Callable[[int], None]) -> None:
        """Downloads a file to a path that does not exist yet."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as target:
            self._read(url, "*/*", limit, target.write, arrived)

    def _read(
        self,
        url: str,
        accept: str,
        limit: int,
        write: Callable[[bytes], object],
        arrived: Callable[[int], None] | None,
    ) -> str:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("https", self._origin[0]):
            raise RemoteError(f"the index points to {printable(url)}, which is not over HTTPS")
        request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "wherever"})
        if self._authorization and (parts.scheme, parts.netloc) == self._origin:
            # Unredirected: a registry's storage host must not see the password.
            request.add_unredirected_header("Authorization", self._authorization)
        came = 0
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                if not answer.url.startswith(("https:", f"{self._origin[0]}:")):
                    raise RemoteError(f"{printable(url)} leads away from HTTPS")
                while block := answer.read(1 << 16):
                    came += len(block)
                    if came > limit:
                        raise RemoteError(f"{printable(url)} is larger than {limit >> 20} MiB")
                    write(block)
                    if arrived:
                        arrived(came)
                expected = answer.headers.get("Content-Length")
                if expected and expected.isdigit() and int(expected) != came:
                    raise RemoteError(f"{printable(url)} ended after {came} bytes")
                return str(answer.headers.get_content_type())
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise NotFound(f"nothing at {printable(url)}") from None
            raise RemoteError(f"{printable(url)} answered {error.code}") from None
        except urllib.error.URLError as error:
            raise _unreachable(url, error.reason) from None
        except (TimeoutError, http.client.HTTPException, ssl.SSLError, ConnectionError) as error:
            raise _unreachable(url, error) from None


def _context(only: str, more: str) -> ssl.SSLContext:
    path = only
    try:
        context = ssl.create_default_context(cafile=only or None)
        if more:
            path = more
            context.load_verify_locations(more)
    except OSError as error:
        broken = isinstance(error, ssl.SSLError)
        why = "it holds none, or a broken one" if broken else error.strerror
        raise RemoteError(
            f"cannot use the certificates in {printable(path)}: {why}",
            "mend cafile in npm's settings, NODE_EXTRA_CA_CERTS, cert in pip's, or PIP_CERT",
        ) from None
    return context


def _unreachable(url: str, reason: object) -> RemoteError:
    host = urllib.parse.urlsplit(url).hostname or url
    return RemoteError(
        f"cannot reach {printable(host)}: {printable(str(reason))}",
        "check the network, and the index that pip or npm is configured with",
    )
