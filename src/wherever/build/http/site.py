"""What runs inside a site in Python: which kind of app it is, and each request given to it.

This file is copied into every site in Python and imports nothing of ours but what is copied too.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

from wherever.build.http.asgi import Server
from wherever.build.http.wsgi import Answer, serve
from wherever.build.python.inside import Program, ready, show

NAMES = ("handle", "application", "app")
"""What is looked for in the main module, in this order."""

_PLAIN = [("content-type", "text/plain; charset=utf-8")]
_FAILED = (500, _PLAIN, b"Internal Server Error\n")


class Site:
    """An app of any kind, as the world of a site wants it.

    Args:
        program: its modules.
        module: the main one, imported.
        response: the tool's class for an answer.
    """

    def __init__(self, program: Program, module: types.ModuleType, response: Any) -> None:
        self._program = program
        self._response = response
        self._serve = adapter(module)
        self._begun = False

    def handle(self, request: Any) -> Any:
        """Answer a request; an exception is written to stderr, and answered with 500."""
        if not self._begun:
            self._begun = True
            ready()
        try:
            return self._response(*checked(*self._serve(request)))
        except BaseException as error:
            show(self._program, error)
            return self._response(*_FAILED)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()


def adapter(module: types.ModuleType) -> Callable[[Any], Answer]:
    """What calls the app of a module: `handle(request)`, WSGI or ASGI.

    Raises:
        TypeError: there is none, or it is no app.
    """
    for name in NAMES:
        found = getattr(module, name, None)
        if found is None:
            continue
        if not callable(found):
            raise TypeError(f"{name} is {type(found).__name__}, which cannot be called")
        if name == "handle":
            return lambda request: plain(found(request))
        if is_asgi(found):
            return Server(found).serve
        return lambda request: serve(found, request)
    raise TypeError(
        f"{module.__name__} has no app: write application(environ, start_response), or"
        " handle(request), or name the app of your framework app"
    )


def is_asgi(app: Any) -> bool:
    """Whether an app is of ASGI, and not of WSGI: it is async, or takes three arguments."""
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__):
        return True
    try:
        inspect.signature(app).bind(None, None)
    except TypeError:
        return True
    except ValueError:  # a callable of C has no signature
        return False
    return False


def checked(status: Any, headers: list[tuple[str, str]], body: bytes) -> Answer:
    """An answer as it is, where it can be sent: what cannot would end the whole sandbox.

    Raises:
        TypeError, ValueError: it cannot.
    """
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise ValueError(f"{status!r} is no status of an answer")
    for pair in headers:
        for text in pair:
            if not isinstance(text, str):
                raise TypeError(f"{text!r} in the headers is no text")
            text.encode("latin-1")  # each letter is a byte
    return status, headers, body


def plain(answer: Any) -> Answer:
    """What `handle` gave: (status, headers, body), or what has attributes of these names."""
    if not isinstance(answer, tuple):
        answer = (answer.status, answer.headers, answer.body)
    status, headers, body = answer
    pairs = headers.items() if isinstance(headers, dict) else headers
    data = body.encode() if isinstance(body, str) else bytes(body)
    return status, [(str(name).lower(), str(value)) for name, value in pairs], data
