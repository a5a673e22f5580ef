"""Routes: the app that is chosen is the one that a slow and obvious matcher would choose."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.saying import Asked, Says
from wherever.edge.routing import MOST_KNOWN, Router
from wherever.errors import InputError


def ask(router: Router, target: str, host: str = "", method: str = "GET") -> tuple[int, str]:
    """The status, and who answered, or our words."""
    asked = Asked(method, target.encode(), host.encode())
    router.serve(asked)
    return asked.status, asked.body.decode().rstrip("\n")


def routed(*routes: str, **options: bool) -> Router:
    router = Router()
    for route in routes:
        router.add(route, Says(route), **options)
    return router


# ----- paths

SITE = routed("/", "/about", "/users/:id", "/users/me", "/users/:id/...", "/files/...", "/a b")


@pytest.mark.parametrize(
    ("path", "answered"),
    [
        ("/", "/"),
        ("/?q=1", "/"),
        ("/about", "/about"),
        ("/about?x=/users/me", "/about"),
        ("/%61bout", "/about"),
        ("/users/me", "/users/me"),
        ("/users/m%65", "/users/me"),
        ("/users/7", "/users/:id id=7"),
        ("/users/a%2Fb", "/users/:id id=a/b"),
        ("/users/%C3%A9", "/users/:id id=é"),
        ("/users/me/x", "/users/:id/... id=me"),
        ("/users/7/", "/users/:id/... id=7"),
        ("/files", "/files/..."),
        ("/files/", "/files/..."),
        ("/files/a/b.txt", "/files/..."),
        ("/files//a", "/files/..."),
        ("/files/a..b/.hidden/...", "/files/..."),
        ("/a%20b", "/a b"),
    ],
)
def test_the_most_particular_route_answers(path: str, answered: str) -> None:
    assert ask(SITE, path) == (200, answered)


@pytest.mark.parametrize("path", ["/About", "/about/", "/users", "/users/", "/filesystem", "/x"])
def test_what_no_route_fits_is_404(path: str) -> None:
    assert ask(SITE, path) == (404, "there is nothing here")


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//evil.example/files/a",
        "/files/../about",
        "/files/./a",
        "/files/..",
        "/files/%2e%2e/about",
        "/files/.%2E/about",
        "/files/..%2fabout",
        "/files/a%2f..%2f..%2fabout",
        "/files/..%5cabout",
        "/files/..;/about",
        "/files/..\\about",
        "/files\\a",
        "/files/%00",
        "/files/%0d%0aset-cookie:x",
        "/files/%7f",
        "/files/%",
        "/files/%4",
        "/files/%zz",
        "/files/%ff",
        "/files/é",
        "*",
        "",
        "about",
    ],
)
def test_a_path_that_could_be_read_in_two_ways_is_refused(path: str) -> None:
    assert ask(SITE, path) == (400, "this path could be read in two ways")


def test_the_rest_of_a_path_can_have_a_name() -> None:
    assert ask(routed("/files/:path..."), "/files/a%20b/c") == (200, "/files/:path... path=a b/c")


def test_a_server_is_asked_what_it_can_do() -> None:
    assert ask(SITE, "*", method="OPTIONS") == (204, "")


# ----- methods


def test_a_method_that_no_route_takes_is_told_which_are() -> None:
    router = Router()
    router.add("/x", Says("read"), methods=["GET"])
    router.add("/x", Says("write"), methods=["PUT", "DELETE"])
    assert ask(router, "/x") == (200, "read")
    assert ask(router, "/x", method="HEAD") == (200, "read")
    assert ask(router, "/x", method="DELETE") == (200, "write")
    asked = Asked("POST", b"/x")
    router.serve(asked)
    assert (asked.status, asked.answered["allow"]) == (405, "GET, HEAD, DELETE, PUT")


# ----- hosts


def hosts() -> Router:
    router = Router()
    router.add("/...", Says("any"))
    router.add("/status", Says("status"))
    router.add("/...", Says("under"), host="*.example.com")
    router.add("/...", Says("deeper"), host="*.eu.example.com")
    router.add("/shop/...", Says("shop"), host="shop.example.com")
    return router


@pytest.mark.parametrize(
    ("host", "path", "answered"),
    [
        ("", "/", "any"),
        ("other.org", "/", "any"),
        ("other.org", "/status", "status"),
        ("example.com", "/", "any"),
        ("www.example.com", "/", "under"),
        ("www.example.com", "/status", "under"),
        ("a.b.example.com", "/", "under"),
        ("a.eu.example.com", "/", "deeper"),
        ("shop.example.com", "/shop/1", "shop"),
        ("shop.example.com", "/1", "under"),
        ("SHOP.Example.COM.:8443", "/shop/1", "shop"),
        ("[::1]:80", "/", "any"),
        ("127.0.0.1:8080", "/", "any"),
    ],
)
def test_the_host_decides_before_the_path(host: str, path: str, answered: str) -> None:
    assert ask(hosts(), path, host) == (200, answered)


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "a@b", "a:b", "a:80:80", "[::1", "é", "a,b", "x" * 300]
)
def test_what_is_no_host_is_refused(host: str) -> None:
    assert ask(hosts(), "/", host) == (400, "this is not the name of a host")


def test_what_strangers_make_up_is_not_kept_for_ever() -> None:
    router = hosts()
    for number in range(MOST_KNOWN + 10):
        assert ask(router, "/", f"h{number}.example.com") == (200, "under")
    assert len(router._known) <= MOST_KNOWN


# ----- mounts


def mounted() -> Router:
    router = Router()
    router.add("/shop/...", Says("shop"), mount=True)
    router.add("/a b/c/...", Says("deep"), mount=True)
    return router


@pytest.mark.parametrize(
    ("target", "seen", "prefix"),
    [
        ("/shop/", "/", "/shop"),
        ("/shop/cart?x=1/2", "/cart?x=1/2", "/shop"),
        ("/sh%6fp/a%2fb", "/a%2fb", "/shop"),
        ("/a%20b/c/d", "/d", "/a%20b/c"),
    ],
)
def test_a_mounted_app_sees_what_is_under_its_place(target: str, seen: str, prefix: str) -> None:
    asked = Asked("GET", target.encode(), headers=[(b"x-forwarded-prefix", b"/evil")])
    mounted().serve(asked)
    assert (asked.status, asked.target.decode()) == (200, seen)
    assert asked.headers == [(b"x-forwarded-prefix", prefix.encode())]


def test_a_mount_itself_leads_into_it() -> None:
    asked = Asked("GET", b"/shop?x=//evil.example")
    mounted().serve(asked)
    assert (asked.status, asked.answered["location"]) == (308, "/shop/?x=//evil.example")


def test_a_mounted_app_never_sees_a_path_that_names_another_host() -> None:
    assert ask(mounted(), "/shop//evil.example/") == (400, "this path could be read in two ways")


def test_a_prefix_of_the_clients_own_making_reaches_no_app() -> None:
    asked = Asked("GET", b"/about", headers=[(b"x-forwarded-prefix", b"/evil"), (b"a", b"b")])
    SITE.serve(asked)
    assert asked.headers == [(b"a", b"b")]


# ----- bodies


def test_how_long_a_body_may_be_is_the_apps_to_say() -> None:
    class Takes(Says):
        def __init__(self, most: object) -> None:
            super().__init__("takes")
            self.max_body = most

    router = Router()
    router.add("/any/...", Takes(None), mount=True)
    router.add("/little/:x", Takes(7), methods=["PUT"])
    router.add("/asked", Takes(lambda exchange: len(exchange.method)))
    router.add("/...", Says("silent"))
    asked = {path: router.max_body(Asked("PUT", path)) for path in (
        b"/any/x?y", b"/little/x", b"/asked", b"/else", b"/a/../b")}  # fmt: skip
    assert asked == {
        b"/any/x?y": None, b"/little/x": 7, b"/asked": 3, b"/else": 10 << 20, b"/a/../b": 10 << 20
    }  # fmt: skip
    assert router.max_body(Asked("POST", b"/little/x")) == 10 << 20


# ----- what cannot be a route


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("about", "'about' is not a route; write it like /about, /users/:id or /files/..."),
        ("/a?b", "'/a?b' is not a route; write it like /about, /users/:id or /files/..."),
        ("/:", "'/:': ':' is not a parameter; write it like :id"),
        ("/:a/:a", "'/:a/:a' has a parameter twice; give each a name of its own"),
        (
            "/.../a",
            "'/.../a': '...' cannot be a part of a route; write it decoded, without dots alone,"
            " and /... only at the end",
        ),
        ("/a/x...", "'/a/x...': 'x...' is not the rest of a path; write /... alone"),
        ("//a", "'//a' begins with two slashes; begin it with one"),
    ],
)
def test_what_is_no_route_is_told_in_words(route: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        routed(route)
    assert str(caught.value) == words


def test_two_apps_at_one_place_are_refused() -> None:
    with pytest.raises(InputError, match=r"^two answer /users/:name; give one of them another"):
        routed("/users/:id", "/users/:name")


# ----- the same as a slow matcher

PARTS = st.sampled_from(["a", "b", "a b", ":x", ""])
ROUTES = st.lists(
    st.builds(
        lambda parts, rest: "/" + "/".join([*parts, *rest]),
        st.lists(PARTS, max_size=3),
        st.sampled_from([[], ["..."]]),
    ).map(lambda route: re.sub(r":x", lambda found: f":p{found.start()}", route)),
    max_size=6,
    unique_by=lambda route: re.sub(r":p\d+", ":", route),
).map(lambda routes: [each for each in routes if not each.startswith("//")])
PATHS = st.lists(st.sampled_from(["a", "b", "a b", "c", ""]), min_size=1, max_size=4)


def slow(routes: list[str], path: str) -> str | None:
    """The route that fits, of several the one whose parts are the more particular."""

    def rank(route: str) -> list[int]:
        return [2 if p == "..." else 1 if p[:1] == ":" else 0 for p in route[1:].split("/")]

    def fits(route: str) -> bool:
        pattern = re.escape(route).replace(r"/\.\.\.", "(/.*)?")
        return re.fullmatch(re.sub(r":p\d+", "[^/]+", pattern), path) is not None

    # Of two that fit, one that ends where the other goes on has nothing there: it comes first.
    fitting = sorted((each for each in routes if fits(each)), key=rank)
    return fitting[0] if fitting else None


@given(ROUTES, PATHS)
def test_the_choice_is_that_of_a_slow_matcher(routes: list[str], parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    if path.startswith("//"):
        return
    status, said = ask(routed(*routes), quote(path))
    expected = slow(routes, path)
    assert (status, said.partition(" p")[0]) == (
        (200, expected) if expected else (404, "there is nothing here")
    )


@given(st.binary(max_size=40))
def test_no_bytes_break_the_router(path: bytes) -> None:
    asked = Asked("GET", b"/" + path)
    routed("/...").serve(asked)
    assert asked.status in (200, 400)
    if asked.status == 200:
        found = unquote(path.partition(b"?")[0].decode())
        assert not {".", ".."} & set(re.split(r"[/\\]", found))
