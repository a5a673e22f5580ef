"""What a server offers in a handshake: versions, ciphers, protocols, certificates."""

from __future__ import annotations

import ssl
import sys

from wherever.edge.tls.certificate import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wherever.edge.tls.certificate import Certificate

H2 = "h2"
"""What ALPN calls HTTP/2."""

NO_HTTP2 = "hpack is not installed: pip install 'wherever[edge]'"
"""Why not, and what to do."""

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: with forward secrecy and authenticated. Those of TLS 1.3 are all like that."""


def has_http2() -> bool:
    """Whether what HTTP/2 needs is installed."""
    try:
        import hpack
    except ImportError:
        return False
    return bool(hpack)


def serving(certificates: Sequence[Certificate]) -> ssl.SSLContext:
    """The context of a server that has these certificates, of which the first is the usual one.

    Raises:
        InputError: one of them cannot be used.
    """
    contexts = [(each.names, _context(each)) for each in certificates]
    first = contexts[0][1]
    if len(contexts) > 1:
        by_name: dict[str, ssl.SSLContext] = {}
        for names, context in contexts:
            for name in names:
                by_name.setdefault(name, context)

        def choose(asked: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            found = _find(by_name, (name or "").lower())
            if found is not None:
                asked.context = found

        first.sni_callback = choose
    return first


def spare_the_log() -> None:
    """Has nothing written of names that are none: strangers send them as often as they like.

    Python cannot hand such a name to whoever chooses. It ends the handshake, as is right, but tells
    the whole process of it.
    """
    before = sys.unraisablehook

    def hear(told: sys.UnraisableHookArgs) -> None:
        if not (isinstance(told.exc_value, UnicodeDecodeError) and isinstance(told.object, bytes)):
            before(told)

    sys.unraisablehook = hear


def _find(by_name: dict[str, ssl.SSLContext], name: str) -> ssl.SSLContext | None:
    found = by_name.get(name)
    return found or by_name.get(f"*.{name.partition('.')[2]}")


def _context(certificate: Certificate) -> ssl.SSLContext:
    context = load(certificate)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols([H2, "http/1.1"] if has_http2() else ["http/1.1"])
    return context
