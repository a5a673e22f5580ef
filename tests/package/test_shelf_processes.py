"""The shelf among processes: many at once, killed ones, a full disk, and no right to write."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.package.making import TOOL, package, v
from wherever.package import layout, shelf

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.usefixtures("fresh_home")


def base() -> Path:
    return Path(shelf.folder())


def tree() -> set[str]:
    """Every file of the shelf that holds something of a package."""
    found = (base() / "blobs").rglob("*")
    return {str(path.relative_to(base())) for path in found if path.is_file()}


def python(code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", code, *words]


WRITER = """
import os, signal, sys
from tests.package.making import MODULE, TOOL, package, section, v
from wherever.package import shelf
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    pid = os.fork()
    while not pid:
        for minor in range(3):
            noise = section(os.urandom(100_000), b"noise")
            shelf.put(package(f"{int(line) % 4}.{minor}.0", wasm=MODULE + noise))
        shelf.remove(TOOL, v(f"{int(line) % 4}.0.0"))
        shelf.prune()
    print(pid, flush=True)
"""


def test_a_writer_that_is_killed_fifty_times_leaves_nothing_wrong(
    unmeasured: dict[str, str],
) -> None:
    chance = random.Random(3)
    kept = package("9.0.0")
    shelf.put(kept)
    with subprocess.Popen(
        python(WRITER),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=unmeasured,
        text=True,
        bufsize=1,
    ) as nursery:
        assert nursery.stdin is not None and nursery.stdout is not None
        for number in range(50):
            nursery.stdin.write(f"{number}\n")
            pid = int(nursery.stdout.readline())
            time.sleep(chance.random() * 0.08)
            os.kill(pid, signal.SIGKILL)
            for entry in shelf.entries():
                assert entry.damage == ""
            for entry in layout.index(shelf.folder()):
                layout.read(shelf.folder(), layout.tag_of(entry))
            if number % 10 == 9:
                shelf.put(package(f"8.{number}.0"))
        nursery.stdin.close()
    assert shelf.get(TOOL, v("9.0.0")).digest == kept.digest
    assert [str(e.version) for e in shelf.entries() if e.version >= v("8.0.0")] == [
        *[f"8.{number}.0" for number in (9, 19, 29, 39, 49)],
        "9.0.0",
    ]
    shelf.prune()
    assert shelf.usage().unused == 0


MANY = """
import sys
from tests.package.making import TOOL, package, v
from wherever.package import shelf
for minor in range(6):
    shelf.put(package(f"{sys.argv[1]}.{minor}.0"))
    shelf.prune()
    for entry in shelf.entries():
        assert shelf.get(entry.name, entry.version).digest == entry.digest
"""


def test_four_processes_put_and_prune_at_once_and_lose_nothing(unmeasured: dict[str, str]) -> None:
    writers = [
        subprocess.Popen(python(MANY, str(n)), cwd=ROOT, env=unmeasured, stderr=subprocess.PIPE)
        for n in range(4)
    ]
    ended = [(writer.communicate()[1], writer.returncode) for writer in writers]
    assert ended == [(b"", 0)] * 4
    assert len(shelf.entries()) == 24


CHANGER = """
import sys
from tests.package.making import TOOL, package, v
from wherever.package import shelf
print("ready", flush=True)
for number in range(15):
    shelf.put(package(more=f'description = "{number}"'))
    shelf.put(package("2.0.0"))
    shelf.remove(TOOL, v("2.0.0"))
    shelf.prune()
"""


def test_readers_never_meet_what_another_process_is_changing(unmeasured: dict[str, str]) -> None:
    shelf.put(package())
    with subprocess.Popen(
        python(CHANGER), cwd=ROOT, env=unmeasured, stdout=subprocess.PIPE
    ) as changer:
        assert changer.stdout is not None
        changer.stdout.readline()
        reads = 0
        while changer.poll() is None:
            assert shelf.get(TOOL, v("1.2.0")).manifest.name == TOOL
            assert not [entry for entry in shelf.entries() if entry.damage]
            reads += 1
    assert (changer.returncode, reads > 2) == (0, True)


FULL = """
import resource, sys
from tests.package.making import MODULE, package, section
from wherever.errors import InputError
from wherever.package import shelf
packed = package("2.0.0", wasm=MODULE + section(bytes(200_000), b"noise"))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
try:
    shelf.put(packed)
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("room", [0, 10, 1000, 100_000])
def test_a_full_disk_is_told_and_leaves_the_shelf_as_it_was(
    room: int, unmeasured: dict[str, str], fresh_home: Path
) -> None:
    """No file may grow beyond a size: as on a full disk, a write stops in the middle."""
    shelf.put(package())
    before = tree()
    done = subprocess.run(
        python(FULL, str(room)), cwd=ROOT, env=unmeasured, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.stdout.startswith(f"cannot keep files in {fresh_home}: File too large; make room")
    assert tree() == before
    assert not (base() / layout.STAGING).exists()
    assert [str(entry.version) for entry in shelf.entries()] == ["1.2.0"]
    shelf.put(package("2.0.0"))


ROOM_AGAIN = """
import os, resource
from wherever.package import shelf
index = os.stat(f"{shelf.folder()}/index.json").st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (index // 4,) * 2)
print(shelf.prune() > 0)
"""


def test_prune_makes_room_on_a_full_disk(unmeasured: dict[str, str]) -> None:
    for version in ("1.0.0", "2.0.0"):
        shelf.put(package(version))
        shelf.put(package(version, more='description = "New."'))
    done = subprocess.run(
        python(ROOM_AGAIN), cwd=ROOT, env=unmeasured, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert len(shelf.entries()) == 2


def test_remove_makes_room_where_there_is_none_for_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(package("1.0.0"))
    shelf.put(package("2.0.0"))
    write_index: Callable[..., None] = layout.write_index
    there = tree()

    def without_room(*args: object) -> None:
        if tree() == there:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_index(*args)

    monkeypatch.setattr(layout, "write_index", without_room)
    assert shelf.remove(TOOL, v("1.0.0"))
    assert [str(entry.version) for entry in shelf.entries()] == ["2.0.0"]
    assert len(tree()) == 3


READ_ONLY = """
import ctypes, json
from tests.package.making import TOOL, package, v
from wherever.errors import InputError
from wherever.package import shelf
# Without its privileges, root too is held to what the folders say.
ctypes.CDLL(None).capset(
    (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
)
said = [shelf.get(TOOL, v("1.2.0")).digest, [entry.damage for entry in shelf.entries()]]
for write in (lambda: shelf.put(package("2.0.0")), shelf.prune):
    try:
        write()
    except InputError as error:
        said.append(str(error))
print(json.dumps(said))
"""


def test_what_is_kept_can_be_used_where_nothing_can_be_written(
    unmeasured: dict[str, str], fresh_home: Path
) -> None:
    packed = package()
    shelf.put(packed)
    (base() / "lock").chmod(0o400)
    for folder in (base(), base() / "blobs", base() / "blobs" / "sha256", fresh_home):
        folder.chmod(0o500)
    done = subprocess.run(
        python(READ_ONLY), cwd=ROOT, env=unmeasured, capture_output=True, text=True
    )
    assert done.stderr == ""
    digest, damages, *refusals = json.loads(done.stdout)
    assert (digest, damages) == (packed.digest, [""])
    assert (
        refusals
        == [
            f"cannot keep files at {base()}/lock: Permission denied;"
            " make room there, or set WHEREVER_HOME to a folder that can be written"
        ]
        * 2
    )
