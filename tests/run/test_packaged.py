"""A package runs from its folder, from a layout, and by its name, with what it says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import wherever
from tests.wasi.guests import guest
from wherever.package import artifact, layout, manifest, shelf
from wherever.run import packaged
from wherever.run.job import Job
from wherever.run.program import Program

TOML = """
[package]
name = "acme:tool"
version = "1.0.0"

[[command]]
name = "tool"
args = ["--first"]
env = { WHO = "package", KEPT = "yes" }
workdir = "/data"

[limits]
memory = "8m"

[files]
"/data" = "data"
"""
FILES = {"/data/a.txt": b"a file"}
# Says its arguments, each with a zero byte after it, then its variables.
TELLS = """(drop (call $args_sizes_get (i32.const 900) (i32.const 904)))
  (drop (call $args_get (i32.const 2048) (i32.const 4096)))
  (call $say (i32.const 1) (i32.const 4096) (i32.load (i32.const 904)))
  (drop (call $environ_sizes_get (i32.const 900) (i32.const 904)))
  (drop (call $environ_get (i32.const 2048) (i32.const 8192)))
  (call $say (i32.const 1) (i32.const 8192) (i32.load (i32.const 904)))"""


@pytest.fixture
def packed(fresh_home: Path) -> artifact.Packed:
    from wasmtime import wat2wasm

    extra = "".join(
        f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param i32 i32) (result i32)))'
        for name in ("args_get", "environ_get")
    )
    text = guest(TELLS, "args_sizes_get", "environ_sizes_get").decode()
    wasm = bytes(wat2wasm(text.replace("(module", f"(module {extra}", 1)))
    return artifact.pack(wasm, manifest.parse(TOML), FILES)


def words(outcome: wherever.Outcome) -> list[str]:
    assert outcome.ended == "exited", outcome.message
    return outcome.stdout.decode().split("\0")[:-1]


def test_a_layout_is_run_with_what_its_manifest_says(
    packed: artifact.Packed, tmp_path: Path
) -> None:
    layout.write(tmp_path / "layout", packed, "1.0.0")
    said = words(wherever.run(tmp_path / "layout", ["last"], env={"WHO": "user"}))
    assert said[:3] == ["tool", "--first", "last"]
    assert sorted(said[3:]) == ["KEPT=yes", "PWD=/data", "WHO=user"]


def test_a_folder_runs_what_was_built_there_last(packed: artifact.Packed, tmp_path: Path) -> None:
    (tmp_path / "wherever.toml").write_text(TOML)
    with pytest.raises(wherever.NotRunnable) as caught:
        wherever.run(tmp_path)
    assert str(caught.value) == f"{tmp_path}: it was not built yet; wherever build {tmp_path}"
    layout.write(tmp_path / "build" / "package", packed, "1.0.0")
    assert words(wherever.run(tmp_path))[:2] == ["tool", "--first"]


def test_a_package_on_the_shelf_is_run_by_its_name(packed: artifact.Packed) -> None:
    shelf.put(packed)
    assert words(wherever.run("acme:tool"))[0] == "tool"
    assert words(wherever.run("acme:tool@1.0.0"))[0] == "tool"
    for what, said in (
        ("acme:tol", "there is no such package here"),
        ("acme:tool@2.0.0", "there is no such version here; there is 1.0.0"),
    ):
        with pytest.raises(wherever.NotFound) as caught:
            wherever.run(what)
        assert said in str(caught.value)


def test_a_name_alone_means_the_newest_release(packed: artifact.Packed) -> None:
    for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
        text = TOML.replace("1.0.0", version)
        shelf.put(artifact.pack(packed.wasm_bytes, manifest.parse(text)))
    chosen = packaged.from_shelf("acme:tool").package
    assert chosen is not None
    assert str(chosen.manifest.version) == "1.10.0"
    chosen = packaged.from_shelf("acme:tool@2.0.0-rc.1").package
    assert chosen is not None
    assert str(chosen.manifest.version) == "2.0.0-rc.1"


def test_of_prereleases_alone_the_newest_is_meant(packed: artifact.Packed) -> None:
    for version in ("1.0.0-alpha", "1.0.0-rc.1"):
        text = TOML.replace("1.0.0", version)
        shelf.put(artifact.pack(packed.wasm_bytes, manifest.parse(text)))
    chosen = packaged.from_shelf("acme:tool").package
    assert chosen is not None
    assert str(chosen.manifest.version) == "1.0.0-rc.1"


def test_any_of_its_commands_can_be_started(packed: artifact.Packed, tmp_path: Path) -> None:
    more = '[[command]]\nname = "plain"\nenv = { MODE = "plain" }\n[limits]'
    toml = manifest.parse(TOML.replace("[limits]", more))
    layout.write(tmp_path / "layout", artifact.pack(packed.wasm_bytes, toml, FILES), "1.0.0")

    def run(*options: str) -> tuple[int, list[str], str]:
        done = subprocess.run(
            [sys.executable, "-m", "wherever", "run", "-q", *options, "layout", "last"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout.split("\0")[:-1], done.stderr

    assert run("--command", "plain") == (0, ["tool", "last", "MODE=plain"], "")
    code, said, _ = run("--command", "tool")
    assert (code, said[:3]) == (0, ["tool", "--first", "last"])
    assert run("--command", "plan") == (
        127,
        [],
        "wherever: the package has no command called 'plan'; did you mean plain?\n",
    )


def test_only_a_package_has_commands(tmp_path: Path) -> None:
    with pytest.raises(wherever.InputError) as caught:
        packaged.start_with(Program("tool.wasm", "tool.wasm"), "plain")
    assert str(caught.value) == (
        "tool.wasm is no package, so it has no commands; leave --command away"
    )


def test_its_files_lie_in_a_folder_that_can_only_be_read(packed: artifact.Packed) -> None:
    shelf.put(packed)
    program = packaged.from_shelf("acme:tool")
    ((host, inside, read_only),) = program.mounts
    assert (inside, read_only) == ("/data", True)
    assert Path(host, "a.txt").read_text() == "a file"
    assert packaged.from_shelf("acme:tool").mounts == program.mounts


def test_what_one_who_was_killed_left_of_its_files_is_never_used(
    packed: artifact.Packed, fresh_home: Path
) -> None:
    shelf.put(packed)
    digest = packed.wasm_digest.partition(":")[2]
    # In containers that share a data folder, two have the same process id.
    for left in (f"unpacked/{digest}.{os.getpid()}", f"fetching/unpack-{digest}/files"):
        half = fresh_home / left / "data"
        half.mkdir(parents=True)
        (half / "half").write_text("written")
        half.parent.chmod(0o700)
    for room in ("unpacked", "fetching"):
        (fresh_home / room).chmod(0o700)
    ((host, _, _),) = packaged.from_shelf("acme:tool").mounts
    assert os.listdir(host) == ["a.txt"]
    assert (fresh_home / f"unpacked/{digest}.{os.getpid()}/data/half").exists()
    assert not (fresh_home / f"fetching/unpack-{digest}").exists()


def test_many_that_unpack_at_once_all_find_the_whole(packed: artifact.Packed) -> None:
    shelf.put(packed)
    script = "from wherever.run import packaged; print(packaged.from_shelf('acme:tool').mounts)"
    running = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(4)
    ]
    said = {each.communicate()[0] for each in running}
    assert [each.returncode for each in running] == [0] * 4
    assert said == {f"{packaged.from_shelf('acme:tool').mounts}\n".encode()}


def test_its_limits_narrow_and_never_widen(packed: artifact.Packed) -> None:
    shelf.put(packed)
    program = packaged.from_shelf("acme:tool")
    for before, named, after in ((1 << 30, (), 8 << 20), (1 << 20, (), 1 << 20)):
        job = Job("", [])
        job.memory = before
        program.narrow(job, named)
        assert job.memory == after
    job = Job("", [])
    job.memory = 64 << 20
    program.narrow(job, {"memory"})
    assert job.memory == 64 << 20
