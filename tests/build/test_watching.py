"""What changes in a folder is seen once it has come to rest."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from wherever.build import watching


def test_what_was_added_removed_and_changed_is_named(tmp_path: Path) -> None:
    for name in ("kept", "gone", "longer"):
        (tmp_path / name).write_text("x")
    before = watching.look(tmp_path)
    assert watching.changed(before, watching.look(tmp_path)) == []
    (tmp_path / "gone").unlink()
    (tmp_path / "longer").write_text("xx")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "new").touch()
    names = [Path(path).name for path in watching.changed(before, watching.look(tmp_path))]
    assert names == ["gone", "longer", "new"]


def test_what_builds_and_tools_make_is_not_looked_at(tmp_path: Path) -> None:
    for name in ("build", ".git", "node_modules", "__pycache__"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / ".hidden").touch()
    assert watching.look(tmp_path) == {}


def test_it_waits_for_a_change_and_gives_up_without_one(tmp_path: Path) -> None:
    before = watching.look(tmp_path)
    assert watching.wait(tmp_path, before, seconds=0.7) == []

    def later() -> None:
        time.sleep(0.4)
        (tmp_path / "main.c").touch()

    thread = threading.Thread(target=later)
    thread.start()
    assert watching.wait(tmp_path, before, seconds=10) == [str(tmp_path / "main.c")]
    thread.join()
