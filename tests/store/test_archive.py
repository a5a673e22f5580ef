"""What a stranger's archive may and may not do while one file is read out of it."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store.conftest import WASM, tarball, wheel
from wherever.errors import NotFound, RemoteError, WhereverError
from wherever.store import archive
from wherever.store import tarball as reader

Save = Callable[[str, bytes], str]


def read(path: str, member: str, tmp_path: Path, limit: int = 1 << 20) -> bytes:
    target = tmp_path / "out"
    archive.extract(path, {member: str(target)}, label="pypi:it 1.0", limit=limit)
    return target.read_bytes()


def refusal(path: str, member: str, tmp_path: Path, limit: int = 1 << 20) -> str:
    with pytest.raises(RemoteError) as caught:
        read(path, member, tmp_path, limit)
    assert type(caught.value) is RemoteError
    return str(caught.value)


def entries(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as file:
        for member, data in members:
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return gzip.compress(out.getvalue())


def test_reads_one_file_out_of_a_wheel_and_out_of_a_tarball(save: Save, tmp_path: Path) -> None:
    path = save("it.whl", wheel({"it/a.wasm": WASM, "../../evil": b"x"}))
    assert read(path, "it/a.wasm", tmp_path) == WASM
    os.remove(tmp_path / "out")
    path = save("it.tgz", tarball({"dist/a.wasm": WASM, "../../evil": b"x"}))
    assert read(path, "dist/a.wasm", tmp_path) == WASM
    assert sorted(os.listdir(tmp_path)) == ["it.tgz", "it.whl", "out"]


def test_says_which_wasm_files_there_are_when_the_named_one_is_not(
    save: Save, tmp_path: Path
) -> None:
    path = save("it.tgz", tarball({"b.wasm": WASM, "dist/a.wasm": WASM, "c.js": b""}))
    with pytest.raises(NotFound) as caught:
        read(path, "a.wasm", tmp_path)
    assert str(caught.value) == ("pypi:it 1.0 holds no file a.wasm; it holds b.wasm, dist/a.wasm")


def test_a_bomb_stops_at_the_limit(save: Save, tmp_path: Path) -> None:
    bomb = b"\0" * (8 << 20)
    for path in (
        save("it.whl", wheel({"a.wasm": bomb})),
        save("it.tgz", tarball({"a.wasm": bomb})),
    ):
        assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0 holds a file of more than 1 MiB"
        assert (tmp_path / "out").stat().st_size <= 1 << 20
        os.remove(tmp_path / "out")


def test_a_bomb_on_the_way_to_the_file_stops_too(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "UNPACKED_LIMIT", 4 << 20)
    path = save("it.tgz", tarball({"bomb": b"\0" * (16 << 20), "a.wasm": WASM}))
    assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0 unpacks to more than 4 MiB"


def test_a_wheel_that_lies_about_a_size_is_not_believed(save: Save, tmp_path: Path) -> None:
    data = bytearray(wheel({"a.wasm": b"\0" * (4 << 20)}))
    real, lie = (4 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little")
    path = save("it.whl", bytes(data.replace(real, lie)))
    with pytest.raises(RemoteError):
        read(path, "a.wasm", tmp_path)
    assert (tmp_path / "out").stat().st_size <= 100


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_of_a_tarball_are_refused(
    kind: bytes, save: Save, tmp_path: Path
) -> None:
    member = tarfile.TarInfo("package/a.wasm")
    member.type, member.linkname = kind, "/etc/passwd"
    path = save("it.tgz", entries((member, b"")))
    assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0: a.wasm is not a plain file"
    assert not (tmp_path / "out").exists()


def test_a_link_in_a_wheel_is_refused(save: Save, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        link = zipfile.ZipInfo("a.wasm")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    path = save("it.whl", out.getvalue())
    assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0: a.wasm is not a plain file"


def test_two_files_of_one_name_are_refused(save: Save, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr("a.wasm", WASM)
        file.writestr("a.wasm", b"another")
    path = save("it.whl", out.getvalue())
    assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0 holds a.wasm twice"
    os.remove(tmp_path / "out")
    twice = [(tarfile.TarInfo("package/a.wasm"), data) for data in (WASM, b"another")]
    path = save("it.tgz", entries(*twice))
    assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0 holds a.wasm twice"


def test_an_endless_name_is_refused_before_it_is_read(save: Save, tmp_path: Path) -> None:
    member = tarfile.TarInfo("package/a.wasm")
    member.pax_headers = {"comment": "x" * (2 << 20)}
    path = save("it.tgz", entries((member, WASM)))
    assert refusal(path, "a.wasm", tmp_path).startswith("pypi:it 1.0 holds a name of 2097")


def test_names_that_take_too_long_are_refused(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "HEADERS_LIMIT", 120_000)
    members = [(tarfile.TarInfo(f"package/{n}"), b"") for n in range(3)]
    for member, _ in members:
        member.pax_headers = {"comment": "x" * 50_000}
    path = save("it.tgz", entries(*members))
    expected = "pypi:it 1.0 holds more names than a package does"
    assert refusal(path, "a.wasm", tmp_path) == expected


def test_names_longer_than_a_header_are_read(save: Save, tmp_path: Path) -> None:
    name = "deep/" * 30 + "a.wasm"
    for layout in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=layout) as file:
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(WASM)
            file.addfile(member, io.BytesIO(WASM))
        path = save("it.tgz", gzip.compress(out.getvalue()))
        assert read(path, name, tmp_path) == WASM
        os.remove(tmp_path / "out")


def test_too_many_files_are_refused(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MEMBERS_LIMIT", 10)
    path = save("it.tgz", tarball({f"{n}": b"" for n in range(20)}))
    assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0 lists more than 10 files"
    monkeypatch.setattr(archive, "DIRECTORY_LIMIT", 1000)
    path = save("it.whl", wheel({f"{n}": b"" for n in range(40)}))
    assert refusal(path, "a.wasm", tmp_path) == "pypi:it 1.0 lists more files than a wheel can have"


def test_a_zip_that_hides_its_size_behind_a_second_end_is_refused(
    save: Save, tmp_path: Path
) -> None:
    data = wheel({"a.wasm": WASM})
    end = data.rindex(b"PK\5\6")
    hidden = data[:end] + b"PK\6\7" + b"\0" * 16 + data[end:]
    path = save("it.whl", hidden)
    assert refusal(path, "a.wasm", tmp_path) == (
        "pypi:it 1.0 is a zip archive larger than a wheel can be"
    )


def test_what_is_no_archive_is_said_in_words(save: Save, tmp_path: Path) -> None:
    whole = tarball({"x": b"y" * 5000, "a.wasm": WASM * 100})
    for name, data in {
        "empty.whl": b"",
        "text.whl": b"hello",
        "empty.tgz": b"",
        "text.tgz": b"hello",
        "cut.tgz": whole[: len(whole) // 2],
        "cut.whl": wheel({"a.wasm": WASM})[:-30],
        "noise.tgz": gzip.compress(b"\xff" * 4096),
        "negative.tgz": gzip.compress(
            b"package/a.wasm".ljust(124, b"\0") + b"-7".ljust(388, b"\0")
        ),
    }.items():
        with pytest.raises(WhereverError) as caught:
            read(save(name, data), "a.wasm", tmp_path)
        assert str(caught.value).startswith("pypi:it 1.0 "), name
        (tmp_path / "out").unlink(missing_ok=True)


def test_bytes_changed_anywhere_never_do_more_than_fail(save: Save, tmp_path: Path) -> None:
    began = time.monotonic()
    for whole, name in (
        (wheel({"a.wasm": WASM * 9}), "it.whl"),
        (tarball({"a.wasm": WASM}), "it.tgz"),
    ):
        for position in range(len(whole)):
            changed = bytearray(whole)
            changed[position] ^= 0xFF
            try:
                read(save(name, bytes(changed)), "a.wasm", tmp_path)
            except WhereverError:
                pass
            (tmp_path / "out").unlink(missing_ok=True)
    unpacked = gzip.decompress(tarball({"a.wasm": WASM}))
    for position in range(700):
        changed = bytearray(unpacked)
        changed[position] ^= 0x9F
        try:
            read(save("it.tgz", gzip.compress(bytes(changed), 1)), "a.wasm", tmp_path)
        except WhereverError:
            pass
        (tmp_path / "out").unlink(missing_ok=True)
    assert time.monotonic() - began < 15
