"""A server that speaks HTTP/2 over TLS, and a client of another hand, frame by frame."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import h2.config
import h2.connection
import h2.events
import hyperframe.frame
from hpack import Encoder

from tests.edge.http.serving import SECONDS, Serving, serving
from wherever.edge.http.limits import Limits
from wherever.edge.tls import certificate, context


def make_certificate(folder: Path, *names: str, days: int = 90, key: str = "") -> tuple[str, str]:
    """The files of a new certificate for these hosts, and of its key."""
    cert, secret = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256".split()
    command += ["-days", str(days), "-subj", f"/CN={names[0]}", "-keyout", str(secret)]
    command += ["-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)]
    command += ["-passout", f"pass:{key}"] if key else ["-nodes"]
    subprocess.run([*command, "-out", str(cert)], check=True, capture_output=True)
    return str(cert), str(secret)


@cache
def localhost() -> tuple[str, str]:
    """One for all tests that need no other."""
    return make_certificate(Path(mkdtemp(prefix="tls-")), "localhost")


@contextmanager
def secured(app: Any, limits: Limits | None = None) -> Iterator[Serving]:
    """A server that speaks TLS with the certificate of `localhost`."""
    tls = context.serving([certificate.read(*localhost())])
    # Clients here are in no hurry to say farewell.
    limits = replace(limits or Limits(), linger_seconds=0.2)
    with serving(app, limits, tls=tls) as served:
        yield served


def wrap(sock: socket.socket, *protocols: str, cafile: str = "") -> ssl.SSLSocket:
    """A connected socket after its handshake."""
    trusts = ssl.create_default_context(cafile=cafile or localhost()[0])
    if protocols:
        trusts.set_alpn_protocols(list(protocols))
    return trusts.wrap_socket(sock, server_hostname="localhost")


@dataclass
class Answer:
    """What came on a stream."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    reset: int | None = None
    ended: bool = False


class Client:
    """Speaks by `h2`, which checks what the server says.

    Attributes:
        answers: what came, by stream.
        goaway: the code with which the server ended the connection.
        pings: those that were answered.
    """

    def __init__(self, sock: socket.socket, reads: bool = True, cafile: str = "") -> None:
        self.sock = wrap(sock, "h2", cafile=cafile)
        assert self.sock.selected_alpn_protocol() == "h2"
        config = h2.config.H2Configuration(header_encoding=None)
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.answers: dict[int, Answer] = {}
        self.goaway: int | None = None
        self.closed = False
        self.pings = 0
        self.gives_room = reads
        self.flush()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def flush(self) -> None:
        self.sock.sendall(self.h2.data_to_send())

    def ask(
        self, path: str = "/", method: str = "GET", body: bytes | None = None, ends: bool = True,
        more: list[tuple[str, str]] | None = None,
    ) -> int:  # fmt: skip
        """Begins a request; the number of its stream."""
        id = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "https"), (":authority", "localhost"),
                  (":path", path), *(more or ())]  # fmt: skip
        self.answers[id] = Answer()
        self.h2.send_headers(id, fields, end_stream=body is None and ends)
        self.flush()
        if body is not None:
            self.send(id, body, ends)
        return id

    def send(self, id: int, data: bytes, ends: bool = True) -> None:
        """A body, as far as the server has room for it."""
        while data and not self.closed and self.answers[id].reset is None:
            room = min(self.h2.local_flow_control_window(id), self.h2.max_outbound_frame_size)
            if not room:
                self.receive()
                continue
            self.h2.send_data(id, data[:room])
            data = data[room:]
            self.flush()
        if ends and not self.closed and self.answers[id].reset is None:
            self.h2.end_stream(id)
            self.flush()

    def receive(self) -> None:
        """Takes what comes next."""
        try:
            data = self.sock.recv(1 << 16)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        if not data:
            self.closed = True
            return
        for event in self.h2.receive_data(data):
            self._take(event)
        try:
            self.flush()
        except OSError:
            pass

    def _take(self, event: Any) -> None:
        answer = self.answers.get(getattr(event, "stream_id", 0) or 0)
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = int(event.error_code or 0)
        elif isinstance(event, h2.events.PingAckReceived):
            self.pings += 1
        if answer is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            headers = dict(event.headers)
            answer.status = int(headers.pop(b":status"))
            answer.headers = headers
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self.gives_room:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = list(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = int(event.error_code)

    def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            assert not self.closed, "the server closed the connection"
            self.receive()

    def answer(self, id: int) -> Answer:
        """The answer on a stream, when it has ended."""
        answer = self.answers[id]
        self.until(lambda: answer.ended or answer.reset is not None)
        return answer

    def get(self, path: str = "/", **more: Any) -> Answer:
        return self.answer(self.ask(path, **more))

    def end(self) -> int | None:
        """Reads to the end of the connection; with which code it was ended."""
        while not self.closed:
            self.receive()
        return self.goaway


class Raw:
    """Sends whatever it is told to, and reads frames."""

    def __init__(self, sock: socket.socket, greets: bool = True) -> None:
        self.sock = wrap(sock, "h2")
        self.encoder = Encoder()
        self.data = b""
        if greets:
            self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            self.send(hyperframe.frame.SettingsFrame(0))

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, *frames: Any) -> None:
        self.sock.sendall(b"".join(each.serialize() for each in frames))

    def try_send(self, data: bytes) -> bool:
        """Whether the server took that."""
        try:
            self.sock.sendall(data)
        except OSError:
            return False
        return True

    def headers(
        self, id: int, fields: list[tuple[Any, Any]] | None = None,
        flags: tuple[str, ...] = ("END_HEADERS", "END_STREAM"),
    ) -> Any:  # fmt: skip
        """A frame of fields, whatever they are; those of a good request where none are given."""
        block = self.encoder.encode(GOOD if fields is None else fields)
        return hyperframe.frame.HeadersFrame(id, data=block, flags=list(flags))

    def frames(self) -> Iterator[Any]:
        """What comes, to the end of the connection."""
        while True:
            while len(self.data) >= 9:
                frame, size = hyperframe.frame.Frame.parse_frame_header(memoryview(self.data[:9]))
                if len(self.data) < 9 + size:
                    break
                frame.parse_body(memoryview(self.data[9 : 9 + size]))
                self.data = self.data[9 + size :]
                yield frame
            try:
                data = self.sock.recv(1 << 16)
            except (ConnectionResetError, ssl.SSLError):
                return
            if not data:
                return
            self.data += data

    def next(self, kind: type, id: int | None = None) -> Any:
        """The next frame of a kind; None where the connection ends before that."""
        for frame in self.frames():
            if isinstance(frame, kind) and (id is None or frame.stream_id == id):
                return frame
        return None

    def end(self) -> int | None:
        """The code with which the server ends the connection."""
        found = self.next(hyperframe.frame.GoAwayFrame)
        return None if found is None else found.error_code


GOOD = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/")]


def within() -> float:
    """Seconds in which something must have come to hold."""
    return SECONDS
