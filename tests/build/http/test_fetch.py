"""What a site in JavaScript has of the web is as it is in Node, and a module is answered for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import wherever
from tests.build.http.answers import ask
from wherever.build import building
from wherever.build import project as projects
from wherever.build.javascript import componentizing
from wherever.errors import InputError

pytestmark = pytest.mark.timeout(120)

HERE = Path(__file__).resolve().parent
MANIFEST = """[package]
name = "lab:site"
version = "0.1.0"
kind = "library"

[build]
language = "javascript"
main = "site.js"
world = "wherever:http/site"
"""
FAILED = (500, [("content-type", "text/plain; charset=utf-8")], b"Internal Server Error\n")


def built(folder: Path, source: str) -> Path:
    """A site of a module."""
    (folder / "wherever.toml").write_text(MANIFEST)
    (folder / "site.js").write_text(source)
    return building.build(projects.find(folder), lambda text: None).wasm


def test_requests_and_answers_are_what_they_are_in_node(project: Path, fresh_home: Path) -> None:
    source = (HERE / "agreement.js").read_text()
    (project / "node.mjs").write_text(
        'import site from "./site.mjs";\nconsole.log(await (await site.fetch()).text());\n'
    )
    (project / "site.mjs").write_text(source)
    told = subprocess.run(
        [componentizing.node(), project / "node.mjs"], capture_output=True, check=True
    )
    with wherever.load(built(project, source), memory="256m") as site:
        status, _, body = ask(site, "GET", "/")
    in_node, in_site = json.loads(told.stdout), json.loads(body)
    assert status == 200
    assert {name: in_site[name] for name in in_node} == in_node


SITE = """
let count = 0;
export async function fetch(request, env, context) {
  const { pathname } = new URL(request.url);
  if (pathname === "/count") return new Response(`${++count}`);
  if (pathname === "/throw") throw new Error("own");
  if (pathname === "/none") return;
  if (pathname === "/never") return new Promise(() => {});
  if (pathname === "/later") {
    context.waitUntil(Promise.resolve().then(() => console.error("after")));
    context.waitUntil(Promise.reject(new Error("after that")));
    return new Response("now");
  }
  return Response.json({
    method: request.method,
    url: request.url,
    headers: [...request.headers],
    body: await request.text(),
    env: Object.keys(env),
    client: context.client,
    params: context.params,
  });
}
"""


def test_a_module_is_asked_and_what_goes_wrong_is_answered(project: Path, fresh_home: Path) -> None:
    with wherever.load(built(project, SITE), memory="256m") as site:
        status, headers, body = ask(
            site, "POST", "/a%20b/\xe9?x=1", b"hi", [("x-a", "1"), ("x-a", "\xe9")], [("id", "7")]
        )
        assert (status, headers) == (200, [("content-type", "application/json")])
        assert json.loads(body) == {
            "method": "POST",
            "url": "http://localhost:8080/a%20b/%E9?x=1",
            "headers": [["host", "localhost:8080"], ["x-a", "1, \xe9"]],
            "body": "hi",
            "env": [],
            "client": "127.0.0.1",
            "params": {"id": "7"},
        }
        for target in ("/throw", "/none", "/never"):
            assert ask(site, "GET", target) == FAILED
        assert [ask(site, "GET", "/count")[2] for _ in range(2)] == [b"1", b"2"]
        assert ask(site, "GET", "/later")[2] == b"now"
        assert ask(site, "OPTIONS", "*")[0] == 400
        lines = site.stderr.decode().splitlines()
    told = [line for line in lines if not line.startswith("    at ")]
    assert told == [
        "Uncaught Error: own",
        "Uncaught [TypeError: fetch gave undefined, and no Response]",
        "Uncaught [Error: a promise never came to its end]",
        "after",
        "Uncaught Error: after that",
    ]


@pytest.mark.parametrize("source", ["export const other = 1;", "export function get() {}"])
def test_a_module_that_answers_nothing_is_refused(project: Path, source: str) -> None:
    with pytest.raises(InputError) as caught:
        built(project, source)
    assert str(caught.value).startswith("site.js exports no fetch; write export default { fetch(")
