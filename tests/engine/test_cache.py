"""Native code is found again, is never taken on trust, and is made anew when it is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wherever.engine import cache, keep
from wherever.engine.settings import Settings
from wherever.errors import NotFound

SEVEN = '(module (func (export "f") (result i32) i32.const 7))'
NINE = '(module (func (export "g") (result i32) i32.const 9))'


@pytest.fixture(autouse=True)
def folder(fresh_home, monkeypatch):
    """An empty cache, in which files need not be two seconds old to be remembered."""
    monkeypatch.delenv("WHEREVER_CACHE", raising=False)
    monkeypatch.setattr(cache, "RACY_NS", -1)
    return fresh_home / "cache"


def facts_of(artifact):
    return Path(artifact.path.removesuffix(".cwasm") + ".facts")


# ----- found again


def test_a_module_is_compiled_once_and_found_again(wat, folder):
    path = str(wat(SEVEN))
    assert cache.cached(path, Settings()) is None
    made = cache.artifact(path, Settings())
    found = cache.cached(path, Settings())
    assert found.path == made.path
    assert found.facts == made.facts
    assert found.facts["exports"] == [("f", "func", "() -> i32")]
    assert found.settings.key == "o"
    assert repr(found) == f"Artifact({made.path!r}, settings='o')"
    assert os.stat(folder).st_mode & 0o777 == 0o700


def test_the_same_bytes_elsewhere_need_no_second_compilation(wat, tmp_path):
    path = wat(SEVEN)
    made = cache.artifact(str(path), Settings())
    before = os.stat(made.path)
    other = tmp_path / "other.wasm"
    other.write_bytes(path.read_bytes())
    assert cache.artifact(str(other), Settings()).path == made.path
    assert os.stat(made.path) == before


def test_a_file_that_changes_gets_other_code(tmp_path, wat):
    path = tmp_path / "guest.wasm"
    path.write_bytes(wat(SEVEN).read_bytes())
    seven = cache.artifact(str(path), Settings())
    path.write_bytes(wat(NINE).read_bytes())
    assert cache.cached(str(path), Settings()) is None
    nine = cache.artifact(str(path), Settings())
    assert nine.digest != seven.digest
    assert [name for name, _, _ in nine.facts["exports"]] == ["g"]


def test_a_file_that_changed_just_now_is_not_remembered_by_its_times(wat, monkeypatch):
    monkeypatch.setattr(cache, "RACY_NS", 3600 * 10**9)
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    before = os.stat(made.path)
    assert cache.cached(path, Settings()) is None
    assert cache.artifact(path, Settings()).path == made.path
    assert os.stat(made.path) == before


def test_each_setting_has_its_own_code(wat):
    path = str(wat(SEVEN))
    keys = ["o", "b", "of", "bf", "d"]
    paths = {cache.artifact(path, Settings.from_key(key)).path for key in keys}
    assert len(paths) == 5
    for key in keys:
        assert cache.cached(path, Settings.from_key(key)).settings.key == key


def test_a_text_is_found_by_its_bytes():
    text = SEVEN.encode()
    assert cache.cached_text(text, Settings()) is None
    made = cache.artifact(text, Settings(), name="guard")
    assert cache.cached_text(text, Settings()).path == made.path
    assert cache.cached_text(NINE.encode(), Settings()) is None
    assert cache.cached_text(b" " * (cache.LARGEST_TEXT + 1), Settings()) is None


def test_two_texts_with_the_same_short_name_are_not_confused(monkeypatch):
    monkeypatch.setattr(cache, "text_stem", lambda text: "text-0123456789abcdef")
    seven = cache.artifact(SEVEN.encode(), Settings())
    assert cache.cached_text(NINE.encode(), Settings()) is None
    nine = cache.artifact(NINE.encode(), Settings())
    assert nine.path == seven.path
    assert nine.facts["exports"] != seven.facts["exports"]
    assert cache.cached_text(SEVEN.encode(), Settings()) is None


def test_companions_get_the_same_settings_and_are_found_afterwards(wat):
    asked = []

    def companions(facts):
        asked.append(facts["kind"])
        return [NINE.encode()]

    first = cache.artifact(str(wat(SEVEN)), Settings(fuel=True), companions=companions)
    assert first.settings.key == "of"
    beside = cache.cached_text(NINE.encode(), first.settings)
    assert beside is not None and beside.facts["exports"] != first.facts["exports"]
    again = cache.artifact(str(wat(SEVEN)), Settings(fuel=True), companions=companions)
    assert again.path == first.path
    assert asked == ["module"]


def test_discarded_code_is_made_anew(wat):
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    cache.discard(made)
    assert not os.path.exists(made.path)
    assert cache.artifact(path, Settings()).path == made.path


def test_the_hot_path_imports_next_to_nothing(wat, folder):
    path = str(wat(SEVEN))
    cache.artifact(path, Settings())
    source = os.path.dirname(os.path.dirname(os.path.dirname(cache.__file__)))
    code = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1])\n"
        "from wherever.engine import cache\n"
        "from wherever.engine.settings import Settings\n"
        "assert cache.cached(sys.argv[2], Settings()) is not None\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, source, path],
        env={**os.environ, "WHEREVER_CACHE": str(folder)},
        capture_output=True,
        text=True,
    )
    heavy = {"typing", "re", "enum", "hashlib", "_hashlib", "json", "subprocess", "pathlib",
             "logging", "dataclasses", "contextlib", "functools", "collections", "select",
             "wherever.engine.compiler", "wherever.engine.keep", "wherever.wasm"}  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not heavy & set(done.stdout.split())


# ----- damaged


def flip(path):
    with open(path, "r+b") as file:
        file.seek(2000)
        byte = file.read(1)
        file.seek(2000)
        file.write(bytes([byte[0] ^ 1]))


def truncate(path):
    os.truncate(path, 1000)


def link_to_a_copy(path):
    os.rename(path, path + ".copy")
    os.symlink(path + ".copy", path)


def give_a_second_name(path):
    os.link(path, path + ".second")


def let_others_write(path):
    os.chmod(path, 0o666)


def put_another_module_there(path):
    other = cache.artifact(NINE.encode(), Settings())
    os.replace(other.path, path)


def put_a_folder_there(path):
    os.unlink(path)
    os.mkdir(path)


DAMAGE = [flip, truncate, os.unlink, link_to_a_copy, give_a_second_name, let_others_write,
          put_another_module_there, put_a_folder_there]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damaged_code_is_not_used_and_made_anew(wat, damage):
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    whole = Path(made.path).read_bytes()
    damage(made.path)
    assert cache.cached(path, Settings()) is None
    again = cache.artifact(path, Settings())
    seen = os.lstat(again.path)
    assert cache.is_plain(seen)
    assert Path(again.path).read_bytes() == whole
    assert cache.cached(path, Settings()).path == again.path


def write_rubbish(path):
    path.write_bytes(os.urandom(400))


def write_rubbish_that_unmarshals_badly(path):
    path.write_bytes(path.read_bytes()[:8] + b"\xff" * 400)


def cut(path):
    os.truncate(path, 100)


def empty(path):
    os.truncate(path, 0)


def take_the_facts_of_another(path):
    other = facts_of(cache.artifact(NINE.encode(), Settings()))
    os.replace(other, path)


@pytest.mark.parametrize(
    "damage",
    [write_rubbish, write_rubbish_that_unmarshals_badly, cut, empty, os.unlink,
     take_the_facts_of_another],
    ids=lambda damage: damage.__name__,
)  # fmt: skip
def test_damaged_facts_are_not_believed(wat, damage):
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    damage(facts_of(made))
    assert cache.cached(path, Settings()) is None
    assert cache.artifact(path, Settings()).facts == made.facts
    assert cache.cached(path, Settings()).facts == made.facts


def test_both_files_of_another_module_under_this_name_are_not_used(wat):
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    other = cache.artifact(str(wat(NINE)), Settings())
    os.replace(other.path, made.path)
    os.replace(facts_of(other), facts_of(made))
    assert cache.cached(path, Settings()) is None
    assert cache.artifact(path, Settings()).facts == made.facts


def test_code_that_was_only_touched_is_hashed_once_and_used(wat):
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    os.utime(made.path, (1, 1))
    before = os.stat(made.path)
    assert cache.cached(path, Settings()).path == made.path
    assert cache.stamp(os.stat(made.path)) == cache.stamp(before)
    stamp = cache.read(str(facts_of(made)))[3]
    assert stamp == cache.stamp(before)


def test_the_note_about_a_source_may_be_damaged_too(wat, folder):
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    (note,) = folder.glob("memo-*")
    note.write_bytes(b"rubbish, and more of it")
    assert cache.cached(path, Settings()) is None
    assert cache.artifact(path, Settings()).path == made.path
    assert cache.cached(path, Settings()).path == made.path


def test_a_use_is_noted_once_a_day(wat):
    path = str(wat(SEVEN))
    made = cache.artifact(path, Settings())
    os.utime(facts_of(made), (1, 1))
    assert cache.cached(path, Settings()) is not None
    assert os.stat(facts_of(made)).st_mtime > 1


# ----- where


def test_where_the_folder_is(monkeypatch):
    for name in ("WHEREVER_CACHE", "WHEREVER_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    assert cache.folder() == "" or cache.folder().startswith("/")
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.folder() == "/home/ada/.cache/wherever"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.folder() == "/home/ada/Library/Caches/wherever"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/ada")
    assert cache.folder() == "/var/ada/wherever"
    monkeypatch.setenv("WHEREVER_HOME", "/srv/w")
    assert cache.folder() == "/srv/w/cache"
    monkeypatch.setenv("WHEREVER_CACHE", "/fast")
    assert cache.folder() == "/fast"


def test_without_any_home_there_is_no_folder(monkeypatch):
    for name in ("WHEREVER_CACHE", "WHEREVER_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert cache.folder() == ""
    assert cache.places() == []
    assert keep.problem("") == "there is no home folder for a cache"


def test_a_missing_source_is_nothing_cached(tmp_path):
    assert cache.cached(str(tmp_path / "no.wasm"), Settings()) is None
    assert cache.cached("with\0zero", Settings()) is None
    with pytest.raises(NotFound):
        cache.artifact("with\0zero", Settings())
