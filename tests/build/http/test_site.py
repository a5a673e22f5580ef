"""Which kind of app a module has, and what becomes of each request that is given to it."""

from __future__ import annotations

import functools
import types
from typing import Any, NamedTuple

import pytest

from tests.build.http.asked import request
from wherever.build.http import site
from wherever.build.http.absent import stand_in
from wherever.build.python.inside import Program


class Response(NamedTuple):
    """What the tool makes of the world's record."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def module(**names: Any) -> types.ModuleType:
    made = types.ModuleType("app")
    vars(made).update(names)
    return made


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"wsgi"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    raise NotImplementedError


class Framework:
    """An app as frameworks of WSGI make them."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.wsgi_app(environ, start_response)

    wsgi_app = staticmethod(wsgi)


class Asynchronous:
    """An app as frameworks of ASGI make them."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise NotImplementedError


class Plain(Asynchronous):
    """One that gives a coroutine back, and is none."""

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        return super().__call__(scope, receive, send)


@pytest.mark.parametrize(
    ("app", "is_asgi"),
    [
        (wsgi, False),
        (Framework(), False),
        (Framework().__call__, False),
        (functools.partial(lambda extra, environ, start: None, 1), False),
        (lambda *args: None, False),
        (asgi, True),
        (Asynchronous(), True),
        (Plain(), True),
        (functools.partial(asgi), True),
        (lambda scope, receive, send: None, True),
    ],
)
def test_what_an_app_takes_says_of_which_kind_it_is(app: Any, is_asgi: bool) -> None:
    assert site.is_asgi(app) is is_asgi


def test_an_app_is_found_by_its_name() -> None:
    def handle(request: Any) -> Any:
        return 200, {}, "handle"

    for names, answer in (
        ({"handle": handle, "app": wsgi}, b"handle"),
        ({"application": wsgi, "app": 1}, b"wsgi"),
        ({"app": Framework(), "application": None}, b"wsgi"),
    ):
        assert site.adapter(module(**names))(request()) == (200, [], answer)
    for names, words in (
        ({"main": wsgi}, "app has no app: write application(environ, start_response), or"),
        ({"application": 7}, "application is int, which cannot be called"),
    ):
        with pytest.raises(TypeError) as caught:
            site.adapter(module(**names))
        assert str(caught.value).startswith(words)


def test_what_handle_gives_may_be_of_several_forms() -> None:
    for given, answer in (
        ((200, {"X-A": 1}, "é"), (200, [("x-a", "1")], b"\xc3\xa9")),
        ((404, [("A", "b"), ("A", "c")], bytearray(b"x")), (404, [("a", "b"), ("a", "c")], b"x")),
        (Response(201, [("A", "b")], b"own"), (201, [("a", "b")], b"own")),
        (types.SimpleNamespace(status=204, headers=(), body=b""), (204, [], b"")),
    ):
        assert site.plain(given) == answer


def test_an_error_is_answered_and_told_and_the_next_request_is_served(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(request: Any) -> Any:
        if request.target == "/exit":
            raise SystemExit("enough")
        if request.target == "/secret":
            raise ValueError("the password is 123")
        return 200, {}, request.target

    monkeypatch.setattr(site, "ready", lambda: None)
    program = Program({"main": "app", "modules": {}, "files": {}})
    made = site.Site(program, module(handle=handle), Response)
    failed = (500, [("content-type", "text/plain; charset=utf-8")], b"Internal Server Error\n")
    assert made.handle(request(target="/secret")) == failed
    assert made.handle(request(target="/exit")) == failed
    assert made.handle(request(target="/")) == (200, [], b"/")
    told = [line for line in capsys.readouterr().err.splitlines() if line[:1].isupper()]
    assert told == [
        "Traceback (most recent call last):",
        "ValueError: the password is 123",
        "Traceback (most recent call last):",
        "SystemExit: enough",
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (("200", {}, b""), "ValueError: '200' is no status of an answer"),
        ((103, {}, b""), "ValueError: 103 is no status of an answer"),
        ((600, {}, b""), "ValueError: 600 is no status of an answer"),
        ((200, {"a": "€"}, b""), "UnicodeEncodeError: 'latin-1' codec can't encode character"),
        ((200, {"\udc80": ""}, b""), "UnicodeEncodeError: 'latin-1' codec can't encode character"),
        ((200, {}, None), "TypeError: cannot convert 'NoneType' object to bytes"),
        (None, "AttributeError: 'NoneType' object has no attribute 'status'"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_an_error_of_its_request_alone(
    answer: Any,
    error: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(site, "ready", lambda: None)
    program = Program({"main": "app", "modules": {}, "files": {}})
    made = site.Site(program, module(handle=lambda request: answer), Response)
    assert made.handle(request()).status == 500
    assert capsys.readouterr().err.splitlines()[-1].startswith(error)


def test_a_header_that_is_no_text_is_told() -> None:
    headers: Any = [("a", 1)]
    with pytest.raises(TypeError, match=r"^1 in the headers is no text$"):
        site.checked(200, headers, b"")


def test_a_module_that_is_not_there_is_only_stood_in_for_where_it_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    names = ("ssl", "concurrent.interpreters")
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        del sys.modules[name]
    stand_in({"flask", "http.client"})
    assert not any(name in sys.modules for name in names)
    stand_in({"starlette", "anyio"})
    made: Any = sys.modules["ssl"]
    assert made.SSLError is made.SSLError and issubclass(made.SSLError, OSError)
    assert not hasattr(made, "__path__")
    with pytest.raises(NotImplementedError, match=r"^there is no ssl.SSLContext in the sandbox$"):
        made.SSLContext(2, server_hostname="x")
