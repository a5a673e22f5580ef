"""A script becomes a package of its interpreter and its files, and runs by our recipe."""

from __future__ import annotations

from pathlib import Path

import pytest

import wherever
from tests.conftest import ROOT
from wherever.build import building
from wherever.build import project as projects
from wherever.package import artifact, layout, manifest

TOML = '[package]\nname = "my:script"\nversion = "0.1.0"\n\n[build]\n'


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreters that other tests have fetched."""
    monkeypatch.setenv("WHEREVER_HOME", str(ROOT / ".cache" / "programs"))


def build(folder: Path) -> building.Result:
    return building.build(projects.find(folder), lambda text: None)


def test_a_script_finds_its_arguments_and_its_files(project: Path) -> None:
    (project / "main.lua").write_text('print(..., dofile("/package/lib/twice.lua")(21))')
    (project / "lib").mkdir()
    (project / "lib" / "twice.lua").write_text("return function(n) return 2 * n end")
    (project / "wherever.toml").write_text(TOML)
    first = build(project)
    assert wherever.run(project, ["a"]).stdout == b"a\t42\n"
    assert build(project).package == first.package


def test_the_interpreter_can_be_named(project: Path) -> None:
    (project / "start.py").write_text("import sys; print(6 * 7, sys.argv[1:], __file__)")
    (project / "wherever.toml").write_text(TOML + 'main = "start.py"\ninterpreter = "python"\n')
    build(project)
    assert wherever.run(project, ["x"]).stdout == b"42 ['x'] /package/start.py\n"


def test_what_a_package_adds_to_its_interpreter_is_not_what_runs(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its native code is made once, whatever the files are, also where it was never fetched."""
    (project / "main.lua").write_text("print(1)")
    (project / "wherever.toml").write_text(TOML)
    build(project)
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("WHEREVER_CACHE", str(tmp_path / "cache"))
    assert wherever.run(project).stdout == b"1\n"
    made = {path.name for path in (tmp_path / "cache").glob("*.cwasm")}
    assert made
    (project / "main.lua").write_text("print(2)")
    build(project)
    assert wherever.run(project).stdout == b"2\n"
    assert {path.name for path in (tmp_path / "cache").glob("*.cwasm")} == made


def test_a_package_that_holds_another_interpreter_than_it_says_is_not_run(project: Path) -> None:
    (project / "main.lua").write_text("print(1)")
    (project / "wherever.toml").write_text(TOML)
    build(project)
    opened = layout.read(project / "build" / "package")
    other = b"\0asm\1\0\0\0"
    layout.write(project / "other", artifact.pack(other, opened.manifest, {}), "1")
    with pytest.raises(wherever.NotRunnable) as caught:
        wherever.run(project / "other")
    assert "says that it holds lua@5.4, and holds something else" in str(caught.value)
    unknown = manifest.parse(TOML + 'main = "main.lua"\ninterpreter = "none@1"\n')
    layout.write(project / "none", artifact.pack(other, unknown, {}), "1")
    with pytest.raises(wherever.NotRunnable) as caught:
        wherever.run(project / "none")
    assert "is a script for none@1, which is not known here" in str(caught.value)


def test_what_cannot_be_packed_is_told_in_words(project: Path) -> None:
    (project / "main.lua").write_text("print(1)")
    for toml, words in (
        ("", "becomes a package of an interpreter and its files"),
        (TOML + 'interpreter = "nothing"\n', "there is no program called nothing"),
    ):
        if toml:
            (project / "wherever.toml").write_text(toml)
        with pytest.raises(wherever.InputError) as caught:
            build(project)
        assert words in str(caught.value)
