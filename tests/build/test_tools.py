"""Tools are brought once, out of all their archives, and only with the bytes that are known."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.store.test_unpack import tarball, wheel
from wherever.build import needs, tools
from wherever.build.pins import PINS, Archive, Pin
from wherever.errors import InputError, RemoteError
from wherever.store.source import Shop


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A registry's archives by package: two of one tool, each a plain file where it is fetched."""
    (tmp_path / "a").mkdir()
    one = Path(wheel(tmp_path / "a", {"bin/tool": b"#!", "left.txt": b""})).read_bytes()
    two = Path(tarball(tmp_path / "a", {"lib.js": b"1"})).read_bytes()
    kept = {"one": one, "two": two}
    archives = tuple(
        Archive(
            ecosystem,
            name,
            "1.0",
            {"any": hashlib.sha256(kept[name]).hexdigest()},
            len(kept[name]),
            into=into,
            keep=keep,
            programs=("bin/*",),
        )
        for ecosystem, name, into, keep in (
            ("pypi", "one", "", ("bin/*",)),
            ("npm", "two", "node_modules/two", ()),
        )
    )
    fetched: list[str] = []

    def fetch(shop: Shop, ecosystem: str, package: str, version: str) -> tuple[str, str]:
        fetched.append(package)
        path = Path(shop.folder, f"package{'.whl' if ecosystem == 'pypi' else '.tgz'}")
        with path.open("xb") as file:
            file.write(kept[package])
        (Path(shop.folder) / "work").mkdir()
        return str(path), version

    monkeypatch.setitem(PINS, "tool", Pin("tool", archives, "MIT"))
    monkeypatch.setattr(Shop, "fetch", fetch)
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WHEREVER_TOOLS", str(tmp_path / "tools"))
    return kept


def test_all_archives_of_a_tool_come_into_one_folder_once(shelf: dict[str, bytes]) -> None:
    assert needs.need("tool").state == "fetch"
    folder = tools.tool("tool", lambda *_: None)
    found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert found == ["bin/tool", "node_modules/two/lib.js"]
    shelf.clear()
    assert tools.tool("tool") == folder
    assert needs.need("tool").state == "kept"


def test_what_killed_ones_left_goes_with_time(shelf: dict[str, bytes]) -> None:
    tools.folder().mkdir(mode=0o700)
    old, new = tools.folder() / ".tool-1.0-abc-7", tools.folder() / ".tool-1.0-abc-8"
    for path in (old, new):
        path.mkdir()
        (path / "half").write_text("")
    os.utime(old, (0, 0))
    made = tools.tool("tool", lambda *_: None)
    assert sorted(tools.folder().iterdir()) == sorted([new, made])


def test_two_with_other_data_folders_bring_one_tool(
    shelf: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They share the folder of tools and not the lock: whoever is second takes the first's."""
    places = []

    def another_is_first(label: str, done: int, total: int) -> None:
        if label.startswith("unpacking") and not places:
            monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / "another"))
            places.append(tmp_path)
            places.append(tools.tool("tool", lambda *_: None))

    place = tools.tool("tool", another_is_first)
    assert places[1:] == [place]
    assert sorted(tools.folder().iterdir()) == [place]


def test_other_bytes_than_the_known_ones_are_not_kept(shelf: dict[str, bytes]) -> None:
    shelf["two"] = shelf["two"] + b"x"
    with pytest.raises(RemoteError) as caught:
        tools.tool("tool", lambda *_: None)
    assert "npm:two 1.0 is not the archive that builds are known to work with" in str(caught.value)
    assert tools.kept("tool") is None
    assert [path.name for path in tools.folder().iterdir()] == []


def test_a_platform_without_the_tool_is_told(
    shelf: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    only = Archive("pypi", "one", "1.0", {"plan9-mips": "0" * 64}, 1)
    monkeypatch.setitem(PINS, "tool", Pin("tool", (only,), "MIT"))
    with pytest.raises(InputError) as caught:
        tools.tool("tool")
    assert str(caught.value).startswith("tool, which this build needs, is not known for ")
    assert needs.need("tool").state == "missing"
