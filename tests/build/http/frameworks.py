"""Frameworks of others, unmodified, each as a site that is asked a few things.

`scripts/conformance languages` runs these: the packages come from the registries.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wherever
from tests.build.http.answers import ask
from wherever.build import building, project

ROOT = Path(__file__).resolve().parents[3]

MANIFEST = """[package]
name = "lab:site"
version = "0.1.0"
kind = "library"

[build]
language = "{language}"
main = "{main}"
world = "wherever:http/site"
"""

FLASK = """
from flask import Flask, jsonify, request, session
app = Flask(__name__)
app.secret_key = "for signing"

@app.get("/hello/<name>")
def hello(name):
    session["seen"] = name
    return f"Hello {name} {request.args.get('q')}"

@app.post("/json")
def told():
    return jsonify(got=request.get_json())

@app.get("/fail")
def fail():
    raise RuntimeError("own")
"""

BOTTLE = """
import bottle
app = bottle.default_app()

@bottle.get("/hello/<name>")
def hello(name):
    return f"Hello {name} {bottle.request.query.q}"

@bottle.post("/json")
def told():
    return {"got": bottle.request.json}

@bottle.get("/fail")
def fail():
    raise RuntimeError("own")
"""

DJANGO = """
import json

from django.conf import settings
settings.configure(SECRET_KEY="for signing", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"])
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path

def hello(request, name):
    return HttpResponse(f"Hello {name} {request.GET.get('q')}")

def told(request):
    return JsonResponse({"got": json.loads(request.body)})

def fail(request):
    raise RuntimeError("own")

urlpatterns = [path("hello/<name>", hello), path("json", told), path("fail", fail)]
application = get_wsgi_application()
"""

STARLETTE = """
import contextlib

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

async def hello(request):
    async def pieces():
        for each in ("Hello ", request.path_params["name"], request.state.between):
            yield each
        yield request.query_params["q"]
    return StreamingResponse(pieces())

async def told(request):
    return JSONResponse({"got": await request.json()})

def fail(request):  # in a thread, where there are any
    raise RuntimeError("own")

@contextlib.asynccontextmanager
async def lifespan(app):
    yield {"between": " "}

routes = [
    Route("/hello/{name}", hello), Route("/json", told, methods=["POST"]), Route("/fail", fail),
]
app = Starlette(routes=routes, lifespan=lifespan)
"""

HONO = """
import { Hono } from "hono";
const app = new Hono();
app.get("/hello/:name", (c) => c.text(`Hello ${c.req.param("name")} ${c.req.query("q")}`));
app.post("/json", async (c) => c.json({ got: await c.req.json() }));
app.get("/fail", () => { throw new RangeError("own"); });
export default app;
"""

FRAMEWORKS = {
    "flask": ("python", FLASK, "flask==3.1.3\n"),
    "bottle": ("python", BOTTLE, "bottle==0.13.4\n"),
    "django": ("python", DJANGO, "django==5.2.8\n"),
    "starlette": ("python", STARLETTE, "starlette==0.50.0\n"),
    "hono": ("javascript", HONO, '{"dependencies": {"hono": "4.10.6"}}\n'),
}
"""Each with its language, the site, and what names the packages."""


def cases() -> Iterator[tuple[str, str]]:
    """Each framework, and what went wrong with it, or nothing."""
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    for name in FRAMEWORKS:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sites/{name}", _wrong(Path(folder), name)


def _wrong(folder: Path, name: str) -> str:
    language, source, packages = FRAMEWORKS[name]
    main, listed = (
        ("app.py", "requirements.txt") if language == "python" else ("site.js", "package.json")
    )
    (folder / "wherever.toml").write_text(MANIFEST.format(language=language, main=main))
    (folder / main).write_text(source)
    (folder / listed).write_text(packages)
    try:
        made = building.build(project.find(folder), lambda text: None)
        with wherever.load(made.wasm, memory="512m") as site:
            return _answers(site)
    except wherever.WhereverError as error:
        return str(error)


def _answers(site: Any) -> str:
    """What is wrong with the answers, or nothing."""
    json = [("content-type", "application/json")]
    for _ in range(2):
        for method, target, body, headers, status, wanted in (
            ("GET", "/hello/Ada?q=x+%C3%A9", b"", [], 200, "Hello Ada x é"),
            ("POST", "/json", b'{"a":[1]}', json, 200, '{"got":{"a":[1]}}'),
            ("GET", "/none", b"", [], 404, None),
            ("GET", "/fail", b"", [], 500, None),
        ):
            got, _, answer = ask(site, method, target, body, headers)
            text = answer.decode()
            if got != status:
                return f"{target} was answered with {got}: {text[:200]}"
            if wanted is not None and text.replace(" ", "").strip() != wanted.replace(" ", ""):
                return f"{target} was answered with {text[:200]}"
            if "own" in text.lower().replace("unknown", ""):
                return f"{target} told a visitor of an error: {text[:200]}"
    return ""
