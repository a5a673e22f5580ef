"""What a client may ask of the server, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that hold for every connection, whatever app answers on it.

    How large a body may be is the app's to say: see `wherever.edge.http.server.Server`.

    Attributes:
        head_bytes: the request line and all headers. Browsers send up to 16 KiB of cookies; what
            is above is answered 431.
        headers: how many. Real requests have under 50; 431 above.
        target_bytes: path and query; 414 above. No browser or proxy counts on more than 8 KiB.
        head_seconds: from the first byte of a head to its last; 408 after.
        idle_seconds: for a connection on which nothing is under way. Above the 60 s for which
            most proxies keep theirs, so that it is they who close.
        body_idle_seconds: without a byte of a body that somebody waits for; 408 after.
        body_rate: bytes a second, on average over the time in which a body was waited for.
        body_grace_seconds: waiting for which no rate is asked, since links begin slowly.
        body_bytes: the largest body for an app that says nothing of it; 413 above.
        held_bytes: a body up to this is gathered before the app is called, so that a client that
            sends slowly occupies no guest; of a longer one, this is what is read ahead. As much
            of what follows a request is kept while that one is answered.
        write_seconds: without the client taking a byte of what waits for it.
        half_closed_seconds: for an app to begin its answer to a client that has closed its side:
            tools that send a request and close want it, but most such clients have gone away.
        linger_seconds: after an answer that came before its request was read, so that the client
            reads the answer before it learns that nobody reads what it sends.
        linger_bytes: what is read and forgotten in that time.
        parting_seconds: for which a connection that was just used may bring one more request when
            the server goes down.
        connections: in all. Above, the ones that were idle longest make room; where none is idle,
            the newcomer is answered 503.
    """

    head_bytes: int = 32 * KIB
    headers: int = 100
    target_bytes: int = 8 * KIB
    head_seconds: float = 10
    idle_seconds: float = 75
    body_idle_seconds: float = 30
    body_rate: int = 500
    body_grace_seconds: float = 10
    body_bytes: int | None = 10 * KIB * KIB
    held_bytes: int = 64 * KIB
    write_seconds: float = 30
    half_closed_seconds: float = 10
    linger_seconds: float = 2
    linger_bytes: int = 1024 * KIB
    parting_seconds: float = 1
    connections: int = 10_000
