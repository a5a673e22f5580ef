"""From a name to a verified file: through pip and npm, once, and never something else."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.store.conftest import WASM, Registry, tarball, wheel
from wherever.errors import NotFound, RemoteError, WhereverError
from wherever.store import fetch
from wherever.store.catalogue import find
from wherever.store.program import Example, Part, Program

OTHER = b"\0asm\1\0\0\0\0\4\3xyz"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry(archive: bytes, wasm: bytes = WASM, parts: tuple[Part, ...] = ()) -> Program:
    """A catalogue entry for `pypi:it==1.0`, whose archive and file have these bytes."""
    return Program(
        name="it",
        version="1.0",
        ecosystem="pypi",
        package="it",
        package_version="1.0",
        path="it/it.wasm",
        sha256=sha256(wasm),
        size=len(wasm),
        archive_sha256=(sha256(archive),),
        download=len(archive),
        licence="MIT",
        summary="for tests",
        argv=("it",),
        parts=parts,
        example=Example(("-v",)),
    )


def refusal(reference: str | Program) -> str:
    with pytest.raises(WhereverError) as caught:
        fetch.program(reference)
    assert str(caught.value).isprintable()
    return str(caught.value)


def left_over(home: Path) -> list[str]:
    """What lies in the home besides locks."""
    files = [path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return sorted(path.name for path in files)


def test_a_program_is_fetched_once_and_then_needs_no_network(asks: Registry) -> None:
    archive = asks.put_wheel("it", "1.0", {"it/it.wasm": WASM, "it/other": b""})
    program = entry(archive)
    assert not fetch.is_kept(program)
    kept = fetch.program(program)
    assert Path(kept.path).read_bytes() == WASM
    assert (kept.sha256, kept.version, kept.program) == (sha256(WASM), "1.0", program)
    assert fetch.is_kept(program)
    asks.pages.clear()
    asks.asked.clear()
    assert fetch.program(program).path == kept.path
    assert asks.asked == []


def test_parts_of_one_archive_come_with_one_download(asks: Registry, fresh_home: Path) -> None:
    archive = asks.put_wheel("it", "1.0", {"it/it.wasm": WASM, "it/a.txt": b"part a"})
    part = Part(
        ecosystem="pypi",
        package="it",
        package_version="1.0",
        path="it/a.txt",
        guest="/usr/share/it/a.txt",
        sha256=sha256(b"part a"),
        size=6,
        archive_sha256=(sha256(archive),),
        download=len(archive),
    )
    kept = fetch.program(entry(archive, parts=(part,)))
    [(host, guest)] = kept.mounts
    assert guest == "/usr/share/it"
    assert os.listdir(host) == ["a.txt"]
    assert sum("files" in path for path, _ in asks.asked) == 1


def test_other_bytes_than_the_catalogue_knows_are_refused(asks: Registry, fresh_home: Path) -> None:
    promised = wheel({"it/it.wasm": WASM})
    served = asks.put_wheel("it", "1.0", {"it/it.wasm": OTHER})
    assert refusal(entry(promised)) == (
        "pypi:it 1.0 is not the archive that the catalogue knows: "
        f"its sha256 is {sha256(served)}; "
        "the index gave other bytes than the public one; nothing was kept"
    )
    # Even if the archive were the right one, the file inside it is looked at for itself.
    assert refusal(entry(served, wasm=OTHER[:-1] + b"Z")).startswith(
        "it/it.wasm in pypi:it 1.0 is not the file that the catalogue knows: its sha256 is "
    )
    assert left_over(fresh_home) == []


def test_a_damaged_file_is_fetched_again(asks: Registry) -> None:
    archive = asks.put_wheel("it", "1.0", {"it/it.wasm": WASM})
    path = Path(fetch.program(entry(archive)).path)
    path.chmod(0o600)
    path.write_bytes(b"harm")
    assert Path(fetch.program(entry(archive)).path).read_bytes() == WASM


def test_a_file_of_the_rest_of_the_world_is_kept_by_version(asks: Registry) -> None:
    asks.put_wheel("some-tool", "1.2", {"t/t.wasm": WASM})
    asks.put_npm("@scope/tool", "3.0.0", tarball({"dist/t.wasm": OTHER}))
    first = fetch.program("pypi:Some.Tool/t/t.wasm")
    assert (first.version, first.sha256, first.program) == ("1.2", sha256(WASM), None)
    second = fetch.program("npm:@scope/tool@3.0.0/dist/t.wasm")
    assert (second.version, Path(second.path).read_bytes()) == ("3.0.0", OTHER)
    asks.pages.clear()
    assert fetch.program("pypi:Some.Tool/t/t.wasm").path == first.path
    assert fetch.program("pypi:some-tool==1.2/t/t.wasm").path == first.path
    assert fetch.program("npm:@scope/tool@3.0.0/dist/t.wasm").path == second.path


def test_the_newest_version_stays_the_one_of_the_first_use(asks: Registry) -> None:
    asks.put_npm("tool", "1.0.0", tarball({"t.wasm": WASM}))
    assert fetch.program("npm:tool/t.wasm").version == "1.0.0"
    asks.put_npm("tool", "2.0.0", tarball({"t.wasm": OTHER}))
    assert fetch.program("npm:tool/t.wasm").version == "1.0.0"
    assert fetch.program("npm:tool@2.0.0/t.wasm").version == "2.0.0"


def test_the_same_version_with_other_bytes_is_refused(asks: Registry, fresh_home: Path) -> None:
    asks.put_npm("tool", "1.0.0", tarball({"t.wasm": WASM}))
    path = fetch.program("npm:tool/t.wasm").path
    os.unlink(path)
    asks.put_npm("tool", "1.0.0", tarball({"t.wasm": OTHER}))
    said = refusal("npm:tool/t.wasm")
    assert said.startswith(
        "npm:tool@1.0.0/t.wasm is not the file it was on its first use: "
        f"its sha256 was {sha256(WASM)} and is now {sha256(OTHER)}; "
        f"if you trust the change, remove {fresh_home}/seen/"
    )
    assert not os.path.exists(path)
    os.unlink(said.rpartition(" ")[2])
    assert refusal("npm:tool/t.wasm").startswith("npm:tool@1.0.0/t.wasm is not the file")


def test_what_is_not_there_is_said_with_what_is(asks: Registry, fresh_home: Path) -> None:
    asks.put_npm("tool", "1.0.0", tarball({"dist/t.wasm": WASM}))
    asks.put_wheel("some-tool", "1.2", {"t/t.wasm": WASM})
    assert refusal("npm:tool/t.wasm") == (
        "npm:tool 1.0.0 holds no file t.wasm; it holds dist/t.wasm"
    )
    assert refusal("npm:none/t.wasm") == (
        "npm has no none; npm view none versions shows what there is"
    )
    assert refusal("npm:tool@9.9.9/t.wasm") == (
        "npm has no tool@9.9.9; npm view tool versions shows what there is"
    )
    assert refusal("pypi:none-such-tool/t.wasm") == (
        "the index has no none-such-tool; check the package's name"
    )
    assert refusal("pypi:some-tool==9.9/t/t.wasm") == (
        "the index has no file of pypi:some-tool==9.9 that can be read without building it; "
        "choose another version; it has 1.2"
    )
    assert left_over(fresh_home) == []


def test_an_unknown_name_offers_near_ones(fresh_home: Path) -> None:
    with pytest.raises(NotFound) as caught:
        fetch.program("pyhton")
    assert str(caught.value) == (
        "no program is called pyhton; did you mean python? wherever programs lists all"
    )


def test_a_registry_out_of_reach_is_one_line(
    asks: Registry, monkeypatch: pytest.MonkeyPatch, fresh_home: Path
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    said = refusal("pypi:tool/t.wasm")
    assert "secret" not in said
    assert said.startswith(("pip could not fetch pypi:tool: ", "cannot reach 127.0.0.1: "))
    assert refusal("npm:tool/t.wasm").startswith("npm could not fetch npm:tool: ")
    assert left_over(fresh_home) == []


def test_an_sdist_is_read_and_never_run(asks: Registry, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    setup = f"open({str(proof)!r}, 'w')\nraise SystemExit('built')\n".encode()
    archive = tarball({"setup.py": setup, "t.wasm": WASM}, top="tool-1.0")
    asks.put("/files/tool-1.0.tar.gz", archive)
    asks.put_links("tool", [("tool-1.0.tar.gz", archive)])
    assert fetch.program("pypi:tool/t.wasm").sha256 == sha256(WASM)
    assert not proof.exists()


def test_a_package_of_many_files_is_as_good_as_one_of_few(asks: Registry) -> None:
    """npm names every file of the package on its stdout: here, in more than 64 KiB."""
    many = {f"lib/a-file-with-a-rather-long-name-{n}.js": b"" for n in range(1500)}
    asks.put_npm("tool", "1.0.0", tarball({**many, "t.wasm": WASM}))
    assert fetch.program("npm:tool/t.wasm").version == "1.0.0"


def test_no_script_of_an_npm_package_runs(asks: Registry, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    scripts = f'{{"name":"tool","version":"1.0.0","scripts":{{"prepack":"touch {proof}",\
"prepare":"touch {proof}","install":"touch {proof}","postinstall":"touch {proof}"}}}}'
    archive = tarball({"package.json": scripts.encode(), "t.wasm": WASM})
    asks.put_npm("tool", "1.0.0", archive)
    assert fetch.program("npm:tool/t.wasm").sha256 == sha256(WASM)
    assert not proof.exists()


def test_the_folder_one_stands_in_decides_nothing(
    asks: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / ".npmrc").write_text("registry=http://127.0.0.1:9/\n")
    (trap / "package.json").write_text("{}")
    (trap / "pip.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(trap)
    asks.put_npm("tool", "1.0.0", tarball({"t.wasm": WASM}))
    asks.put_wheel("tool", "1.0", {"t.wasm": WASM})
    fetch.program("npm:tool/t.wasm")
    fetch.program("pypi:tool/t.wasm")
    assert not (tmp_path / "ran").exists()


def test_two_processes_download_once(asks: Registry, fresh_home: Path) -> None:
    asks.put_npm("tool", "1.0.0", tarball({"t.wasm": WASM}))
    code = "from wherever.store import fetch; print(fetch.program('npm:tool/t.wasm').sha256)"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [each.communicate()[0] for each in both] == [f"{sha256(WASM)}\n"] * 2
    assert sum(path.startswith("/tarballs/") for path, _ in asks.asked) == 1


def test_ctrl_c_leaves_nothing_half_kept(asks: Registry, fresh_home: Path) -> None:
    """The index answers, and then its file never comes."""
    asks.put_wheel("tool", "1.0", {"t.wasm": WASM})
    asks.stalled.add("/files/tool-1.0-py3-none-any.whl")
    slow = "import time\nimport wherever.store.tool as t\nt.POLL_S = 0.02\n"
    code = (
        f"{slow}from wherever.store import fetch\n"
        "seen = lambda what, done, total: print('going', flush=True)\n"
        "fetch.program('pypi:tool/t.wasm', progress=seen)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    while ("/files/tool-1.0-py3-none-any.whl", "") not in asks.asked:
        assert process.stdout.readline() == "going\n"
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=10)
    assert stderr.strip().endswith("KeyboardInterrupt")
    assert left_over(fresh_home) == []
    assert [path.name for path in (fresh_home / "fetching").iterdir() if path.is_dir()] == []


def test_what_a_killed_fetch_left_is_cleared_by_the_next(asks: Registry, fresh_home: Path) -> None:
    archive = asks.put_wheel("it", "1.0", {"it/it.wasm": WASM})
    litter = fresh_home / "fetching" / sha256(archive) / "work" / "half"
    litter.parent.mkdir(parents=True)
    litter.write_bytes(b"half")
    for folder in (fresh_home, fresh_home / "fetching"):
        folder.chmod(0o700)
    fetch.program(entry(archive))
    assert not litter.exists()


def test_a_full_disk_is_said_in_words(
    asks: Registry, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks.put_wheel("it", "1.0", {"it/it.wasm": b"\0" * 5000})
    code = (
        "import resource, signal, sys\n"
        "from wherever.errors import WhereverError\n"
        "from wherever.store import archive\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "real = archive.extract\n"
        "def full(*args, **more):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "    real(*args, **more)\n"
        "archive.extract = full\n"
        "from wherever.store import fetch\n"
        "try:\n"
        "    fetch.program('pypi:it/it/it.wasm')\n"
        "except WhereverError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == (
        f"cannot keep files in {fresh_home}: File too large; "
        "make room there, or set WHEREVER_HOME to a folder that can be written\n"
    )
    assert left_over(fresh_home) == []


def test_kept_programs_start_without_heavy_imports(program_home: Path) -> None:
    code = (
        "import sys; from wherever.store import fetch; fetch.program('quickjs');"
        "print([name for name in ('subprocess', 'hashlib', 'zipfile', 'tarfile', 'urllib.request',"
        " 'json', 're', 'shutil', 'typing') if name in sys.modules])"
    )
    environment = {**os.environ, "WHEREVER_HOME": str(program_home)}
    quickjs = find("quickjs")
    assert quickjs is not None
    for expected in (None, "[]\n"):
        done = subprocess.run(
            [sys.executable, "-S", "-c", code],
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        assert expected is None or done.stdout == expected


def test_a_folder_that_grows_without_end_ends_the_tool(
    asks: Registry, monkeypatch: pytest.MonkeyPatch, fresh_home: Path
) -> None:
    monkeypatch.setattr("wherever.store.tool.ARCHIVE_LIMIT", 100)
    monkeypatch.setattr("wherever.store.tool.POLL_S", 0.005)
    asks.put_wheel("tool", "1.0", {"t.wasm": os.urandom(4 << 20)})
    began = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        fetch.program("pypi:tool/t.wasm")
    assert caught.value.what == "pypi:tool is larger than 0 MiB"
    assert time.monotonic() - began < 10
    assert left_over(fresh_home) == []
