"""A file alone in a folder of its own."""

import doctest
import os
import stat
from pathlib import Path

import pytest

from wherever.engine import cache
from wherever.run import alone
from wherever.run.alone import keep_alone


@pytest.fixture(autouse=True)
def home(fresh_home):
    return fresh_home


def test_it_is_alone_private_and_read_only():
    folder, passing = keep_alone(b"print(1)", "one.py")
    assert (os.listdir(folder), passing) == (["one.py"], False)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(os.path.join(folder, "one.py")).st_mode) == 0o400


def test_the_same_content_under_another_name_is_another_folder():
    folder, _ = keep_alone(b"x", "a.py")
    assert keep_alone(b"x", "a.py") == (folder, False)
    assert keep_alone(b"x", "b.py")[0] != folder
    assert keep_alone(b"y", "a.py")[0] != folder


@pytest.mark.parametrize("damage", ["content", "longer", "beside", "gone", "link", "open"])
def test_a_damaged_folder_is_made_again(damage, tmp_path):
    folder, _ = keep_alone(b"print(1)", "one.py")
    path = Path(folder, "one.py")
    if damage in ("gone", "link"):
        path.unlink()
    if damage == "link":
        (tmp_path / "target").write_bytes(b"print(1)")
        path.symlink_to(tmp_path / "target")
    if damage in ("content", "longer"):
        path.chmod(0o600)
        path.write_bytes(b"print(2)" if damage == "content" else b"print(1)#")
    if damage == "beside":
        Path(folder, "two.py").touch()
    if damage == "open":
        os.chmod(folder, 0o777)
    again, passing = keep_alone(b"print(1)", "one.py")
    assert (again, passing) == (folder, False)
    assert os.listdir(folder) == ["one.py"] and not path.is_symlink()
    assert path.read_bytes() == b"print(1)"
    assert len(os.listdir(os.path.dirname(folder))) == 1


def test_where_nothing_can_be_kept_it_passes_with_the_run(home):
    home.mkdir()
    (home / "cache").write_text("in the way")
    folder, passing = keep_alone(b"print(1)", "one.py")
    assert (passing, os.listdir(folder)) == (True, ["one.py"])
    assert not folder.startswith(str(home))


def test_a_cache_that_others_can_write_is_not_used(home):
    (home / "cache").mkdir(parents=True)
    (home / "cache").chmod(0o777)
    assert keep_alone(b"print(1)", "one.py")[1] is True


def test_a_home_without_a_cache(monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda: "")
    assert keep_alone(b"print(1)", "one.py")[1] is True


def test_another_process_may_be_first(monkeypatch):
    folder, _ = keep_alone(b"print(1)", "one.py")
    looks = iter([False, True, True])
    whole = alone._holds
    monkeypatch.setattr(alone, "_holds", lambda *given: next(looks) and whole(*given))
    assert keep_alone(b"print(1)", "one.py") == (folder, False)
    assert os.listdir(os.path.dirname(folder)) == [os.path.basename(folder)]


def test_the_example_runs():
    assert doctest.testmod(alone).failed == 0
