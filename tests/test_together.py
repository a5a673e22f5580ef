"""The modules of a start in one file: used while it fits, and made anew when it does not."""

import marshal
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import wherever as package

FIRST = ("wherever.cli", "wherever.cli.main", "wherever.together")
GUEST = '(module (memory (export "memory") 1) (func (export "_start")))'


@pytest.fixture
def copy(tmp_path, wat, wherever):
    """A copy of the package, and a plain run of a guest with it, which says what Python loaded."""
    home = tmp_path / "site" / "wherever"
    source = Path(package.__file__).parent
    shutil.copytree(source, home, ignore=shutil.ignore_patterns("__pycache__"))
    guest = wat(GUEST)
    assert wherever("compile", guest).exit_code == 0
    places = [str(tmp_path / "site"), str(Path(find_spec("wasmtime").origin).parent.parent)]
    code = (
        f"import sys; sys.path[:0] = {places!r};"
        "from wherever.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )

    python = [sys.executable, "-I", "-S", "-X", "importtime"]

    def imports(*words, options=()):
        done = subprocess.run(
            [*python, *options, "-c", code, "run", *words, guest],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (0, "")
        loaded = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
        return [name for name in loaded if name.startswith("wherever.") and name not in FIRST]

    def run(*words, options=()):
        return "wherever.run.job" in imports(*words, options=options)

    run.imports = imports
    run.home = home
    run.file = home / "__pycache__" / f"start.{sys.implementation.cache_tag}.bin"
    return run


def test_the_first_plain_run_writes_it_and_the_second_uses_it(copy):
    one_by_one = copy("--stats")
    assert one_by_one and not copy.file.exists()
    while not copy.file.exists():  # until no better code is being made for the guest
        assert copy()
    assert not copy()
    assert not copy("--stats")


def test_a_run_that_does_not_go_by_the_front_door_has_a_second_file(copy, monkeypatch):
    while not copy.file.exists():
        copy()
    rest = copy.home / "__pycache__" / copy.file.name.replace("start", "direct")
    assert not rest.exists()
    monkeypatch.setenv("WHEREVER_ACCELERATOR", "0")
    assert "wherever.run.direct" in copy.imports()
    assert rest.exists()
    assert "wherever.run.direct" not in copy.imports()
    # Neither file holds what the other way does not need.
    names = [
        [entry[0] for entry in marshal.loads(file.read_bytes())[1]] for file in (copy.file, rest)
    ]
    assert "wherever.run.plain" in names[0] and "wherever.run.direct" in names[1]
    assert not set(names[0]) & set(names[1])
    assert not [name for name in names[0] if name.startswith("wherever.wasi")]


def test_limits_are_read_without_another_file(copy):
    limits = ("--memory", "64m", "--timeout", "5")
    copy("--stats")
    assert not copy.file.exists()
    while not copy.file.exists():
        copy(*limits)
    assert copy.imports() == copy.imports(*limits) == []


def test_a_changed_source_is_seen_and_the_file_made_anew(copy):
    while not copy.file.exists():
        copy()
    before = copy.file.stat().st_mtime_ns
    with open(copy.home / "run" / "mounts.py", "a") as source:
        source.write("# not part of a plain start\n")
    assert not copy()
    with open(copy.home / "run" / "job.py", "a") as source:
        source.write("# changed\n")
    assert copy()
    assert copy.file.stat().st_mtime_ns != before
    assert not copy()
    (copy.home / "run" / "job.py").touch()
    assert copy()


@pytest.mark.parametrize("data", [b"", b"garbage", b"\xe9\0\0\0\0", b"N", b"(\2\0\0\0i\1\0\0\0N"])
def test_a_file_that_is_not_ours_is_not_used(copy, data):
    while not copy.file.exists():
        copy()
    copy.file.write_bytes(data)
    assert copy()
    assert copy.file.read_bytes() != data
    assert not copy()


def test_where_it_cannot_be_kept_nothing_is_lost(copy):
    assert copy(options=["-B"])
    shutil.rmtree(copy.home / "__pycache__", ignore_errors=True)
    (copy.home / "__pycache__").touch()
    assert copy()
    assert copy()


def test_it_can_be_read_by_all_who_can_read_the_package(copy):
    while not copy.file.exists():
        copy()
    assert os.stat(copy.file).st_mode & 0o777 == 0o644
    assert not [name for name in os.listdir(copy.file.parent) if name.startswith("tmp")]


def test_what_a_traceback_and_the_import_system_ask_of_a_module_is_there(copy):
    while not copy.file.exists():
        copy()
    code = (
        f"import sys; sys.path.insert(0, {str(copy.home.parent)!r});"
        "from wherever import together; assert together.load('start');"
        "from wherever.run import job as it; from wherever import engine as room;"
        "import importlib.util as util;"
        "print(it.__file__, it.__package__, it.__spec__.name);"
        "print(it.Job.to_bytes.__code__.co_filename);"
        "print(room.__path__, room.__spec__.submodule_search_locations);"
        "print(util.find_spec('wherever.engine.trap').origin, it.__doc__)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    home = copy.home
    assert done.stdout.splitlines() == [
        f"{home}/run/job.py wherever.run wherever.run.job",
        f"{home}/run/job.py",
        f"['{home}/engine'] ['{home}/engine']",
        f"{home}/engine/trap.py None",
    ]


def test_gathering_and_loading_in_a_process_that_has_them_all(monkeypatch, tmp_path):
    from wherever import together
    from wherever.cli import gather, main
    from wherever.run import words

    assert main and words
    monkeypatch.setattr(together, "path", lambda part: str(tmp_path / f"{part}.bin"))
    monkeypatch.setattr(together, "loaded", set())
    assert not together.load("start")
    assert gather.save("start", sys.modules)
    # What is there stays what it is, and what is missing is loaded.
    monkeypatch.delitem(sys.modules, "wherever.run.words")
    assert together.load("start") and together.loaded == {"start"}
    fresh = sys.modules["wherever.run.words"]
    assert fresh is not words and fresh.words("interrupted") == ("interrupted", "")
    assert sys.modules["wherever.cli.main"] is main
    sys.modules["wherever.run"].words = words


def test_a_module_that_breaks_is_not_left_half_loaded(monkeypatch, tmp_path):
    from wherever import together

    source = tmp_path / "wherever.broken.py"
    source.touch()
    seen = source.stat()
    code = compile("raise ZeroDivisionError", str(source), "exec")
    entry = ("wherever.broken", str(source), False, seen.st_size, seen.st_mtime_ns, code)
    monkeypatch.setattr(together, "path", lambda part: str(tmp_path / f"{part}.bin"))
    (tmp_path / "start.bin").write_bytes(marshal.dumps((together.STAMP, [entry])))
    with pytest.raises(ZeroDivisionError):
        together.load("start")
    assert "wherever.broken" not in sys.modules


def test_a_source_that_is_gone_is_not_gathered(monkeypatch, tmp_path):
    from wherever import errors
    from wherever.cli import gather

    monkeypatch.setattr(errors, "__file__", str(tmp_path / "no.py"))
    assert not gather.save("start", sys.modules)
