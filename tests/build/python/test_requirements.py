"""Requirements are found where people write them, and none is taken that is more than that."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build import project as projects
from wherever.build.python import gather, requirements
from wherever.errors import InputError


def wanted(path: Path) -> list[str]:
    return everything(path).lines


def everything(path: Path) -> requirements.Wanted:
    found = projects.find(path)
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


def test_what_tools_write_is_taken(project: Path) -> None:
    (project / "main.py").write_text("import x\n")
    (project / "lib").mkdir()
    (project / "lib" / "most.txt").write_text("certifi<2030\n")
    (project / "requirements.txt").write_bytes(
        b"\xef\xbb\xbfidna==3.10 \\\r\n    --hash=sha256:00ff \\\r\n    --hash=sha256:11ee\r\n"
        b"\r\n--pre\r\n-c lib/most.txt\r\nzope.interface\t(>=5, !=5.1.*)\r\n"
        b'a_b[c, d-e] === 1!2.0+local.1 ; (python_version >= "3.8" and '
        b"sys_platform not in 'win32,cygwin') # why\r\n"
    )
    found = everything(project / "main.py")
    assert found.lines == [
        "idna==3.10 --hash=sha256:00ff --hash=sha256:11ee",
        "--pre",
        "zope.interface (>=5, !=5.1.*)",
        'a_b[c, d-e] === 1!2.0+local.1 ; (python_version >= "3.8" and '
        "sys_platform not in 'win32,cygwin')",
    ]
    assert found.constraints == ["certifi<2030"]


@pytest.mark.parametrize(
    "line",
    [
        "-e .", "--editable=lib", "./lib", "/lib", "lib/x.whl", "file:///x", "x @ file:///x",
        "git+https://example.com/x", "https://example.com/x.whl", "--no-binary :all:", "x.whl",
        "--pre -e .", "x --no-binary x", "x[a -e .]", "x --config-settings=a=b", "x.tar", "X.TGZ",
        "x==1.tar.gz", "x[a].zip", "x; python_version > 'a -e .'", "x;a=='b'\u2028-e .",
        "x\x0b-e .",
        "--index-url https://example.com/${HOME}", "--index-url=https://example.com", "${HOME}",
        "--find-links .", "-f.", "--extra-index-url https://example.com -e .", "--hash=sha256:00",
        "x --hash=sha256:00 -e .", "x --global-option=a", "--only-binary=:none:", "x==", ".", "..",
        "x y", "x, y", "-r a.txt -e .", "-r ${HOME}", "-rlist.txt", "x;", "ü", "x==\u0661", "=1",
        "x" * 5000,
    ],
)  # fmt: skip
def test_what_could_run_code_is_refused(project: Path, line: str) -> None:
    (project / "main.py").write_text("import x\n")
    with pytest.raises(InputError) as caught:
        requirements.checked(line, "requirements.txt:2")
    said = f"requirements.txt:2: {line[:100]!r} is not taken: only names of packages with versions "
    assert caught.value.what.startswith(said)
    (project / "requirements.txt").write_text(f"good\n{line}\n")
    with pytest.raises(InputError, match=r"^requirements\.txt:[23]: .* is not taken"):
        wanted(project / "main.py")


def test_a_line_that_goes_on_is_one_line(project: Path) -> None:
    (project / "main.py").write_text("import x\n")
    (project / "requirements.txt").write_text("good\n\nx \\\n--pre \\\n-e .\\\n")
    with pytest.raises(InputError, match=r"^requirements\.txt:3: 'x  --pre  -e \.' is not taken"):
        wanted(project / "main.py")


def test_a_text_of_several_lines_is_told_where_it_stands(project: Path) -> None:
    main = project / "main.py"
    main.write_text('# /// script\n# dependencies = ["idna", "x @ file:///x"]\n# ///\nimport x\n')
    with pytest.raises(InputError, match=r"^main\.py:2: 'x @ file:///x' is not taken"):
        wanted(main)
    main.write_text("import x\n")
    settings = project / "pyproject.toml"
    settings.write_text('[project]\ndependencies = [\n  "idna",\n  "six\\n-e .",\n]\n')
    with pytest.raises(InputError, match=r"^pyproject\.toml:4: 'six\\n-e \.' is not taken"):
        wanted(main)
    settings.write_text("[project]\ndependencies = [1]\n")
    with pytest.raises(InputError, match=r"^pyproject\.toml: the dependencies of a Python project"):
        wanted(main)


@pytest.mark.parametrize("way", ["-r ../../../etc/passwd", "-c /etc/passwd", "-r link.txt"])
def test_a_file_outside_of_the_project_is_not_read(project: Path, way: str) -> None:
    (project.parent / "secret.txt").write_text("secret\n")
    (project / "link.txt").symlink_to("../secret.txt")
    (project / "main.py").write_text("import x\n")
    (project / "requirements.txt").write_text(f"{way}\n")
    with pytest.raises(InputError, match="lies outside of the project"):
        wanted(project / "main.py")


def test_files_in_a_circle_and_missing_ones_are_told(project: Path) -> None:
    (project / "main.py").write_text("import x\n")
    (project / "requirements.txt").write_text("-r requirements.txt\n")
    with pytest.raises(InputError, match=r"^requirements\.txt is read by itself"):
        wanted(project / "main.py")
    (project / "requirements.txt").write_text("-r none.txt\n")
    with pytest.raises(InputError, match=r"^none\.txt cannot be read"):
        wanted(project / "main.py")
