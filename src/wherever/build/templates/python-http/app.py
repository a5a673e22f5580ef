"""Answers HTTP requests: a page, an echo, and nothing else."""

from html import escape
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

PAGE = """\
<!doctype html>
<title>Hello</title>
<h1>Hello, {name}!</h1>
<p>{method} {path}</p>
"""
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Any app of WSGI does, and any of ASGI: `app = Flask(__name__)`, `app = Starlette(...)`."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if path == "/":
        status, kind, body = "200 OK", HTML, page(method, path, environ["QUERY_STRING"])
    elif path == "/echo" and method == "POST":
        status, kind, body = "200 OK", TEXT, environ["wsgi.input"].read()
    else:
        status, kind, body = "404 Not Found", TEXT, b"Not found\n"
    start_response(status, [("Content-Type", kind)])
    return [body]


def page(method: str, path: str, query: str) -> bytes:
    """What visitors see."""
    name = parse_qs(query, keep_blank_values=True).get("name", [""])[0] or "World"
    # What a visitor has sent is escaped wherever it stands in HTML.
    return PAGE.format(name=escape(name), method=escape(method), path=escape(path)).encode()
