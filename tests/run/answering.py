"""A server on this machine that guests ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


class Answers(BaseHTTPRequestHandler):
    """`/hello`; `/N`, so many bytes; `/to/PORT`, a redirect; `/slow`, nothing; `/cut`, an end of
    the connection; and to who sends something, how much that was."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        server = cast(Server, self.server)
        server.seen.append(self.path)
        server.asked.set()
        word = self.path[1:]
        if word == "slow":
            server.over.wait(60)
        elif word == "cut":
            self.close_connection = True
        elif word.startswith("to/"):
            self.send_response(302)
            self.send_header("location", f"http://127.0.0.1:{word[3:]}/hello")
            self.send_header("content-length", "0")
            self.end_headers()
        elif word.isdigit():
            self.answer(int(word), b"x" * 65536)
        else:
            self.answer(len(word), word.encode())

    def do_POST(self) -> None:
        size = left = int(self.headers.get("content-length", "0"))
        if "transfer-encoding" in self.headers:
            while self.rfile.readline().strip() != b"0":
                pass  # a piece's size, the piece, and its end
            self.rfile.readline()
        while left:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                return
            left -= len(piece)
        told = b"%d came" % size
        self.answer(len(told), told)

    def answer(self, size: int, piece: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(size))
        self.end_headers()
        try:
            while size:
                size -= self.wfile.write(piece[:size])
            self.wfile.flush()
        except ConnectionError:
            pass  # the guest left

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


class Server(ThreadingHTTPServer):
    """A server on a port of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.seen: list[str] = []
        self.asked, self.over = threading.Event(), threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A guest may leave at any time."""


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
