"""`wherever df`: everything that is kept is told, and each has a command that frees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.package.making import TOOL, package, v
from wherever.edge.host.state import State
from wherever.package import shelf
from wherever.run import packaged
from wherever.run.detached.state import Run as Detached

Run = Callable[..., Any]
TOOL_NAME = "zig-0.17.1-464de287629a"


@pytest.fixture
def run(wherever: Run, fresh_home: Path) -> Run:
    return lambda *words, **env: wherever(*words, env={"WHEREVER_HOME": str(fresh_home), **env})


@pytest.fixture
def full(fresh_home: Path) -> Path:
    """A data folder with something of each kind."""
    shelf.put(package(files={"/data/a": b"a file"}, more='[files]\n"/data" = "data"'))
    packaged.from_shelf("acme:tool")
    for name in (f"kept/lua.wasm.{'0' * 64}/lua.wasm", f"tools/{TOOL_NAME}/bin/zig"):
        path = fresh_home / name
        path.parent.mkdir(0o700, parents=True)
        path.write_bytes(bytes(1000))
        path.chmod(0o400)
        path.parent.chmod(0o500)
    for room in ("kept", "tools"):
        (fresh_home / room).chmod(0o700)
    return fresh_home


def test_each_row_names_a_command_that_frees_it(run: Run, full: Path) -> None:
    rows = json.loads(run("df", "--json").stdout)
    assert {row["what"]: row["frees"] for row in rows} == {
        "packages": "wherever packages prune",
        "native code": "wherever cache prune",
        "programs": "wherever df --free programs",
        "unpacked files": "wherever df --free unpacked",
        "build tools": "wherever df --free tools",
        "servers": "wherever df --free servers",
        "runs in the background": "wherever df --free runs",
    }
    sizes = {row["what"]: row["bytes"] for row in rows}
    assert (sizes["programs"], sizes["unpacked files"], sizes["build tools"]) == (1000, 6, 1000)
    assert run("df", "--free", "programs").stdout == "freed 1000 B\n"
    assert run("df", "--free", "unpacked").stdout == "freed 6 B\n"
    assert json.loads(run("df", "--free", "tools", "--json").stdout) == {"freed": 1000}
    left = {row["what"]: row["bytes"] for row in json.loads(run("df", "--json").stdout)}
    assert (left["programs"], left["unpacked files"], left["build tools"]) == (0, 0, 0)
    assert shelf.versions(TOOL) == [v("1.2.0")]
    assert packaged.from_shelf("acme:tool").mounts


def test_nothing_is_freed_where_nothing_is(run: Run, fresh_home: Path) -> None:
    for what in ("programs", "unpacked", "tools", "servers", "runs"):
        assert run("df", "--free", what).stdout == "freed 0 B\n"
    assert not fresh_home.exists()


def test_of_runs_those_that_go_on_stay(run: Run, fresh_home: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("WHEREVER_HOME", str(fresh_home))
    for name in ("running", "ended"):
        program = Detached(name)
        Path(program.path("log")).write_bytes(bytes(500))
        if name == "ended":
            program.close()
        else:
            running = program
    rows = {row["what"]: row for row in json.loads(run("df", "--json").stdout)}
    assert rows["runs in the background"]["unused"] == 500
    assert run("df", "--free", "runs").stdout == "freed 500 B\n"
    assert {each.name for each in (fresh_home / "runs").iterdir()} == {"running"}
    running.close()


def test_of_servers_those_that_run_stay(run: Run, fresh_home: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("WHEREVER_HOME", str(fresh_home))
    for name in ("running", "ended"):
        server = State(name)
        Path(server.path("log")).write_bytes(bytes(500))
        with open(server.path("record"), "wb") as record:
            record.truncate(16 << 20)  # all of it a hole
        if name == "ended":
            server.close()
        else:
            running = server
    (fresh_home / "servers" / ".gone-before").mkdir(0o700)
    (fresh_home / "servers" / ".gone-before" / "log").write_bytes(bytes(70))
    row = next(row for row in json.loads(run("df", "--json").stdout) if row["what"] == "servers")
    assert (row["bytes"], row["unused"]) == (1070, 570)
    assert run("df", "--free", "servers").stdout == "freed 570 B\n"
    assert [path.name for path in (fresh_home / "servers").iterdir()] == ["running"]
    assert Path(running.path("log")).stat().st_size == 500
    running.close()


def test_of_a_folder_of_the_users_only_tools_are_freed(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    tools = (TOOL_NAME, f".{TOOL_NAME}-77", f".gone-{TOOL_NAME}/bin", "var")
    for name in (*tools, "photos", "zig-notes", ".gone-x"):
        (mine / name).mkdir(parents=True)
    mine.chmod(0o700)
    assert run("df", "--free", "tools", WHEREVER_TOOLS=str(mine)).exit_code == 0
    assert sorted(path.name for path in mine.iterdir()) == [".gone-x", "photos", "zig-notes"]


def test_what_is_no_kind_is_told(run: Run) -> None:
    ran = run("df", "--free", "photos")
    assert ran.exit_code == 125
    assert "programs" in ran.stderr
