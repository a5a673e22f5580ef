"""The name of a Zig file is a file's name, whatever it looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build import project as projects
from wherever.build.zig import modules


@pytest.mark.parametrize("name", ["-femit-bin=x.zig", "--help.zig", "@list.zig", "main.zig"])
def test_no_file_name_is_an_option(project: Path, name: str) -> None:
    (project / name).write_text("pub fn main() void {}\n")
    words = modules.of(projects.find(str(project / name)), ("-lc",), project)
    assert words == ["-lc", name if name == "main.zig" else f"./{name}"]
