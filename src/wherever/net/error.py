"""What can go wrong with a request to the outside, in the words of `wasi:http`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CASES = (
    "DNS-timeout",
    "DNS-error",
    "destination-not-found",
    "destination-unavailable",
    "destination-IP-prohibited",
    "destination-IP-unroutable",
    "connection-refused",
    "connection-terminated",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "connection-limit-reached",
    "TLS-protocol-error",
    "TLS-certificate-error",
    "TLS-alert-received",
    "HTTP-request-denied",
    "HTTP-request-length-required",
    "HTTP-request-body-size",
    "HTTP-request-method-invalid",
    "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size",
    "HTTP-request-header-size",
    "HTTP-request-trailer-section-size",
    "HTTP-request-trailer-size",
    "HTTP-response-incomplete",
    "HTTP-response-header-section-size",
    "HTTP-response-header-size",
    "HTTP-response-body-size",
    "HTTP-response-trailer-section-size",
    "HTTP-response-trailer-size",
    "HTTP-response-transfer-coding",
    "HTTP-response-content-coding",
    "HTTP-response-timeout",
    "HTTP-upgrade-failed",
    "HTTP-protocol-error",
    "loop-detected",
    "configuration-error",
    "internal-error",
)
"""The cases of `error-code` of `wasi:http` 0.2, in their order."""

PAYLOADS: dict[str, tuple[str, ...]] = {
    "DNS-error": ("rcode", "info-code"),
    "TLS-alert-received": ("alert-id", "alert-message"),
    "HTTP-request-body-size": ("size",),
    "HTTP-request-header-section-size": ("size",),
    "HTTP-request-header-size": ("field-name", "field-size"),
    "HTTP-request-trailer-section-size": ("size",),
    "HTTP-request-trailer-size": ("field-name", "field-size"),
    "HTTP-response-header-section-size": ("size",),
    "HTTP-response-header-size": ("field-name", "field-size"),
    "HTTP-response-body-size": ("size",),
    "HTTP-response-trailer-section-size": ("size",),
    "HTTP-response-trailer-size": ("field-name", "field-size"),
    "HTTP-response-transfer-coding": ("coding",),
    "HTTP-response-content-coding": ("coding",),
    "internal-error": ("message",),
}
"""What the cases that say more say, by name: each part may be absent."""


class NetError(Exception):
    """A request to the outside that failed, as its guest is told.

    Attributes:
        code: one of `CASES`.
        what: the same for people: what happened, where, and what to do.
        payload: what the case says more, by the names of `PAYLOADS`; what is absent is None.

    Example:
        >>> error = NetError("DNS-error", "nobody.example is not known", rcode="NXDOMAIN")
        >>> error.payload
        {'rcode': 'NXDOMAIN', 'info-code': None}
    """

    def __init__(self, code: str, what: str, **said: Any) -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what
        self.payload = {name: said.get(name.replace("-", "_")) for name in PAYLOADS.get(code, ())}

    @property
    def number(self) -> int:
        """The case's place among all: what a guest is given for it."""
        return CASES.index(self.code)

    def __str__(self) -> str:
        return f"{self.code}: {self.what}"
