"""What is to be built, found among names and files that are no sources."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wherever.build import building
from wherever.build import project as projects
from wherever.build.zig import sources
from wherever.errors import InputError, NotFound

MAIN = "int main(void) { return 0; }\n"
WAT = '(module (func (export "_start")))'


def test_what_only_looks_like_a_source_is_left_alone(project: Path) -> None:
    (project / "main.c").write_text(MAIN)
    os.mkfifo(project / "pipe.c")
    (project / "folder.c").mkdir()
    (project / "endless.c").symlink_to("/dev/zero")
    (project / "gone.c").symlink_to("nowhere.c")
    (project / "src").mkdir()
    os.mkfifo(project / "src" / "pipe.cpp")
    found = sources.of(projects.find(project))
    assert (found.c, found.cpp, found.left_out) == (("main.c",), (), ())


def test_a_huge_source_is_looked_at_in_part(project: Path) -> None:
    (project / "main.c").write_text(MAIN)
    with (project / "huge.c").open("wb") as file:
        file.truncate(1 << 40)
    assert sources.of(projects.find(project)).c == ("huge.c", "main.c")


def test_what_is_no_plain_file_is_no_source(project: Path) -> None:
    os.mkfifo(project / "pipe.wat")
    for path in (project / "pipe.wat", Path("/dev/zero")):
        with pytest.raises(InputError) as caught:
            projects.find(path, "wat", str(project / "out.wasm"))
        assert caught.value.what == f"{path} is no plain file"
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        projects.find(project, "wat", str(project))


def test_a_name_that_no_file_can_have_is_not_there(project: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        projects.find("x" * 300)
    with pytest.raises(NotFound):
        projects.find(project / "new\nline")


def test_names_that_are_options_are_names(project: Path) -> None:
    (project / "main.c").write_text("int other(void);\nint main(void) { return other(); }\n")
    (project / "@others.c").write_text("int other(void) { return 0; }\n")
    (project / "others.c").write_text("-MD -MFelsewhere\n")
    (project / "-MFelsewhere.c").write_text("int third;\n")
    (project / "others.c").rename(project / "others")
    building.build(projects.find(project), lambda text: None)
    assert sorted(os.listdir(project)) == [
        "-MFelsewhere.c",
        "@others.c",
        "build",
        "main.c",
        "others",
    ]


def test_a_link_does_not_lead_the_result_elsewhere(project: Path, tmp_path: Path) -> None:
    (project / "main.wat").write_text(WAT)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (project / "build").symlink_to(elsewhere)
    with pytest.raises(InputError, match="build is a link that leads out of"):
        building.build(projects.find(project), lambda text: None)
    assert os.listdir(elsewhere) == []


@pytest.mark.parametrize("place", ["package", "package/blobs", "package/blobs/sha256"])
def test_a_link_does_not_have_another_package_cleared_away(
    project: Path, tmp_path: Path, fresh_home: Path, place: str
) -> None:
    (project / "main.wat").write_text(WAT)
    (project / "wherever.toml").write_text('[package]\nname = "my:tool"\nversion = "1.0.0"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("kept")
    link = project / "build" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    with pytest.raises(InputError, match="is a link that leads out of"):
        building.build(projects.find(project), lambda text: None)
    assert os.listdir(elsewhere) == ["precious"]


def test_a_source_that_cannot_be_written_beside_is_built_elsewhere(
    project: Path, tmp_path: Path, fresh_home: Path
) -> None:
    (project / "main.wat").write_text(WAT)
    (project / "wherever.toml").write_text('[package]\nname = "my:tool"\nversion = "1.0.0"\n')
    (project / "build").write_text("in the way, as a read-only file system would be")
    found = projects.find(project, output=str(tmp_path / "out.wasm"))
    result = building.build(found, lambda text: None)
    assert (result.wasm, result.layout) == (tmp_path / "out.wasm", None)
    assert result.warnings[-1].startswith("no package lies beside the source: ")
    with pytest.raises(InputError):
        building.build(projects.find(project), lambda text: None)
