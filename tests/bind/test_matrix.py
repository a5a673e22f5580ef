"""The part of `make matrix` that takes little: two guests in hosts that are quick to make."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.bind.matrix import cells
from wherever.build import project as projects

KNOWN = cells.reasons()


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cells.Matrix]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(cells.ROOT / ".cache" / "tools"))
        yield cells.Matrix(tmp_path_factory.mktemp("matrix"))


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("guest", "host"),
    [
        *(("c", host) for host in ("python", "wheel", "node", "c", "cpp")),
        ("javascript", "python"),
        ("wat", "python"),
    ],
)
def test_every_host_is_told_the_same(matrix: cells.Matrix, guest: str, host: str) -> None:
    outcome = matrix.cell(guest, host, KNOWN)
    assert (outcome.wrong, outcome.missing) == ("", "")


def test_what_differs_is_named_with_its_line() -> None:
    lines = cells.expected()
    assert cells.judged(lines, "", []).wrong == ""
    told = [line.replace("find: 2", "find: 3") for line in lines]
    assert cells.judged(told, "", []).wrong == "differs at line 5, 'find: 2': 'find: 3'"
    at = lines.index("find: 2")
    assert cells.judged(lines[:at], "it trapped", []).wrong == (
        "differs at line 5, 'find: 2': it trapped"
    )
    assert cells.judged([*lines, "more"], "", []).wrong == "prints more than it should: 'more'"
    assert cells.judged(lines, "code 1", []).wrong == "ends badly: code 1"


def test_what_is_known_not_to_work_is_no_more_than_that() -> None:
    lines = cells.expected()
    told = [line.replace("find: 2", "find: 3") for line in lines]
    known = cells.Reason("it cannot count", lines=("find",))
    assert cells.judged(told, "", [known]) == cells.Outcome(reasons=[known])
    assert cells.judged(lines, "", [known]).wrong == (
        "works: take it out of cannot.toml: it cannot count"
    )
    assert cells.judged(told[:-1], "", [known]).wrong.startswith("differs at line 39")
    whole = cells.Reason("there is no such thing")
    assert cells.judged([], "nothing came", [whole]) == cells.Outcome(reasons=[whole])
    assert cells.judged(lines, "", [whole]).wrong.startswith("works: take it out")


def test_each_reason_is_of_guests_hosts_and_lines_that_there_are() -> None:
    labels = {line.partition(":")[0] for line in cells.expected()}
    assert len(labels) == len(cells.expected())
    for each in KNOWN:
        assert each.reason
        assert set(each.guests) <= set(cells.GUESTS)
        assert set(each.hosts) <= set(cells.HOSTS)
        assert set(each.lines) <= labels


@pytest.mark.parametrize("guest", cells.GUESTS)
def test_each_guest_is_a_project_of_its_language(guest: str) -> None:
    project = projects.find(cells.HERE / "guests" / guest)
    assert (project.name, project.language) == ("lab:market", guest)


def test_the_page_has_a_table_of_them_all() -> None:
    page = (cells.ROOT / "docs" / "matrix.md").read_text("utf-8")
    rows = re.findall(r"^\| (\S+) \| .*(?:ok|no)", page, re.MULTILINE)
    assert rows == list(cells.GUESTS.values())
