"""Requirements are found where people write them, and none runs code while it is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build import project as projects
from wherever.build.python import gather, requirements
from wherever.errors import InputError


def wanted(folder: Path) -> list[str]:
    found = projects.find(folder)
    return requirements.wanted(found, gather.program(found.main, found.folder).missing())


def test_they_stand_in_the_script_a_file_or_the_project(project: Path) -> None:
    main = project / "main.py"
    main.write_text("import markdown\n")
    assert wanted(main) == []
    (project / "pyproject.toml").write_text('[project]\ndependencies = ["markdown>=3"]\n')
    assert wanted(main) == ["markdown>=3"]
    (project / "more.txt").write_text("idna==3.10  # names\n")
    (project / "requirements.txt").write_text("# ours\n-r more.txt\nmarkdown[docs] ~= 3.0\n")
    assert wanted(main) == ["idna==3.10", "markdown[docs] ~= 3.0"]
    block = '# /// script\n# dependencies = [\n#   "graphql-core<4",\n# ]\n# ///\n'
    main.write_text(block + "import graphql\n")
    assert wanted(main) == ["graphql-core<4"]


def test_a_lone_file_takes_those_beside_it_only_where_it_needs_some(project: Path) -> None:
    (project / "requirements.txt").write_text("numpy\n")
    (project / "main.py").write_text("import json\n")
    assert wanted(project / "main.py") == []


@pytest.mark.parametrize(
    "line",
    [
        "-e .", "--editable=lib", "./lib", "/lib", "lib/x.whl", "file:///x", "x @ file:///x",
        "git+https://example.com/x", "https://example.com/x.whl", "--no-binary :all:", "x.whl",
    ],
)  # fmt: skip
def test_what_could_run_code_is_refused(project: Path, line: str) -> None:
    (project / "main.py").write_text("import x\n")
    (project / "requirements.txt").write_text(f"{line}\n")
    with pytest.raises(InputError) as caught:
        wanted(project / "main.py")
    assert caught.value.what.startswith(f"requirements.txt: {line!r} is not taken")


def test_a_file_outside_of_the_project_is_not_read(project: Path) -> None:
    (project / "main.py").write_text("import x\n")
    (project / "requirements.txt").write_text("-r ../../../etc/passwd\n")
    with pytest.raises(InputError, match="lies outside of the project"):
        wanted(project / "main.py")
