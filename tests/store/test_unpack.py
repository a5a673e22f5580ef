"""Archives of tools are unpacked whole, and what leads out of their folder is refused."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from wherever.errors import RemoteError
from wherever.store import unpack


def wheel(path: Path, files: dict[str, bytes], mode: int = 0) -> str:
    with zipfile.ZipFile(path / "a.whl", "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            file.writestr(info, data)
    return str(path / "a.whl")


def tarball(path: Path, files: dict[str, bytes], link: str = "") -> str:
    with tarfile.open(path / "a.tgz", "w:gz") as file:
        for name, data in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo("package/link")
            info.type, info.linkname = tarfile.SYMTYPE, link
            file.addfile(info)
    return str(path / "a.tgz")


@pytest.mark.parametrize("make", [wheel, tarball])
def test_files_are_written_and_programs_can_be_run(tmp_path: Path, make: object) -> None:
    assert callable(make)
    files = {"tool/bin/tool": b"#!", "tool/lib/a.txt": b"text", "notes/b": b""}
    target = tmp_path / "out"
    target.mkdir()
    seen: list[int] = []
    size = unpack.unpack(
        make(tmp_path, files),
        str(target),
        label="npm:tool",
        keep=("tool/*",),
        programs=("*/bin/*",),
        arrived=seen.append,
    )
    assert (size, seen[-1]) == (6, 6)
    found = {str(p.relative_to(target)): p for p in target.rglob("*") if p.is_file()}
    assert sorted(found) == ["tool/bin/tool", "tool/lib/a.txt"]
    assert found["tool/lib/a.txt"].read_bytes() == b"text"
    modes = [stat.S_IMODE(found[name].stat().st_mode) for name in sorted(found)]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("make", [wheel, tarball])
@pytest.mark.parametrize("name", ["../out.txt", "a/../../b", "a//b", "./a", "a\\b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, make: object, name: str) -> None:
    assert callable(make)
    target = tmp_path / "out"
    target.mkdir()
    archive = make(tmp_path, {name: b"x"})
    with pytest.raises(RemoteError) as caught:
        unpack.unpack(archive, str(target), label="npm:tool")
    assert "npm:tool holds" in str(caught.value)
    assert list(target.rglob("*")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [Path(archive).name, "out"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: tarball(path, {}, link="/etc"), "which is no plain file in it"),
        (lambda path: wheel(path, {"l": b"/etc"}, stat.S_IFLNK | 0o777), "which is no plain file"),
        (lambda path: wheel(path, {"a": bytes(2 << 20)}), "unpacks to more than"),
    ],
    ids=["link in a tarball", "link in a wheel", "bomb"],
)
def test_links_and_bombs_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], str], words: str
) -> None:
    monkeypatch.setattr(unpack, "WHOLE_LIMIT", 1 << 20)
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(RemoteError) as caught:
        unpack.unpack(make(tmp_path), str(target), label="npm:tool")
    assert words in str(caught.value)


def test_what_is_cut_off_is_told(tmp_path: Path) -> None:
    archive = Path(wheel(tmp_path, {"a": bytes(5000)}))
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(RemoteError) as caught:
        unpack.unpack(str(archive), str(tmp_path), label="npm:tool")
    assert "npm:tool is not a whole archive" in str(caught.value)
