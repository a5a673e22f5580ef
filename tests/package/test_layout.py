"""A package in a folder: written whole, read with every digest checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.package.making import MODULE, package, section
from wherever.errors import InputError, NotFound
from wherever.package import artifact, blobs, layout
from wherever.package.manifest import Manifest, parse

ROOT = Path(__file__).resolve().parent.parent.parent


def test_what_was_written_is_read(tmp_path: Path) -> None:
    packed = package(files={"/a": b"hello"})
    described = layout.write(tmp_path / "made", packed, "1.2.0")
    opened = layout.read(tmp_path / "made")
    assert described.digest == opened.digest == packed.digest
    assert opened.wasm_digest == packed.wasm_digest
    assert opened.wasm_path.read_bytes() == packed.wasm_bytes
    assert (opened.manifest_bytes, opened.config_bytes) == (
        packed.manifest_bytes,
        packed.config_bytes,
    )
    assert str(opened.manifest.name) == "acme:tool"
    assert opened.config["architecture"] == "wasm"


def test_the_folder_holds_a_layout_and_nothing_else(tmp_path: Path) -> None:
    packed = package()
    layout.write(tmp_path, packed, "1.2.0")
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    parts = (packed.manifest_bytes, packed.config_bytes, packed.wasm_bytes)
    assert files == {
        "oci-layout",
        "index.json",
        *(f"blobs/sha256/{blobs.digest_of(part)[7:]}" for part in parts),
    }
    assert json.loads((tmp_path / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    assert json.loads((tmp_path / "index.json").read_text()) == {
        "schemaVersion": 2,
        "mediaType": artifact.INDEX_TYPE,
        "manifests": [
            {
                "mediaType": artifact.MANIFEST_TYPE,
                "digest": packed.digest,
                "size": len(packed.manifest_bytes),
                "annotations": {"org.opencontainers.image.ref.name": "1.2.0"},
            }
        ],
    }


def test_the_same_packages_make_the_same_layout(tmp_path: Path) -> None:
    for name, order in (("a", (1, 2, 3)), ("b", (3, 1, 2))):
        for number in order:
            layout.write(tmp_path / name, package(f"{number}.0.0"), f"{number}.0.0")
    first, second = (
        {
            p.relative_to(tmp_path / n): p.read_bytes()
            for p in (tmp_path / n).rglob("*")
            if p.is_file()
        }
        for n in "ab"
    )
    assert first == second


def test_several_packages_are_told_apart_by_their_tags(tmp_path: Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        layout.write(tmp_path, package(version), version)
    assert str(layout.read(tmp_path, "2.0.0").manifest.version) == "2.0.0"
    with pytest.raises(InputError) as several:
        layout.read(tmp_path)
    assert str(several.value) == f"{tmp_path} holds 2 packages; name one of them: 1.0.0, 2.0.0"
    with pytest.raises(NotFound) as none:
        layout.read(tmp_path, "3.0.0")
    assert str(none.value) == f"no package 3.0.0 in {tmp_path}; there are: 1.0.0, 2.0.0"


def test_a_tag_moves_to_what_was_written_last(tmp_path: Path) -> None:
    layout.write(tmp_path, package(), "1.2.0")
    new = package(more='description = "New."')
    layout.write(tmp_path, new, "1.2.0")
    assert layout.read(tmp_path).digest == new.digest


def test_a_package_without_a_version_is_the_latest(tmp_path: Path) -> None:
    layout.write(tmp_path, artifact.pack(MODULE, Manifest()))
    assert layout.read(tmp_path, "latest").manifest == Manifest()


def test_a_package_goes_from_layout_to_layout(tmp_path: Path) -> None:
    packed = package()
    layout.write(tmp_path / "a", packed, "1.2.0")
    layout.write(tmp_path / "b", layout.read(tmp_path / "a"), "mine")
    assert layout.read(tmp_path / "b", "mine").digest == packed.digest


@pytest.mark.parametrize("tag", ["-x", "a b", "../x/..\n", "x" * 256, "é"])
def test_a_tag_that_is_none_is_refused(tag: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be the tag of a package"):
        layout.write(tmp_path / "made", package(), tag)
    assert not (tmp_path / "made").exists()


def test_what_is_no_layout_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as none:
        layout.read(tmp_path)
    assert str(none.value) == f"the oci-layout of a package is not there: {tmp_path}/oci-layout"
    (tmp_path / "index.json").write_text("{}")
    with pytest.raises(InputError):
        layout.write(tmp_path, package(), "1.2.0")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=f"cannot write {tmp_path}/file: File exists"):
        layout.write(tmp_path / "file", package(), "1.2.0")


def test_what_a_killed_writer_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / layout.STAGING).write_text("half a bl")
    layout.write(tmp_path, package(), "1.2.0")
    assert sorted(os.listdir(tmp_path)) == ["blobs", "index.json", "oci-layout"]


@pytest.mark.parametrize("name", ["blobs", "blobs/sha256"])
def test_a_layout_whose_blobs_are_elsewhere_is_not_written(name: str, tmp_path: Path) -> None:
    outside, made = tmp_path / "outside", tmp_path / "made"
    (made / name).parent.mkdir(parents=True)
    outside.mkdir()
    (outside / "precious").write_text("mine")
    (made / name).symlink_to(outside)
    with pytest.raises(InputError, match="is a link, and links are not followed"):
        layout.write(made, package(), alone=True)
    assert [path.name for path in outside.rglob("*")] == ["precious"]


def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    packed, victim = package(), tmp_path / "victim"
    victim.write_text("mine")
    place = Path(blobs.place(tmp_path / "made", packed.wasm_digest))
    place.parent.mkdir(parents=True)
    place.symlink_to(victim)
    (tmp_path / "made" / layout.STAGING).symlink_to(victim)
    layout.write(tmp_path / "made", packed, "1.2.0")
    assert victim.read_text() == "mine"
    assert layout.read(tmp_path / "made").digest == packed.digest


MANY = """
import sys
from tests.package.making import package
from wherever.package import layout
for minor in range(5):
    layout.write(sys.argv[1], package(f"{sys.argv[2]}.{minor}.0"), f"{sys.argv[2]}.{minor}.0")
"""


def test_three_processes_write_at_once_and_lose_nothing(
    tmp_path: Path, unmeasured: dict[str, str]
) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(tmp_path), str(n)], cwd=ROOT, env=unmeasured
        )
        for n in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    tags = [layout.tag_of(entry) for entry in layout.index(str(tmp_path))]
    assert tags == [f"{n}.{minor}.0" for n in range(3) for minor in range(5)]
    for tag in tags:
        layout.read(tmp_path, tag)


SMALL = """
import resource, sys
from tests.package.making import MODULE, package, section
from wherever.errors import InputError
from wherever.package import layout
packed = package("2.0.0", wasm=MODULE + section(bytes(9000), b"noise"))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    layout.write(sys.argv[1], packed, "2.0.0")
except InputError as error:
    print(error)
"""


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, unmeasured: dict[str, str]) -> None:
    layout.write(tmp_path, package(), "1.2.0")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", SMALL, str(tmp_path)],
        cwd=ROOT,
        env=unmeasured,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == (
        "cannot write the package: File too large; make room there\n",
        "",
    )
    assert before == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}


def test_a_large_program_is_read_without_holding_it(tmp_path: Path) -> None:
    """The most memory of a process that reads 96 MiB stays far below that."""
    layout.write(tmp_path, package(wasm=MODULE + section(bytes(96 << 20), b"noise")), "1.2.0")
    code = (
        "import sys\n"
        "from wherever.package import contents, layout\n"
        "contents.files(layout.read(sys.argv[1]).wasm_path)\n"
        "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=True
    )
    assert int(done.stdout) < 64 << 10


def test_a_package_that_is_to_be_alone_leaves_nothing_of_what_was_there(tmp_path: Path) -> None:
    for number, version in enumerate(("1.0.0", "1.1.0", "1.1.0")):
        packed = artifact.pack(
            b"\0asm\1\0\0\0" + bytes([0, 2, 1, 65 + number]),
            parse(f'[package]\nname = "my:tool"\nversion = "{version}"\n'),
        )
        layout.write(tmp_path / "l", packed, version, alone=True)
    assert layout.read(tmp_path / "l").digest == packed.digest
    assert len(list((tmp_path / "l" / "blobs" / "sha256").iterdir())) == 3
