"""Folders of handlers, beside what programs of `run` make of theirs.

One text in C is built as a command and as a handler. Both do the same things with the same files,
as chance will have it; what each says, and what is left, must be alike.
Then a site in Python keeps notes in files, and a file of 1 GiB goes out and comes in.

Run it with `scripts/conformance folders`.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import wherever
from tests.conformance import tools
from tests.conftest import ROOT
from tests.edge.abuse.serving import Real, app, real
from tests.edge.guest.building import guest

SOURCES = Path(__file__).parent / "files"
MIB = 1 << 20
ROUNDS, LINES = 12, 400
LETTERS = "rwxaonsimdufhyktce"
NAMES = ("a", "b", "c", "d/a", "d/b", "d/e/f", "d", "d/e", "link", "d/up", "round", "out")
WAYS = ("/data/{}", "/data/./{}", "/data/{}/", "/data/d/../{}", "/data/{}/..", "/data/../{}")


def results() -> Iterator[tuple[str, str]]:
    """All of it: a name, and what is wrong."""
    with tempfile.TemporaryDirectory() as base:
        yield from _alike(Path(base))
    with tempfile.TemporaryDirectory() as base:
        yield from _notes(Path(base))
    with tempfile.TemporaryDirectory() as base:
        yield from _large(Path(base))


def _built(folder: Path, *options: str) -> Path:
    """A project as `wherever new` makes it, with what was written into it, built."""
    run = [sys.executable, "-m", "wherever"]
    if not folder.exists():
        subprocess.run([*run, "new", str(folder), *options], check=True, capture_output=True)
        return folder
    built = subprocess.run([*run, "build", str(folder)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


# ----- a command and a handler


def _alike(base: Path) -> Iterator[tuple[str, str]]:
    command = _built(base / "command", "--lang", "c")
    handler = _built(base / "handler", "--lang", "c", "--kind", "http")
    for folder, name in ((command, "main.c"), (handler, "site.c")):
        shutil.copy(SOURCES / "acts.h", folder)
        shutil.copy(SOURCES / ("command.c" if name == "main.c" else "handler.c"), folder / name)
        _built(folder)
    program = tools.component(next((command / "build").glob("*.wasm")), base / "component")
    folder = base / "served"
    folder.mkdir()
    for mode in ("", ":ro"):
        granted, kind = f"{folder}:/data{mode}", f"alike{mode.replace(':', '-')}"
        with real(base, app("acts", handler, f'files = ["{granted}"]')) as served:
            for number in range(ROUNDS):
                text = _lines(random.Random(number))
                _laid(folder)
                theirs = _asked(served, "/acts/", text)[1].decode().split("\n")
                left = _state(folder)
                _laid(folder)
                ran = wherever.run(program, dirs=[granted], input=text)
                wrong = _differ(text, theirs, ran.stdout.decode().split("\n"))
                if left != _state(folder):
                    wrong.append("the folder is left another one")
                yield f"{kind}/{number}", "; ".join(wrong[:4])


def _lines(chance: random.Random) -> bytes:
    def path() -> str:
        way = chance.choice(WAYS) if chance.random() < 0.3 else WAYS[0]
        return way.format(chance.choice(NAMES))

    return "".join(f"{chance.choice(LETTERS)} {path()} {path()}\n" for _ in range(LINES)).encode()


def _laid(folder: Path) -> None:
    """The files that both begin with."""
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
    (folder / "d" / "e").mkdir(parents=True)
    (folder / "a").write_text("the first\n")
    (folder / "d" / "b").write_text("another\n" * 100)
    for name, target in {"link": "d/b", "round": "round", "out": "../secret", "d/up": ".."}.items():
        (folder / name).symlink_to(target)
    (folder.parent / "secret").write_text("nobody's\n")


def _state(folder: Path) -> list[tuple[object, ...]]:
    found = []
    for path in [folder.parent / "secret", *sorted(folder.rglob("*"))]:
        what = os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
        found.append((path.relative_to(folder.parent), path.lstat().st_mode, what))
    return found


def _differ(text: bytes, theirs: list[str], ours: list[str]) -> list[str]:
    lines = text.decode().split("\n")
    return [
        f"{line}: {one!r} served, {other!r} run"
        for line, one, other in zip(lines, theirs, ours, strict=True)
        if one != other and not (_is_odd(line) and _is_refused(one) and _is_refused(other))
    ]


def _is_odd(line: str) -> bool:
    """Whether the kernel and the engine's library may give different reasons for refusing it."""
    return any(path.endswith(("/", "..")) for path in line.split())


def _is_refused(said: str) -> bool:
    return not (said == "done" or said.startswith("wrote") or said[:1].isdigit())


# ----- a site in Python


def _notes(base: Path) -> Iterator[tuple[str, str]]:
    site = _built(base / "notes", "--lang", "python", "--kind", "http")
    shutil.copy(SOURCES / "app.py", site)
    _built(site)
    (base / "kept").mkdir()
    note = os.urandom(300_000)
    with real(base, app("notes", site, 'files = ["kept:/data"]')) as served:
        said = [
            _asked(served, "/notes/none"),
            _asked(served, "/notes/one", note),
            _asked(served, "/notes/two", b"second"),
            _asked(served, "/notes/one"),
            _asked(served, "/notes/"),
        ]
    bodies = b"300000", b"6", note, b"one\ntwo"
    expected = [(404, b"FileNotFoundError"), *((200, body) for body in bodies)]
    yield "python/notes", "" if said == expected else f"{[str(each)[:60] for each in said]}"
    left = sorted(path.name for path in (base / "kept" / "notes").iterdir())
    yield "python/left", "" if left == ["one", "two"] else f"{left}"


def _asked(served: Real, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of the answer to a `POST`, or a `GET` without a body."""
    connection = HTTPConnection(*served.address, timeout=60)
    try:
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# ----- what is larger than any memory


def _large(base: Path) -> Iterator[tuple[str, str]]:
    """1 GiB out of a file and into one, in memory that does not grow with it."""
    (base / "data").mkdir()
    for name, size in (("some", 16 * MIB), ("large", 1024 * MIB)):
        with (base / "data" / name).open("wb") as file:
            file.truncate(size)
    long = 'limits = { timeout = "5m", cpu_time = "5m", disk = "2g" }'
    told = app("files", guest("files"), 'files = ["data:/data"]', 'body = "stream"', long)
    with real(base, told) as served:
        for way in ("send", "splice"):
            _sent(served, f"/files/{way}?some")
            before = served.held().memory
            size, most = _sent(served, f"/files/{way}?large")
            yield f"large/{way}", _judged(way, size, most - before)
        _kept(served, 16)
        before = served.held().memory
        said, most = _kept(served, 1024)
        size = (base / "data" / "kept").stat().st_size
        wrong = "" if said == b"%d closed" % (1024 * MIB) else f"{said!r}; "
        yield "large/keep", wrong + _judged("keep", size, most - before)


def _judged(way: str, size: int, grown: int) -> str:
    print(f"folders: {way} of 1 GiB: {grown / MIB:.1f} MiB more at most", flush=True)
    wrong = "" if size == 1024 * MIB else f"{size} bytes came; "
    return wrong + (f"it took {grown >> 20} MiB of memory" if grown > 16 * MIB else "")


def _sent(served: Real, path: str) -> tuple[int, int]:
    """How many bytes came of a body in chunks, and the most memory that the server had."""
    count = most = pieces = 0
    with socket.create_connection(served.address, 60) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        answer = sock.makefile("rb", MIB)
        while answer.readline().strip():
            pass
        while size := int(answer.readline(), 16):
            answer.read(size + 2)
            count += size
            pieces += 1
            if pieces % 256 == 0:
                most = max(most, served.held().memory)
    return count, most


def _kept(served: Real, mebibytes: int) -> tuple[bytes, int]:
    """What the guest says that it kept, and the most memory that the server had."""
    size, most, piece = mebibytes * MIB, 0, bytes(MIB)
    with socket.create_connection(served.address, 60) as sock:
        sock.sendall(
            f"POST /files/keep?kept HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            f"content-length: {size}\r\n\r\n".encode()
        )
        for number in range(mebibytes):
            sock.sendall(piece)
            if number % 16 == 0:
                most = max(most, served.held().memory)
        said = b"".join(iter(lambda: sock.recv(65536), b""))
    return said.partition(b"\r\n\r\n")[2], most


if __name__ == "__main__":
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    bad = [(name, wrong) for name, wrong in results() if wrong]
    print("\n".join(f"{name}: {wrong}" for name, wrong in bad) or "folders: all well")
    sys.exit(bool(bad))
