"""The archive inside a package: one form for each set of files, which tar can read."""

from __future__ import annotations

import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.package.making import entry, tar
from wherever.errors import InputError
from wherever.package import archive

label = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="/\\."), min_size=1
).filter(str.isprintable)
names = st.lists(label, min_size=1, max_size=4).map("/".join)


@given(st.dictionaries(names, st.binary(max_size=1500), max_size=6))
def test_files_come_back_as_they_were_and_tar_sees_the_same(files: dict[str, bytes]) -> None:
    try:
        data = archive.write(files)
    except InputError:
        # A name was too long, or a folder's too.
        return
    inside = archive.read(memoryview(data), "it")
    assert {name: bytes(content) for name, content in inside.items()} == files
    assert archive.write(dict(reversed(files.items()))) == data
    with tarfile.open(fileobj=io.BytesIO(data)) as file:
        assert [member.name for member in file] == list(inside)
        for member in file:
            opened = file.extractfile(member)
            assert opened is not None and opened.read() == files[member.name]
            assert (member.mode, member.mtime, member.uid, member.uname) == (0o644, 0, 0, "")


@pytest.mark.parametrize("length", [99, 100, 101, 250, 985, 990, 1000, 2040])
def test_long_names_are_kept(length: int) -> None:
    name = ("x" * 99 + "/") * 20 + "x" * 60
    name = name[:length].rstrip("/")
    data = archive.write({name: b"hello"})
    assert list(archive.read(memoryview(data), "it")) == [name]
    with tarfile.open(fileobj=io.BytesIO(data)) as file:
        assert file.getnames() == [name]


def test_the_bytes_never_change() -> None:
    """What was packed years ago has to keep its digest."""
    assert archive.write({"a": b"hello"}) == tar(entry(b"a", b"hello"))
    assert archive.write({}) == bytes(1024)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "the name '' has an empty part"),
        ("a//b", "the name 'a//b' has an empty part"),
        ("a/", "the name 'a/' has an empty part"),
        ("./a", "the name './a' has an empty part"),
        ("../a", "the name '../a' leads out of the package"),
        ("a/..", "the name 'a/..' leads out of the package"),
        ("/a", "the name '/a' starts with a slash"),
        ("a\nb", "the name 'a\\nb' has characters that a name cannot have"),
        ("a\\b", "the name 'a\\\\b' has characters that a name cannot have"),
        ("a\udcffb", "the name 'a\\udcffb' has characters that a name cannot have"),
        ("é" * 128, "the name '" + "\\xe9" * 80 + "' is too long"),
        ("a/" * 32 + "a", "the name '" + "a/" * 32 + "a' is more than 32 folders deep"),
    ],
)
def test_a_name_that_no_package_may_hold_is_not_written(name: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        archive.write({name: b""})
    assert str(refused.value) == f"the package: {says}"


def test_more_than_a_package_may_hold_is_not_written() -> None:
    with pytest.raises(InputError, match=r"the package's files take 16\.0 MiB"):
        archive.write({"a": bytes(archive.LIMIT)})
    with pytest.raises(InputError, match="the package holds more than 20000 files"):
        archive.write(dict.fromkeys(map(str, range(20_001)), b""))
    with pytest.raises(InputError, match="the package holds more than 20000 folders"):
        archive.write({f"{n}/1/2/3/4/5/6/7/8/9/a": b"" for n in range(2001)})


@given(st.binary(max_size=40), st.integers(0, 2000), st.integers(0, 2000))
def test_a_changed_archive_is_refused_or_is_one(noise: bytes, at: int, cut: int) -> None:
    data = bytearray(archive.write({"a/b": b"hello", "é": b"x" * 600}))
    data[at : at + len(noise)] = noise
    try:
        inside = archive.read(memoryview(bytes(data[: len(data) - cut])), "it")
    except InputError as error:
        assert error.what.startswith("it")
    else:
        again = archive.write({name: bytes(content) for name, content in inside.items()})
        assert again == data[: len(data) - cut]


def test_folders_without_number_are_refused_before_they_fill_the_memory():
    names = {"/".join([f"{n:05}{'x' * 58}"] * 31): None for n in range(3000)}
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="holds more than 20000 folders"):
            archive.check_names(names, "it")
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
