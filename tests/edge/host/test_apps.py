"""From settings to the one app that answers: each place leads where the file says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.edge.saying import Asked, Says
from wherever.edge import serverfile
from wherever.edge.config import AppSpec
from wherever.edge.exchange import Exchange
from wherever.edge.host.apps import Apps, Around
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.edge.exchange import App

OPENER = "tests.edge.host.test_apps:open_app"
closed: list[str] = []


class Closes(Says):
    def close(self) -> None:
        closed.append(self.name)


class Keys(Says):
    """A middleware: hands on what has a key."""

    def serve(self, exchange: Exchange) -> None:
        if exchange.target.endswith(b"key"):
            exchange.next.serve(exchange)
        else:
            exchange.answer(403, [], b"no key")


class Calls(Says):
    """Answers with what `http://hidden.internal/` answers."""

    def __init__(self, name: str, around: Around) -> None:
        super().__init__(name)
        self.neighbours = around.neighbours

    def serve(self, exchange: Exchange) -> None:
        self.task = asyncio.get_running_loop().create_task(self.answer(exchange))

    async def answer(self, exchange: Exchange) -> None:
        found = await self.neighbours.call(self.name, exchange, b"hidden.internal", "GET", b"/", [])
        exchange.answer(found.status, [], await found.whole())


def open_app(spec: AppSpec, around: Around) -> App:
    if spec.what == "keys":
        return Keys(spec.name)
    return Calls(spec.name, around) if spec.what == "calls" else Closes(spec.name)


TEXT = """
[[app]]
name = "shop"
package = "says"
host = "shop.example.com"
middleware = ["keys"]
[[app]]
name = "keys"
package = "keys"
private = true
[[app]]
name = "hidden"
package = "says"
private = true
[[app]]
name = "calls"
package = "calls"
[[static]]
mount = "/files"
folder = "public"
[[redirect]]
route = "/old/:page"
to = "/new/{page}"
[[reply]]
route = "/robots.txt"
headers = { content-type = "text/plain" }
body = "User-agent: *"
methods = ["GET"]
"""


@pytest.fixture
def apps(tmp_path: Path) -> Apps:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "a.txt").write_text("a file")
    return Apps(serverfile.parse(TEXT, folder=str(tmp_path)), OPENER)


class Counting:
    """A meter that only notes what it is to count."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def observed(self, name: str, app: Any) -> Any:
        self.names.append(name)
        return app


def test_what_answers_without_a_guest_has_a_name_of_its_own(tmp_path: Path) -> None:
    for folder in ("public", "a/docs", "b/docs"):
        (tmp_path / folder).mkdir(parents=True)
    text = "".join(
        f'[[static]]\nmount = "/{number}"\nfolder = "{folder}"\n'
        for number, folder in enumerate(("public", "a/docs", "b/docs/"))
    )
    counting: Any = Counting()
    Apps(serverfile.parse(text, folder=str(tmp_path)), OPENER, counting)
    assert counting.names == ["public/", "a/docs/", "b/docs/"]


def ask(apps: Apps, target: str, host: str = "x", method: str = "GET") -> Asked:
    async def story() -> Asked:
        asked = Asked(method, target.encode(), host.encode())
        apps.router.serve(asked)
        for _ in range(100):
            if asked.started:
                break
            await asyncio.sleep(0.01)
        return asked

    return asyncio.run(story())


@pytest.mark.parametrize(
    ("target", "host", "status", "body"),
    [
        ("/a?key", "shop.example.com", 200, b"shop"),
        ("/a", "shop.example.com", 403, b"no key"),
        ("/calls/", "x", 200, b"hidden"),
        ("/hidden/", "x", 404, b"there is nothing here\n"),
        ("/", "hidden.internal", 404, b"there is nothing here\n"),
        ("/files/a.txt", "x", 200, b"a file"),
        ("/files/../a.txt", "x", 400, b"this path could be read in two ways\n"),
        ("/robots.txt", "x", 200, b"User-agent: *"),
    ],
)
def test_each_place_leads_where_the_file_says(
    apps: Apps, target: str, host: str, status: int, body: bytes
) -> None:
    asked = ask(apps, target, host)
    assert (asked.status, asked.body) == (status, body)


def test_a_redirect_carries_what_the_route_matched(apps: Apps) -> None:
    asked = ask(apps, "/old/a%20b?x")
    assert (asked.status, asked.answered["location"]) == (308, "/new/a%20b")


def test_a_method_that_is_not_taken_is_told(apps: Apps) -> None:
    asked = ask(apps, "/robots.txt", method="POST")
    assert (asked.status, asked.answered["allow"]) == (405, "GET, HEAD")


def test_apps_are_closed_with_their_worker(apps: Apps) -> None:
    closed.clear()
    apps.close()
    assert closed == ["shop", "hidden"]


def test_who_opens_no_apps_needs_nobody_to_open_them(tmp_path: Path) -> None:
    apps = Apps(serverfile.parse('[[reply]]\nroute = "/"\nbody = "x"'), "no.such:thing")
    assert ask(apps, "/").body == b"x"
    with pytest.raises(InternalError, match=r"there is no no\.such:thing: No module named 'no'"):
        Apps(serverfile.parse('[[app]]\nname = "a"\npackage = "a:a"'), "no.such:thing")
