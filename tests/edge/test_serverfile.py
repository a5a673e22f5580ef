"""A server's file: read as it is written in the manual, and refused with the line of a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wherever.edge import serverfile
from wherever.edge.config import (
    LIMITS,
    STREAM,
    AppSpec,
    Place,
    RedirectSpec,
    ReplySpec,
    ServerConfig,
    Serving,
    StaticSpec,
)
from wherever.errors import InputError
from wherever.policy.grants import Mount

WHOLE = """\
[server]
name = "site"
listen = ["127.0.0.1:8080", "unix:/run/site.sock"]
workers = 2
drain = "5s"

[[app]]
name = "shop"
package = "./shop"
host = ["shop.example.com", "*.shop.example.com"]
isolation = "pool"
pool = 8
reuse = 100
concurrency = 16
queue = 0
body = "1m"
limits = { memory = "64m", timeout = "2s" }
files = ["data:/data:ro"]
env = { LEVEL = "info" }
env-from = ["SHOP_KEY"]
network = ["api.example.com:443"]
middleware = ["login"]

[[app]]
name = "login"
package = "acme:login@1.2.0"
private = true

[[app]]
name = "api"
package = "api.wasm"
route = ["/api/:version/...", "/health"]
methods = ["GET", "POST"]
body = "stream"
isolation = "actor"
key = "param:version"

[[app]]
name = "blog"
package = "../blog"

[[app]]
name = "wiki"
package = "wiki"
mount = ["/wiki", "/w/"]

[[static]]
route = "/assets/..."
folder = "assets"
cache-control = "max-age=60"

[[redirect]]
route = "/old/:page"
to = "/new/{page}"
status = 301

[[reply]]
route = "/robots.txt"
headers = { content-type = "text/plain" }
body = "User-agent: *"
"""


def test_everything_that_a_file_can_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "secret")
    (tmp_path / "assets").mkdir()
    (tmp_path / "api.wasm").write_bytes(b"")
    (tmp_path / "wherever.toml").write_text(WHOLE)
    here = str(tmp_path)
    shop = AppSpec(
        "shop",
        f"{here}/shop",
        (Place("/...", "shop.example.com"), Place("/...", "*.shop.example.com")),
        Serving(
            isolation="pool",
            pool=8,
            reuse=100,
            concurrency=16,
            queue=0,
            body=1 << 20,
            limits={"memory": 64 << 20, "timeout": 2.0},
        ),
        (Mount(f"{here}/data", "/data", read_only=True),),
        (("LEVEL", "info"), ("SHOP_KEY", "secret")),
        ("api.example.com:443",),
        ("login",),
    )
    methods = ("GET", "POST")
    expected = ServerConfig(
        "site",
        ("127.0.0.1:8080", "unix:/run/site.sock"),
        2,
        drain=5.0,
        apps=(
            shop,
            AppSpec("login", "acme:login@1.2.0"),
            AppSpec(
                "api",
                f"{here}/api.wasm",
                (Place("/api/:version/...", "", methods), Place("/health", "", methods)),
                Serving(isolation="actor", key="param:version", body=STREAM),
            ),
            AppSpec("blog", f"{here}/../blog", (Place("/blog/...", mount=True),)),
            AppSpec("wiki", "wiki", (Place("/wiki/...", mount=True), Place("/w/...", mount=True))),
        ),
        statics=(
            StaticSpec(
                (Place("/assets/...", mount=True),),
                f"{here}/assets",
                cache_control="max-age=60",
            ),
        ),
        redirects=(RedirectSpec((Place("/old/:page"),), "/new/{page}", 301),),
        replies=(
            ReplySpec(
                (Place("/robots.txt"),), 200, (("content-type", "text/plain"),), "User-agent: *"
            ),
        ),
    )
    found = serverfile.read(tmp_path / "wherever.toml")
    assert found == expected
    # As it crosses to the workers.
    assert ServerConfig.of_json(json.loads(json.dumps(found.to_json()))) == expected


APP = '[[app]]\nname = "a"\npackage = "a:a"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[serer]", "f:1: serer: there is no such key; did you mean server?"),
        (
            "[server]\nport = 1",
            "f:2: server.port: there is no such key; keys here are: name, listen",
        ),
        ("[server]\nworkers = -1", "f:2: server.workers is not between 0 and 256"),
        ("[server]\nworkers = true", "f:2: server.workers is true, not a whole number"),
        ("[server]\ndrain = 'soon'", "f:2: server.drain: 'soon' is not a time; write it like"),
        ("[[app]]\npackage = 'a'", "f:1: app[0] has no name; add name = ..."),
        (
            "[[app]]\nname = 'a'",
            'f:1: app[0] (a) has no package; add package = "./FOLDER", or a file or name',
        ),
        ("[[app]]\nname = 'A b'\npackage='a'", "f:2: app[0].name: 'A b' is not a name; use a-z"),
        (
            "[[app]]\nname = 'next'\npackage='a'",
            "f:1: app[0]: no app can be called next; that is who",
        ),
        (
            APP + "routes = '/'",
            "f:4: app[0].routes: there is no such key; did you mean app[0].route?",
        ),
        (APP + "route = 'x'", "f:4: app[0].route: 'x' is not a route; write it like /about"),
        (APP + "route = [1]", "f:4: app[0].route[0] is the number 1, not text; put it in quotes"),
        (APP + "mount = '/:x'", "f:4: app[0].mount: '/:x' is no place for a mount; write it like"),
        (APP + "host = 'a.b:80'", "f:4: app[0].host: 'a.b:80' is not the name of a host; write"),
        (APP + "methods = ['get']", "f:4: app[0].methods[0]: 'get' is not a method; write it like"),
        (APP + "private = true\nroute='/'", "f:5: app[0].route does not go with private; leave"),
        (APP + "isolation = 'none'", "f:4: app[0].isolation: 'none' is none; write fresh or pool"),
        (APP + "isolation = 'actor'", "f:4: app[0].isolation needs key; write isolation = "),
        (APP + "key = 'client'", "f:4: app[0].key needs isolation; write isolation = "),
        (APP + "isolation = 'actor'\nkey = 'ip'", "f:5: app[0].key: 'ip' is no key; write client"),
        (APP + "body = 'much'", "f:4: app[0].body: 'much' is not a size; write it like 64m"),
        (APP + "body = [1]", "f:4: app[0].body is a list, not a size; write it like 64m"),
        (APP + "pool = 0", "f:4: app[0].pool is not between 1 and 10000"),
        (APP + "limits = {memory = 'x'}", "f:4: app[0].limits.memory: 'x' is not a size; write"),
        (APP + "limits = {wall = 1}", "f:4: app[0].limits.wall: there is no such key; keys here"),
        (APP + "network = ['*']", "f:4: app[0].network[0]: '*' is not a rule for the network: all"),
        (APP + "files = [':/x']", "f:4: app[0].files[0]: ':/x' is not a folder to grant; write"),
        (APP + "env-from = ['NOT_SET_HERE']", "f:4: app[0].env-from[0]: the variable NOT_SET_HERE"),
        (
            APP + "middleware = ['b']",
            "f:1: app[0]: the app a has the middleware b, which is no app here; the",
        ),
        (
            APP + "middleware = ['a']",
            "f:1: app[0]: a is a middleware of a, and has one itself; write all of",
        ),
        (
            APP + APP.replace("'a'", "'b'").replace('"a"', '"b"') + "mount = '/a'",
            "f:4: app[1]: two answer /a/...; give one of them another route",
        ),
        (APP + "private = true\n" + APP, "f:5: app[1]: two apps are called a; rename one of them"),
        (
            APP + "isolation = 'fresh'\nreuse = 5",
            'f:5: app[0].reuse does not go with isolation = "fresh", which uses an instance once',
        ),
        (
            APP + "route = '/x/:y'\n[[reply]]\nroute = '/x/:z'",
            "f:5: reply[0]: two answer /x/:z; give one of them another route",
        ),
        ("[[static]]\nfolder = 'nowhere'", "f:2: static[0].folder: there is no folder /"),
        ("[[redirect]]\nroute = '/x'", "f:1: redirect[0] has no to; add to = ..."),
        ("[[redirect]]\nto = '/x'", 'f:1: redirect[0] has no route; add route = "/..."'),
        (
            "[[redirect]]\nroute = '/x'\nto = '//evil.example'",
            "f:3: redirect[0].to: '//evil.example' is not an address; begin it with / or https://",
        ),
        (
            "[[redirect]]\nroute = '/x'\nto = 'javascript:1'",
            "f:3: redirect[0].to: 'javascript:1' is not an address; begin it with / or https://",
        ),
        (
            "[[redirect]]\nroute = '/x'\nto = '/y'\nstatus = 304",
            "f:4: redirect[0].status: 304 leads nowhere; write one of 301, 302, 303, 307, 308",
        ),
        (
            "[[redirect]]\nroute = '/x/:name'\nto = '/{nmae}{query}'",
            "f:3: redirect[0].to: {nmae} is no parameter of /x/:name; write :nmae in the route, or",
        ),
        (
            "[[redirect]]\nroute = '/x'\nto = '/{'",
            "f:3: redirect[0].to: '/{' is not an address; write it like /new/{name}{query}",
        ),
        ("[server]\nstatus = '0.0.0.0:1'", "f:2: server.status: 0.0.0.0:1 is reached from other"),
        ("[server]\nstatus = 'https://[::1]:1'", "f:2: server.status: https://[::1]:1: the status"),
        ("[server]\nstatus = 'unix:/x'", "f:2: server.status: unix:/x: no browser opens that; w"),
        ("[[reply]]\nroute = '/x'\nstatus = 99", "f:3: reply[0].status is not between 200 and 599"),
        (
            "[[reply]]\nroute = '/x'\nheaders = {\"X-A\" = 'b'}",
            "f:3: reply[0].headers.X-A: 'X-A' is not the name of a header; write it in lower",
        ),
        (
            "[[reply]]\nroute = '/x'\nheaders = {a = \"b\\r\\nset-cookie: x\"}",
            "f:3: reply[0].headers.a: it is not the value of a header; write one line of plain",
        ),
        ("", "f: there is nothing to serve; name a package, or write [[app]]"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        serverfile.parse(text, "f")
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("named", "means"),
    [
        ("shop.wasm", "/srv/shop.wasm"),
        ("shop.wat", "/srv/shop.wat"),
        ("./shop", "/srv/shop"),
        ("../shop", "/srv/../shop"),
        ("apps/shop", "/srv/apps/shop"),
        ("/apps/shop", "/apps/shop"),
        ("shop", "shop"),
        ("acme:shop@1.0.0", "acme:shop@1.0.0"),
    ],
)
def test_a_path_begins_at_the_file_even_where_nothing_is_there_yet(named: str, means: str) -> None:
    found = serverfile.parse(f'[[app]]\nname = "a"\npackage = "{named}"\n', folder="/srv")
    assert found.apps[0].what == means


# ----- [serve] of a package


def test_what_the_operator_says_comes_before_what_the_package_says() -> None:
    package = serverfile.serve_table(
        {"isolation": "pool", "pool": 2, "limits": {"timeout": "1s", "memory": "8m"}}, "tool"
    )
    app = Serving(pool=6, limits={"memory": 32 << 20})
    assert app.over(package) == Serving(
        isolation="pool", pool=6, limits={"timeout": 1.0, "memory": 32 << 20}
    )


def test_a_mistake_in_a_package_is_told_with_its_name() -> None:
    with pytest.raises(InputError) as caught:
        serverfile.serve_table({"isolaton": "pool"}, "acme:tool")
    assert str(caught.value) == (
        "acme:tool: serve.isolaton: there is no such key; did you mean serve.isolation?"
    )


def test_nothing_said_has_safe_limits() -> None:
    serving, limits = AppSpec("a", "a").settled()
    assert (limits.memory, limits.timeout, limits.cpu_time) == (128 << 20, 30.0, 5.0)
    assert (serving.body, serving.concurrency, serving.queue) == (10 << 20, 64, 256)


def test_who_says_how_often_an_instance_is_used_wants_it_used_again() -> None:
    def isolation(**said: Any) -> str | None:
        return AppSpec("a", "a", serving=Serving(**said)).settled()[0].isolation

    assert (isolation(), isolation(queue=1)) == (None, None)
    assert (isolation(reuse=100), isolation(pool=8)) == ("pool", "pool")
    assert isolation(isolation="actor", key="client", pool=8) == "actor"


def test_a_package_can_narrow_its_limits_and_not_widen_them() -> None:
    _, limits = AppSpec("a", "a").settled({"memory": 1 << 20, "timeout": 3600.0, "fuel": 10})
    assert limits == LIMITS.but(memory=1 << 20, fuel=10)
    wider = AppSpec("a", "a", serving=Serving(limits={"timeout": 60.0}))
    assert wider.settled({"timeout": 1.0})[1].timeout == 60.0
