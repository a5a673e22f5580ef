"""From words of the command line to a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.edge import what
from wherever.edge.config import AppSpec, Place, ServerConfig, Serving, StaticSpec
from wherever.edge.what import Wanted
from wherever.errors import InputError
from wherever.policy.grants import Mount


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def package(folder: str) -> None:
    Path(folder).mkdir(parents=True)
    Path(folder, "wherever.toml").write_text('[package]\nname = "a:b"\n')


WHOLE = (Place("/..."),)


def under(name: str) -> tuple[Place, ...]:
    return (Place(f"/{name}/...", mount=True),)


def test_one_package_has_the_whole_server() -> None:
    package("My Shop")
    assert what.config(Wanted(("My Shop",))) == ServerConfig(
        apps=(AppSpec("my-shop", "My Shop", WHOLE),)
    )


def test_this_folder_is_meant_where_nothing_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("shop")
    monkeypatch.chdir(here / "shop")
    assert what.config(Wanted()).apps == (AppSpec("shop", ".", WHOLE),)
    assert what.name(Wanted()) == "shop"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("tools/hello.wasm", "hello"),
        ("hello.py", "hello"),
        ("acme:web-shop@1.2.0", "web-shop"),
        ("python@3.12", "python"),
    ],
)
def test_what_is_no_folder_is_one_app(given: str, name: str) -> None:
    assert what.config(Wanted((given,))).apps == (AppSpec(name, given, WHOLE),)


def test_several_live_under_their_names() -> None:
    package("shop")
    assert what.config(Wanted(("shop", "b.wasm"))).apps == (
        AppSpec("shop", "shop", under("shop")),
        AppSpec("b", "b.wasm", under("b")),
    )


def test_a_folder_of_packages_serves_each_under_its_name(here: Path) -> None:
    for name in ("apps/shop", "apps/blog", "apps/.hidden"):
        package(name)
    Path("apps/notes").mkdir()
    Path("apps/other").mkdir()
    Path("apps/other/wherever.toml").write_text("[server]\n")
    assert what.config(Wanted(("apps",))).apps == (
        AppSpec("blog", "apps/blog", under("blog")),
        AppSpec("shop", "apps/shop", under("shop")),
    )


def test_one_package_in_a_folder_keeps_its_path_when_others_come() -> None:
    package("apps/shop")
    assert what.config(Wanted(("apps",))).apps == (AppSpec("shop", "apps/shop", under("shop")),)


def test_files_are_served_as_they_are() -> None:
    Path("public").mkdir()
    Path("public/index.html").write_text("hello")
    assert what.config(Wanted(("public",))) == ServerConfig(
        statics=(StaticSpec((Place("/...", mount=True),), "public"),)
    )
    assert what.config(Wanted(("public", "a.wasm"))).statics[0].places == under("public")


def test_a_folder_with_nothing_to_serve_says_what_would_be() -> None:
    Path("empty").mkdir()
    with pytest.raises(InputError) as caught:
        what.config(Wanted(("empty",)))
    assert str(caught.value) == (
        "empty: there is nothing to serve in this folder; a package has a wherever.toml, and"
        " files that are sent as they are an index.html"
    )


def test_the_file_of_a_package_is_no_servers_and_its_folder_is_named() -> None:
    package("shop")
    with pytest.raises(InputError) as caught:
        what.config(Wanted(("shop/wherever.toml",)))
    assert str(caught.value) == (
        "shop/wherever.toml is no server's file: it has neither [server] nor [[app]]; to serve a"
        " package, name its folder: wherever serve shop"
    )


FILE = '[server]\nlisten = "127.0.0.1:1"\nworkers = 3\n[[app]]\nname = "a"\npackage = "a:b"\n'


@pytest.mark.parametrize("given", ["site", "site/wherever.toml"])
def test_a_servers_file_says_all_but_what_the_options_say(given: str) -> None:
    Path("site").mkdir()
    Path("site/wherever.toml").write_text(FILE)
    found = what.config(Wanted((given,)))
    assert (found.listen, found.workers, found.public) == (("127.0.0.1:1",), 3, False)
    over = what.config(Wanted((given,), listen=("127.0.0.1:2",), workers=1, public=True))
    assert (over.listen, over.workers, over.public) == (("127.0.0.1:2",), 1, True)
    assert over.apps == found.apps == (AppSpec("a", "a:b", under("a")),)
    assert what.name(Wanted((given,))) == "site"


def test_grants_on_the_command_line_do_not_reach_into_a_servers_file() -> None:
    Path("wherever.toml").write_text(FILE)
    with pytest.raises(InputError) as caught:
        what.config(Wanted(files=(Mount("/", "/"),)))
    assert str(caught.value) == (
        "./wherever.toml says what its apps may reach and use; write it there, at each [[app]]"
    )


def test_a_servers_file_is_named_alone() -> None:
    Path("wherever.toml").write_text(FILE)
    with pytest.raises(InputError, match="is a whole server; name it alone"):
        what.config(Wanted(("a.wasm", "wherever.toml")))


def test_grants_and_limits_go_to_each_app() -> None:
    mount = Mount("/data", "/data", read_only=True)
    found = what.config(
        Wanted(("a.wasm", "b.wasm"), limits={"memory": "1m"}, files=(mount,), env=(("A", "b"),))
    )
    for app in found.apps:
        assert app.serving == Serving(limits={"memory": 1 << 20})
        assert (app.files, app.env) == ((mount,), (("A", "b"),))


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two apps are called a; rename one of them"):
        what.config(Wanted(("x/a.wasm", "y/a.wasm")))
