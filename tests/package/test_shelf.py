"""The shelf: what is put there is there, whole, whoever else writes and is killed over it."""

from __future__ import annotations

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

from tests.package.making import MODULE, TOOL, lay, package, section, v
from wherever.errors import InputError, NotFound
from wherever.package import artifact, blobs, layout, shelf
from wherever.package.artifact import Packed
from wherever.package.manifest import Manifest
from wherever.package.names import Name

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.usefixtures("fresh_home")


def base() -> Path:
    return Path(shelf.folder())


def program(packed: Packed) -> Path:
    return Path(blobs.place(shelf.folder(), packed.wasm_digest))


def tree() -> set[str]:
    """Every file of the shelf that holds something of a package."""
    return {
        str(path.relative_to(base())) for path in (base() / "blobs").rglob("*") if path.is_file()
    }


def python(code: str, *words: str, **more: object) -> list[str]:
    return [sys.executable, "-c", code, *words]


# ----- put, get, list


def test_what_was_put_is_got_back_whole() -> None:
    packed = package(files={"/data/a": b"hello"}, more='description = "Says hello."')
    put = shelf.put(packed)
    got = shelf.get(TOOL, v("1.2.0"))
    assert (got.digest, got.wasm_digest) == (packed.digest, packed.wasm_digest)
    assert got.wasm_path.read_bytes() == packed.wasm_bytes
    assert (got.manifest.description, got.manifest.name) == ("Says hello.", TOOL)
    size = sum(map(len, (packed.manifest_bytes, packed.config_bytes, packed.wasm_bytes)))
    assert put == shelf.Entry(TOOL, v("1.2.0"), packed.digest, size, "Says hello.")
    assert shelf.entries() == [put]
    assert shelf.by_digest(packed.digest) == got


def test_a_package_comes_from_a_layout_as_it_was_there(tmp_path: Path) -> None:
    packed = package()
    layout.write(tmp_path / "made", packed, "1.2.0")
    shelf.put(layout.read(tmp_path / "made"))
    assert shelf.get(TOOL, v("1.2.0")).digest == packed.digest


def test_packages_are_listed_by_name_and_by_version() -> None:
    for name, version in (("b:x", "1.0.0"), ("acme:tool", "1.10.0"), ("acme:tool", "1.9.0")):
        shelf.put(package(version, name=name))
    found = [f"{entry.name}@{entry.version}" for entry in shelf.entries()]
    assert found == ["acme:tool@1.9.0", "acme:tool@1.10.0", "b:x@1.0.0"]


def test_an_empty_shelf_holds_nothing_and_is_not_made_by_looking(fresh_home: Path) -> None:
    assert shelf.entries() == []
    assert shelf.usage() == shelf.Usage(str(fresh_home / "packages"), 0, 0, 0)
    with pytest.raises(NotFound, match=r"acme:tool@1\.2\.0 is not among the packages kept here"):
        shelf.get(TOOL, v("1.2.0"))
    with pytest.raises(NotFound):
        shelf.by_digest("sha256:" + "0" * 64)
    with pytest.raises(InputError, match="is not a digest"):
        shelf.by_digest("../../etc/passwd")
    assert not fresh_home.exists()


def test_a_package_without_a_name_is_not_kept() -> None:
    with pytest.raises(InputError, match="a package needs a name and a version to be kept"):
        shelf.put(artifact.pack(MODULE, Manifest()))


def test_a_new_package_of_the_same_version_takes_the_place_of_the_old() -> None:
    old, new = package(), package(more='description = "New."')
    shelf.put(old)
    shelf.put(new)
    assert shelf.get(TOOL, v("1.2.0")).digest == new.digest
    assert len(shelf.entries()) == 1
    # A lock may still name the old one, until it is pruned.
    assert shelf.by_digest(old.digest).digest == old.digest


def test_packages_with_the_same_program_share_it() -> None:
    shelf.put(package(name="acme:tool"))
    shelf.put(package(name="acme:other"))
    assert len(tree()) == 5


# ----- remove, prune, usage


def test_prune_removes_what_nothing_refers_to_and_nothing_else() -> None:
    kept, gone = package("1.0.0"), package("2.0.0", wasm=MODULE + section(b"x", b"other"))
    for each in (kept, gone):
        shelf.put(each)
        shelf.get(TOOL, v("1.0.0"))
    before = tree()
    shelf.get(TOOL, v("2.0.0"))
    assert shelf.remove(TOOL, v("2.0.0"))
    assert not shelf.remove(TOOL, v("2.0.0"))
    assert tree() == before
    (base() / layout.STAGING).write_bytes(b"left by one who was killed")
    used = shelf.usage()
    sizes = sum(map(len, (gone.manifest_bytes, gone.config_bytes, gone.wasm_bytes)))
    assert used.packages == 1
    assert used.unused > sizes
    freed = shelf.prune()
    assert sizes < freed <= used.unused
    assert shelf.usage() == shelf.Usage(str(base()), 1, used.size - used.unused, 0)
    assert shelf.get(TOOL, v("1.0.0")).digest == kept.digest
    assert len(tree()) == 3
    assert shelf.prune() == 0


# ----- damage


def test_a_damaged_program_is_never_handed_out_and_put_heals_it() -> None:
    packed = package()
    shelf.put(packed)
    shelf.get(TOOL, v("1.2.0"))
    program(packed).write_bytes(packed.wasm_bytes[:-1] + b"\2")
    with pytest.raises(InputError, match=r"acme:tool@1\.2\.0 does not have the digest"):
        shelf.get(TOOL, v("1.2.0"))
    shelf.put(packed)
    assert shelf.get(TOOL, v("1.2.0")).wasm_path.read_bytes() == packed.wasm_bytes


@pytest.mark.parametrize("part", ["program", "config", "manifest"])
@pytest.mark.parametrize("harm", ["gone", "short", "link"])
def test_any_damage_is_told_in_the_list_and_healed(part: str, harm: str, tmp_path: Path) -> None:
    packed, whole = package(), package("2.0.0", wasm=MODULE + section(b"x", b"other"))
    shelf.put(packed)
    shelf.put(whole)
    data = {
        "program": packed.wasm_bytes,
        "config": packed.config_bytes,
        "manifest": packed.manifest_bytes,
    }[part]
    path = Path(blobs.place(shelf.folder(), blobs.digest_of(data)))
    if harm == "short":
        path.write_bytes(data[:-1])
    else:
        moved = path.rename(tmp_path / "moved")
        if harm == "link":
            path.symlink_to(moved)
    first, second = shelf.entries()
    assert bool(first.damage) and not second.damage
    with pytest.raises(InputError):
        shelf.get(TOOL, v("1.2.0"))
    shelf.put(packed)
    assert shelf.get(TOOL, v("1.2.0")).wasm_path.read_bytes() == packed.wasm_bytes
    assert not [entry for entry in shelf.entries() if entry.damage]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schemaVersion": 2, "manifests": [{}]}'])
def test_a_damaged_index_is_told_and_made_again(content: str) -> None:
    shelf.put(package("1.0.0"))
    shelf.put(package("2.0.0"))
    (base() / "index.json").write_text(content)
    with pytest.raises(InputError, match="the index of the packages kept here is damaged"):
        shelf.entries()
    shelf.prune()
    assert [str(entry.version) for entry in shelf.entries()] == ["1.0.0", "2.0.0"]


def test_a_lost_index_is_made_again_by_the_next_put() -> None:
    shelf.put(package("1.0.0"))
    (base() / "index.json").unlink()
    assert shelf.entries() == []
    shelf.put(package("2.0.0"))
    assert [str(entry.version) for entry in shelf.entries()] == ["1.0.0", "2.0.0"]


def test_prune_drops_the_name_of_what_cannot_be_opened() -> None:
    packed = package()
    shelf.put(packed)
    Path(blobs.place(shelf.folder(), packed.digest)).unlink()
    shelf.prune()
    assert (shelf.entries(), tree()) == ([], set())


def test_a_package_that_is_changed_while_it_is_put_is_refused(tmp_path: Path) -> None:
    lay(tmp_path / "made")
    opened = layout.read(tmp_path / "made")
    opened.wasm_path.write_bytes(MODULE[:-1] + b"\2")
    with pytest.raises(InputError, match="does not have the digest"):
        shelf.put(opened)
    assert (shelf.entries(), tree()) == ([], set())


def test_a_shelf_that_others_can_write_to_is_not_used() -> None:
    shelf.put(package())
    base().chmod(0o777)
    for use in (shelf.entries, shelf.prune, lambda: shelf.get(TOOL, v("1.2.0"))):
        with pytest.raises(InputError, match="can be written by others"):
            use()


# ----- other processes

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


# ----- speed


def test_a_kept_program_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = package()
    shelf.put(packed)
    hashed: list[str] = []
    verify: Callable[..., str] = blobs.verify

    def counted(*args: object) -> str:
        hashed.append("once")
        return verify(*args)

    monkeypatch.setattr(blobs, "verify", counted)
    for _ in range(3):
        shelf.get(TOOL, v("1.2.0"))
    assert hashed == ["once"]


def test_names_of_two_namespaces_stay_apart() -> None:
    ours, theirs = package(name="acme:tool"), package(name="other:tool")
    shelf.put(ours)
    shelf.put(theirs)
    assert shelf.get(Name("other", "tool"), v("1.2.0")).digest == theirs.digest
    assert shelf.get(TOOL, v("1.2.0")).digest == ours.digest
