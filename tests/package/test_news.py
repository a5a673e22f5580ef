"""What ran under a name is remembered, and a version that wants more is news once."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.package.making import TOOL, package
from wherever.package import layout
from wherever.package.layout import Opened
from wherever.package.news import keep, news, ran

pytestmark = pytest.mark.usefixtures("fresh_home")

WASI = "wasi_snapshot_preview1"
Make = Callable[..., Opened]


@pytest.fixture
def made(tmp_path: Path, wat: Callable[..., Path]) -> Make:
    """A package of functions of preview 1 that it imports, and of more text in its manifest."""

    def make(version: str, *names: str, more: str = "", name: str = "acme:tool") -> Opened:
        imports = "".join(f'(import "{WASI}" "{each}" (func))' for each in names)
        wasm = wat(f'(module {imports} (func (export "_start")))').read_bytes()
        folder = tmp_path / f"made-{len(list(tmp_path.iterdir()))}"
        layout.write(folder, package(version, wasm=wasm, more=more, name=name))
        return layout.read(folder)

    return make


def run(opened: Opened) -> tuple[str, ...] | None:
    """What a start tells, and keeps."""
    found = news(opened)
    if found is None:
        return None
    assert not found.damage
    assert keep(found)
    return found.wants


def kept() -> Path:
    return Path(os.environ["WHEREVER_HOME"], "cards", "acme.tool")


def test_only_a_version_that_wants_more_is_news_and_only_once(made: Make) -> None:
    first = made("1.0.0", "fd_write")
    wider = made(
        "1.1.0",
        "fd_write",
        "path_open",
        "sock_accept",
        more='[permissions]\nfiles = ["/in:ro"]\nnetwork = ["a.example:443"]\nenv = ["TOKEN"]',
    )
    assert run(first) == ()
    assert run(first) is None
    found = news(wider)
    assert found is not None
    assert found.headline() == "acme:tool 1.1.0 wants more than 1.0.0, which ran here last"
    assert run(wider) == (
        "it can now use files: it imports path_open",
        "it asks to read /in",
        "it asks for the network at a.example:443",
        "it asks for the variable TOKEN",
    )
    assert run(wider) is None
    assert run(made("1.2.0", "fd_write")) == ()


def test_who_goes_back_and_forth_is_not_told_again(made: Make) -> None:
    old, new = made("1.0.0"), made("2.0.0", "path_open")
    said = [run(each) for each in (old, new, old, new)]
    assert said == [(), ("it can now use files: it imports path_open",), None, None]


def test_other_bytes_under_the_same_version_are_another_package(made: Make) -> None:
    run(made("1.0.0"))
    found = news(made("1.0.0", "random_get"))
    assert found is not None
    assert found.headline() == "acme:tool 1.0.0 wants more than it did when it ran here last"
    assert found.wants == ("it can now use random numbers: it imports random_get",)


def test_names_do_not_stand_for_each_other(made: Make) -> None:
    run(made("1.0.0", "path_open", name="acme:tool"))
    run(made("1.0.0", name="acme:too"))
    assert run(made("1.1.0", "path_open", name="acme:too")) == (
        "it can now use files: it imports path_open",
    )


def test_a_network_that_only_other_imports_prove_is_found_again(
    tmp_path: Path, wat: Callable[..., Path]
) -> None:
    text = '(component (import "wasi:sockets/tcp@0.2.0" (instance)))'
    said = []
    for version in ("1.0.0", "1.1.0"):
        folder = tmp_path / version
        layout.write(folder, package(version, wasm=wat(text).read_bytes()))
        said.append(run(layout.read(folder)))
    assert said == [(), ()]


def test_what_is_kept_is_small_and_for_its_user_alone(made: Make) -> None:
    functions = [f"path_{n}" for n in range(500)]
    run(made("1.0.0", *functions, "path_open"))
    assert kept().stat().st_size < 2000
    assert stat.S_IMODE(kept().parent.stat().st_mode) == 0o700
    for number in range(3):
        run(made(f"1.0.{number + 1}"))
    assert len(json.loads(kept().read_bytes())["digests"]) == 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"schema":2}',
        b'{"schema":1}',
        b'{"schema":1,"digests":["../x"]}',
        b'{"schema":1,"digests":["sha256:%b"],"proofs":[[1,2,3]]}' % (b"0" * 64),
        b'{"schema":1,"digests":["sha256:%b"],"version":"x"}' % (b"0" * 64),
        b'{"schema":1,"digests":["sha256:%b"],"proofs":[["files","\\u001b[2J",[]]]}' % (b"0" * 64),
        b'{"schema":1,"digests":["sha256:%b"],"permissions":{"files":[""]}}' % (b"0" * 64),
        b"[" * 100_000,
        b" " * (5 << 20),
    ],
    ids=lambda content: ascii(content[:60]),
)
def test_damage_is_told_and_then_mended(content: bytes, made: Make) -> None:
    run(made("1.0.0"))
    kept().write_bytes(content)
    found = news(made("1.1.0", "path_open"))
    assert found is not None
    assert (found.before, found.wants) == (None, ())
    assert found.damage.isprintable() and 0 < len(found.damage) < 400
    assert keep(found)
    assert run(made("1.2.0", "path_open")) == ()


@pytest.mark.parametrize("what", ["pipe", "folder", "link"])
def test_what_stands_in_its_place_is_told_and_not_followed(
    what: str, made: Make, tmp_path: Path
) -> None:
    run(made("1.0.0"))
    kept().unlink()
    if what == "pipe":
        os.mkfifo(kept())
    elif what == "folder":
        kept().mkdir()
    else:
        (tmp_path / "mine").write_text("mine")
        kept().symlink_to(tmp_path / "mine")
    found = news(made("1.1.0"))
    assert found is not None and found.damage
    assert keep(found) is (what != "folder")
    if what == "link":
        assert (tmp_path / "mine").read_text() == "mine"


def test_a_folder_that_others_can_write_to_is_not_believed(made: Make) -> None:
    run(made("1.0.0"))
    kept().parent.chmod(0o777)
    found = news(made("1.1.0", "path_open"))
    assert found is not None
    assert "can be written by others" in found.damage
    assert not keep(found)


def test_one_who_is_killed_leaves_what_was_true_before(made: Make, tmp_path: Path) -> None:
    run(made("1.0.0"))
    before = kept().read_bytes()
    (kept().parent / "writing").write_bytes(b"begun by one who was killed")
    found = news(made("1.1.0"))
    assert found is not None
    assert kept().read_bytes() == before
    assert keep(found)
    assert sorted(os.listdir(kept().parent)) == ["acme.tool", "lock"]
    assert ran(TOOL) is not None


KEEPS = """
import sys
from wherever.package import layout, news
from wherever.package.card import card
opened = layout.read(sys.argv[1])
found = card(opened.wasm_path.read_bytes(), opened.manifest)
name, version = opened.manifest.name, opened.manifest.version
while True:
    before = news.ran(name)
    news.keep(news.News(name, version, before, (), "", opened.digest, found))
"""


def test_many_at_once_and_killed_at_any_moment_leave_it_whole(made: Make) -> None:
    packages = [made(f"1.0.{number}", "path_open").wasm_path.parents[2] for number in range(2)]
    for number in range(8):
        writers = [
            subprocess.Popen([sys.executable, "-c", KEEPS, folder], stderr=subprocess.PIPE)
            for folder in packages
        ]
        while not kept().exists():
            time.sleep(0.01)
        time.sleep(0.11 + number * 0.007)
        for each in writers:
            each.kill()
            assert each.communicate()[1] == b""
        assert ran(TOOL) is not None
    assert run(made("2.0.0")) == ()
    assert sorted(os.listdir(kept().parent)) == ["acme.tool", "lock"]
