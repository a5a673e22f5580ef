"""Versions of apps: what is served is a copy, and an earlier one can come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.package.making import package
from wherever.edge.config import AppSpec, ServerConfig, Serving
from wherever.edge.host.versions import MOST, Versions, history_of
from wherever.errors import InputError, NotFound
from wherever.package import layout, shelf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


@pytest.fixture
def serving(folder: Path) -> Callable[..., Versions]:
    """The versions of a server of one app, served for the first time."""

    def make(what: Path | str) -> Versions:
        config = ServerConfig(apps=(AppSpec("app", str(what)),))
        versions = Versions(str(folder), lambda: config)
        versions.activated(versions.load())
        return versions

    return make


def served(config: ServerConfig) -> bytes:
    return Path(config.apps[0].what).read_bytes()


def test_a_copy_is_served_whatever_becomes_of_the_file(
    serving: Callable[..., Versions], tmp_path: Path
) -> None:
    file = tmp_path / "a.wasm"
    file.write_bytes(b"one")
    versions = serving(file)
    first = versions.load()
    file.write_bytes(b"two")
    assert served(first) == b"one"
    assert Path(first.apps[0].what).name == "a.wasm"
    assert served(versions.load()) == b"two"


def test_versions_go_back_and_forth(
    serving: Callable[..., Versions], tmp_path: Path, folder: Path
) -> None:
    file = tmp_path / "a.wasm"
    file.write_bytes(b"one")
    versions = serving(file)
    for text in (b"two", b"three"):
        (tmp_path / "b.wasm").write_bytes(text)
        versions.activated(versions.deploy("app", str(tmp_path / "b.wasm")))
    history = history_of(str(folder))["app"]
    assert [each.what for each in history] == [
        str(file), str(tmp_path / "b.wasm"), str(tmp_path / "b.wasm")
    ]  # fmt: skip
    for expected in (b"two", b"one"):
        back = versions.rollback("app")
        versions.activated(back)
        assert served(back) == expected
    with pytest.raises(NotFound, match="app has no version before this one"):
        versions.rollback("app")
    forth = versions.rollback("app", history[2].short)
    assert served(forth) == b"three"
    with pytest.raises(NotFound, match="app has no version ffff; see: wherever versions"):
        versions.rollback("app", "ffff")
    assert history_of(str(folder))["app"] == history


def test_what_fails_to_deploy_changes_nothing(
    serving: Callable[..., Versions], tmp_path: Path, folder: Path
) -> None:
    file = tmp_path / "a.wasm"
    file.write_bytes(b"one")
    versions = serving(file)
    before = history_of(str(folder))
    with pytest.raises(NotFound):
        versions.deploy("app", str(tmp_path / "nowhere.wasm"))
    with pytest.raises(NotFound, match="this server has no app called shop; the apps are: app"):
        versions.deploy("shop", str(file))
    assert history_of(str(folder)) == before


def test_a_version_whose_workers_did_not_begin_was_never_served(
    tmp_path: Path, folder: Path
) -> None:
    """It is not remembered with the next one of another app, either."""
    for name in ("one", "two", "broken", "more"):
        (tmp_path / name).write_text(name)
    apps = (AppSpec("a", str(tmp_path / "one")), AppSpec("b", str(tmp_path / "two")))
    versions = Versions(str(folder), lambda: ServerConfig(apps=apps))
    versions.activated(versions.load())
    versions.deploy("a", str(tmp_path / "broken"))
    versions.activated(versions.deploy("b", str(tmp_path / "more")))
    found = {
        name: [Path(each.path).name for each in known]
        for name, known in history_of(str(folder)).items()
    }
    assert found == {"a": ["one"], "b": ["two", "more"]}


def test_old_versions_are_forgotten(
    serving: Callable[..., Versions], tmp_path: Path, folder: Path
) -> None:
    file = tmp_path / "a.wasm"
    file.write_bytes(b"0")
    versions = serving(file)
    for number in range(1, MOST + 3):
        file.write_bytes(f"{number}".encode())
        versions.activated(versions.load())
    kept = history_of(str(folder))["app"]
    assert [Path(each.path).read_text() for each in kept] == [
        str(number) for number in range(3, MOST + 3)
    ]
    assert len(list((folder / "kept").iterdir())) == MOST


def built(folder: Path, version: str, more: str = "") -> None:
    """A package's folder as `wherever build` leaves it."""
    folder.mkdir(exist_ok=True)
    (folder / "wherever.toml").write_text('[package]\nname = "acme:tool"\n')
    layout.write(folder / "build" / "package", package(version, more=more), alone=True)


def test_a_package_is_copied_whole_with_what_it_says_of_serving(
    serving: Callable[..., Versions], tmp_path: Path, folder: Path
) -> None:
    built(tmp_path / "tool", "1.0.0", '[serve]\nisolation = "pool"\npool = 7\n')
    versions = serving(tmp_path / "tool")
    shutil.rmtree(tmp_path / "tool")
    kept = history_of(str(folder))["app"][0]
    assert str(layout.read(kept.path).manifest.version) == "1.0.0"
    built(tmp_path / "tool", "1.0.1", '[serve]\nisolation = "pool"\npool = 8\n')
    app = versions.load().apps[0]
    assert app.serving == Serving(isolation="pool", pool=8)
    assert str(layout.read(app.what).manifest.version) == "1.0.1"


def test_each_version_is_served_as_its_own_package_says(
    serving: Callable[..., Versions], tmp_path: Path
) -> None:
    built(tmp_path / "one", "1.0.0", '[serve]\nisolation = "pool"\npool = 7\n')
    built(tmp_path / "two", "2.0.0", "[serve]\nqueue = 8\n")
    versions = serving(tmp_path / "one")
    second = versions.deploy("app", str(tmp_path / "two"))
    versions.activated(second)
    first = versions.rollback("app")
    assert [each.apps[0].serving for each in (first, second)] == [
        Serving(isolation="pool", pool=7),
        Serving(queue=8),
    ]


def test_a_package_of_the_shelf_stays_when_it_is_removed_there(
    serving: Callable[..., Versions], fresh_home: Path, folder: Path
) -> None:
    entry = shelf.put(package("2.0.0"))
    serving("acme:tool")
    shelf.remove(entry.name, entry.version)
    shelf.prune()
    kept = history_of(str(folder))["app"][0]
    assert (kept.what, str(layout.read(kept.path).manifest.version)) == ("acme:tool", "2.0.0")


def test_a_package_that_asks_for_what_there_is_not_is_refused(
    serving: Callable[..., Versions], tmp_path: Path
) -> None:
    built(tmp_path / "tool", "1.0.0", '[serve]\nisolaton = "pool"\n')
    with pytest.raises(InputError) as caught:
        serving(tmp_path / "tool")
    assert str(caught.value) == (
        "app: the manifest of acme:tool: serve.isolaton: there is no such key;"
        " did you mean serve.isolation?"
    )


def test_a_history_that_was_damaged_is_none(folder: Path) -> None:
    for text in ("", "[]", '{"a": 1}', '{"a": [[1]]}'):
        (folder / "versions.json").write_text(text)
        assert history_of(str(folder)) == {}
