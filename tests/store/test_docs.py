"""What `docs/programs.md` says is what the catalogue holds."""

from __future__ import annotations

import doctest
from pathlib import Path

from wherever.store import catalogue, download, program, pypi, reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "programs.md"
BEGIN, END = "<!-- programs: begin -->\n\n", "\n<!-- programs: end -->\n"
HEAD = """\
| name | also | scripts | what it does | from | licence |
|---|---|---|---|---|---|
"""


def rows() -> str:
    return HEAD + "".join(
        f"| `{each.label}` | {' '.join(each.aliases)} | {' '.join(each.extensions)} | "
        f"{each.summary} | {', '.join(each.sources)} | {each.licence} |\n"
        for each in catalogue.PROGRAMS
    )


def test_the_table_of_programs_is_the_catalogue() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0] == rows()


def test_the_examples_in_docstrings_hold() -> None:
    for module in (catalogue, download, program, pypi, reference):
        found = doctest.testmod(module)
        assert (found.failed, found.attempted > 0) == (0, True), module.__name__
