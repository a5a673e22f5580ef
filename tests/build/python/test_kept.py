"""A component is made again when something that it is made of changes, and only then."""

import os

import pytest

from wherever.build import building, command
from wherever.build.project import find
from wherever.build.python import kept
from wherever.errors import InputError

MANIFEST = """
[package]
name = "acme:words"
version = "1.0.0"
kind = "library"
[build]
language = "python"
main = "words.py"
flags = {flags}
"""


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """A folder of its own for what is kept."""
    folder = tmp_path / "caches"
    folder.mkdir()
    monkeypatch.setattr(command, "caches", lambda name: folder)
    return folder


def test_whatever_changes_gives_another_key(tmp_path):
    folder, file = tmp_path / "app", tmp_path / "maker.py"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.wit").write_text("one")
    file.write_text("two")

    def key(*words, place=tmp_path):
        return kept.key((folder, file), words, [(place, "")])

    first = key(f"{tmp_path}/app", "-w", "x")
    seen = {first}
    assert key(f"{tmp_path}/app", "-w", "x") == first
    elsewhere = kept.key((folder, file), ["/else/where/app", "-w", "x"], [("/else/where", "")])
    assert elsewhere == first
    stamp = os.stat(folder / "inner" / "a.wit")
    (folder / "inner" / "a.wit").write_text("eno")
    os.utime(folder / "inner" / "a.wit", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    seen.add(key(f"{tmp_path}/app", "-w", "x"))
    seen.add(key(f"{tmp_path}/app", "-wx"))
    (folder / "inner" / "a.wit").rename(folder / "inner" / "b.wit")
    seen.add(key(f"{tmp_path}/app", "-w", "x"))
    file.write_text("")
    (folder / "inner" / "b.wit").write_text("enotwo")
    seen.add(key(f"{tmp_path}/app", "-w", "x"))
    assert len(seen) == 5


def test_what_was_kept_is_given_back_only_whole(tmp_path, shelf):
    made, out = tmp_path / "made", tmp_path / "out"
    made.write_bytes(b"component" * 1000)
    assert not kept.find("aa", out)
    kept.keep("aa", made)
    assert kept.find("aa", out)
    assert out.read_bytes() == made.read_bytes()
    (path,) = (shelf / "made").iterdir()
    path.write_bytes(b"Component" * 1000)
    out.unlink()
    assert not kept.find("aa", out)
    assert not out.exists() and not path.exists()


def test_the_ones_used_last_stay(tmp_path, shelf):
    made, out = tmp_path / "made", tmp_path / "out"
    for number in range(kept.MOST + 3):
        made.write_bytes(str(number).encode())
        kept.keep(f"{number:02}", made)
        for at, path in enumerate(sorted((shelf / "made").iterdir())):
            os.utime(path, (1000 + at, 1000 + at))
        assert kept.find("00", out)  # it is used all the time
    names = sorted(path.name[:2] for path in (shelf / "made").iterdir())
    assert len(names) == kept.MOST
    assert names[0] == "00" and names[-1] == f"{kept.MOST + 2:02}"


def test_a_build_makes_what_changed_and_nothing_else(project, monkeypatch):
    made = []
    real = command.run

    def run(words, **rest):
        if rest["label"] != "componentize-py":
            return real(words, **rest)
        made.append(words)
        out = words[words.index("-o") + 1]
        out.write_bytes(b"\0asm\x0d\0\1\0" + b"\0\6\4made" + bytes([len(made)]))
        return ""

    monkeypatch.setattr(command, "run", run)

    def build(source, wit="", flags="[]", trusted=False):
        (project / "wherever.toml").write_text(MANIFEST.format(flags=flags))
        (project / "words.py").write_text(source)
        if wit:
            (project / "wit").mkdir(exist_ok=True)
            (project / "wit" / "world.wit").write_text(wit)
        before = len(made)
        building.build(find(project), lambda text: None, allow_build_scripts=trusted)
        return len(made) > before

    one = "def f() -> int:\n    return 1\n"
    assert build(one)
    assert not build(one)
    assert build(one.replace("1", "2"))
    assert build(one.replace("int", "str"))
    assert not build(one)
    (project / "other.py").write_text("x = 1\n")
    assert not build(one)
    assert build(f"import other\n{one}")
    (project / "other.py").write_text("x = 2\n")
    assert build(f"import other\n{one}")
    assert build(one, flags='["-s"]')
    with pytest.raises(InputError, match=r"-s \(--stub-wasi\) can be given"):
        build(one, flags='["-o", "../elsewhere"]')
    for _ in range(2):  # nobody knows what it names
        assert build(one, flags='["-p", "."]', trusted=True)
    assert build(one, wit="package a:b; world w { export f: func() -> s64; }")
    assert not build(one)
    assert build(one, wit="package a:b; world w { export f: func() -> u64; }")
