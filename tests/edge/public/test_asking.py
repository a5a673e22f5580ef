"""What a server answers is held against what is known of the handler behind it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.edge.public.asking import served
from tests.edge.public.fetch import Ask

SERVER = """
import http.server, sys

class Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(404 if self.path == "/nowhere" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
"""
COMMAND = [sys.executable, "-c", SERVER, "{port}", "{handler}"]


def test_answers_as_known_are_well() -> None:
    asks = [
        Ask("POST", "/echo", b"a", 200, b"a"),
        Ask("POST", "/nowhere", b"", 404, b""),
        Ask("POST", "/", b"whatever", 200, b"*"),
    ]
    assert served(COMMAND, Path("any.wasm"), asks) == ""


def test_others_are_told() -> None:
    asks = [Ask("POST", "/echo", b"a", 200, b"b"), Ask("POST", "/nowhere", b"", 200, b"*")]
    assert served(COMMAND, Path("any.wasm"), asks) == (
        "POST /echo: 200 b'a' (1 bytes), not 200 b'b' (1 bytes); "
        "POST /nowhere: 404 b'' (0 bytes), not 200 b'' (0 bytes)"
    )


def test_a_server_that_does_not_start_is_quoted() -> None:
    command = [sys.executable, "-c", "raise SystemExit('no handler: {handler}')"]
    assert served(command, Path("any.wasm"), []) == (
        f"{[*command[:2], command[2].format(handler='any.wasm')]} does not serve: "
        "no handler: any.wasm\n"
    )
