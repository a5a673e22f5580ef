"""Tools run away from the user's settings, and from programs that lie in a project."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wherever.build import command
from wherever.errors import BuildFailed


def test_a_tool_starts_no_program_of_the_folder_it_runs_in(project: Path, tmp_path: Path) -> None:
    planted = project / "git"
    planted.write_text("#!/bin/sh\necho planted\n")
    planted.chmod(0o755)
    with pytest.raises(BuildFailed) as caught:
        command.run(
            [sys.executable, "-I", "-c", "import os; os.execvp('git', ['git'])"],
            label="tool",
            cwd=project,
            scratch=tmp_path,
        )
    assert caught.value.said[-1] == "FileNotFoundError: [Errno 2] No such file or directory"
