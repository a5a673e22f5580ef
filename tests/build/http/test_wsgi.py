"""A request as WSGI has it, held against the validator that Python has for the standard."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

from tests.build.http.asked import request
from wherever.build.http.wsgi import environ, serve


def whole(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """An app that tells what it was given."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Path", environ["PATH_INFO"])])
    return [environ["REQUEST_METHOD"].encode(), b" ", body]


@pytest.mark.parametrize(
    ("method", "target", "body", "path"),
    [
        ("GET", "/", b"", "/"),
        ("POST", "/a%20b/%C3%A9?x=1", b"hello", "/a b/\xc3\xa9"),
        ("HEAD", "//twice?", b"", "//twice"),
        ("OPTIONS", "*", b"", ""),
        ("PATCH", "/%zz%2", b"\0" * 70_000, "/%zz%2"),
    ],
)
def test_an_app_that_keeps_to_the_standard_is_served_as_the_standard_says(
    method: str, target: str, body: bytes, path: str
) -> None:
    answer = serve(validator(whole), request(method, target, body))
    headers = [("content-type", "text/plain"), ("x-path", path)]
    assert answer == (200, headers, method.encode() + b" " + body)


def test_the_environ_is_whole() -> None:
    asked = request(
        "POST",
        "/items/7?a=1&b=%20?",
        b"xy",
        (
            ("content-type", "text/plain"),
            ("content-length", "99"),
            ("accept", "a"),
            ("accept", "b"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("x-real-ip", "checked"),
            ("x_real_ip", "forged"),
        ),
        "[2001:db8::1]:8443",
        id="7",
    )
    made = environ(asked)
    assert isinstance(made.pop("wsgi.input"), io.BytesIO)
    assert made.pop("wsgi.errors") is sys.stderr
    assert made == {
        "CONTENT_LENGTH": "2",
        "CONTENT_TYPE": "text/plain",
        "HTTP_ACCEPT": "a,b",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_HOST": "[2001:db8::1]:8443",
        "HTTP_X_REAL_IP": "checked",
        "PATH_INFO": "/items/7",
        "QUERY_STRING": "a=1&b=%20?",
        "REMOTE_ADDR": "192.0.2.1",
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": "/items/7?a=1&b=%20?",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "[2001:db8::1]",
        "SERVER_PORT": "8443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wherever.params": {"id": "7"},
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": True,
        "wsgi.multithread": False,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "https",
        "wsgi.version": (1, 0),
    }


@pytest.mark.parametrize(
    ("authority", "server"),
    [
        ("example.com", ("example.com", "443")),
        ("example.com:80", ("example.com", "80")),
        ("[::1]", ("[::1]", "443")),
        ("", ("localhost", "443")),
        ("a:b", ("a:b", "443")),
    ],
)
def test_the_servers_name_and_port_are_those_that_were_asked_for(
    authority: str, server: tuple[str, str]
) -> None:
    made = environ(request(authority=authority))
    assert (made["SERVER_NAME"], made["SERVER_PORT"]) == server


def test_what_is_written_comes_before_what_is_given_back_and_the_end_is_told() -> None:
    ended = []

    class Pieces:
        def __iter__(self) -> Iterator[bytes]:
            yield from (b"", b"c", b"d")

        def close(self) -> None:
            ended.append("closed")

    def app(environ: Any, start_response: Any) -> Pieces:
        write = start_response("201 Created", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        write(b"a")
        write(b"b")
        return Pieces()

    cookies = [("set-cookie", "a=1"), ("set-cookie", "b=2")]
    assert serve(app, request()) == (201, cookies, b"abcd")
    assert ended == ["closed"]


def test_a_generator_may_begin_its_answer_late_and_change_its_mind_before_it_is_sent() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("X-First", "1")])
        try:
            raise ValueError("no")
        except ValueError:
            start_response("500 Failed", [("X-Second", "2")], sys.exc_info())
        yield b"failed"

    assert serve(app, request()) == (500, [("x-second", "2")], b"failed")


def test_an_app_that_breaks_the_rules_is_told_and_still_closed() -> None:
    ended = []

    class Failing:
        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise OSError("disk")

        def close(self) -> None:
            ended.append("closed")

    def late(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"sent"
        try:
            raise KeyError("late")
        except KeyError:
            start_response("500 Failed", [], sys.exc_info())

    def twice(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        start_response("200 OK", [])
        return []

    def failing(environ: Any, start_response: Any) -> Failing:
        start_response("200 OK", [])
        return Failing()

    def status(text: str) -> Any:
        return lambda environ, start_response: start_response(text, []) or []

    for app, error in (
        (late, "KeyError: 'late'"),
        (twice, "RuntimeError: start_response was called twice, and without exc_info"),
        (failing, "OSError: disk"),
        (lambda *_: [b"x"], "RuntimeError: the app wrote a body before it called start_response"),
        (lambda *_: [], "RuntimeError: the app did not call start_response"),
        (status("OK"), "RuntimeError: 'OK' is no status: write three digits and a reason"),
        (status("2²0 OK"), "RuntimeError: '2²0 OK' is no status: write three digits and a reason"),
    ):
        with pytest.raises(Exception) as caught:
            serve(app, request())
        assert f"{caught.type.__name__}: {caught.value}" == error
    assert ended == ["closed"]


def test_what_an_app_reports_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["wsgi.errors"].write("careful\n")
        start_response("204 No Content", [])
        return []

    assert serve(validator(app), request()) == (204, [], b"")
    assert capsys.readouterr().err == "careful\n"
