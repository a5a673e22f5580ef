"""What is kept of detached programs: names, what is known, and a bound for those that ended."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from wherever.edge.host.state import State
from wherever.errors import InputError, NotFound
from wherever.run.detached import state
from wherever.run.detached.state import Run


@pytest.fixture(autouse=True)
def alone(fresh_home: Path) -> Path:
    return fresh_home


def ended(name: str, since: float = 1.0) -> None:
    run = Run(name)
    run.write({"name": name, "kind": "program", "state": "ended", "since": since})
    run.close()


def test_a_name_belongs_to_one_program_at_a_time() -> None:
    run = Run("tool")
    assert stat.S_IMODE(os.stat(run.path("")).st_mode) == 0o700
    with pytest.raises(InputError, match=r"^a program called tool is running; wherever stop tool"):
        Run("tool")
    assert state.is_running("tool")
    run.close()
    assert not state.is_running("tool")
    Run("tool").close()


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "a/b", "-a", "a" * 41, ".", "ä"])
def test_what_cannot_be_a_folder_is_no_name(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a program"):
        Run(name)
    with pytest.raises(NotFound, match="there is no program called"):
        state.about(name)


def test_servers_and_programs_share_their_names() -> None:
    server = State("shop")
    with pytest.raises(InputError, match=r"^a server called shop is running; give another --name$"):
        Run("shop")
    server.close()
    with pytest.raises(InputError, match=r"^shop is the name of a server, whose log is kept; "):
        Run("shop")
    first = Run.like("shop")
    assert first.name == "shop-2"
    with pytest.raises(InputError, match=r"^a program called shop-2 is running; "):
        State("shop-2")
    first.write({"name": "shop-2", "state": "ended", "since": 1})
    first.close()
    State("shop-2").close()  # what has ended gives way
    assert state.names() == []


def test_a_name_that_ended_begins_anew() -> None:
    ended("tool")
    Path(state.log_of("tool")).write_text("old")
    run = Run("tool")
    assert state.about("tool")["state"] == "starting"
    assert not os.path.exists(state.log_of("tool"))
    run.forget()
    with pytest.raises(NotFound, match=r"^there is no program called tool; see: wherever ps -a$"):
        state.about("tool")


def test_one_that_is_gone_without_a_word_is_lost() -> None:
    run = Run("tool")
    run.write({"name": "tool", "kind": "program", "state": "running", "since": 1.0})
    assert state.about("tool")["state"] == "running"
    run.close()  # as the system does, where the machine ends
    assert state.about("tool")["state"] == "lost"
    assert state.listed(False) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "other"}'])
def test_what_is_torn_is_no_program(text: str) -> None:
    ended("tool")
    Path(state.log_of("tool")).with_name("run.json").write_text(text)
    assert state.listed(True) == []
    with pytest.raises(NotFound):
        state.about("tool")
    state.forget("tool")
    assert state.names() == []


def test_those_that_ended_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MOST_ENDED", 2)
    for number, name in enumerate("cabd"):
        ended(name, time.time() + number)
    running = Run("a-runs")
    state.prune()
    assert state.names() == ["a-runs", "b", "d"]
    with pytest.raises(InputError, match=r"^a-runs is running; wherever stop a-runs$"):
        state.forget("a-runs")
    running.close()
