"""Files named by their digest: written whole, and read only when they are what they are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wherever.errors import InputError, NotFound
from wherever.package import blobs
from wherever.package.blobs import Descriptor

HELLO = Descriptor("text/plain", blobs.digest_of(b"hello"), 5)


def put(layout: Path, content: bytes | Path = b"hello", blob: Descriptor = HELLO) -> None:
    blobs.write(layout, content, blob, str(layout / "staging"))


def test_a_blob_is_named_by_its_digest(tmp_path: Path) -> None:
    put(tmp_path)
    path = (
        tmp_path
        / "blobs"
        / "sha256"
        / ("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
    )
    assert path.read_bytes() == b"hello"
    assert blobs.read(tmp_path, HELLO, 10, "it") == b"hello"
    assert blobs.verify(tmp_path, HELLO, 10, "it") == str(path)
    assert os.listdir(tmp_path) == ["blobs"]


def test_a_blob_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "layout").mkdir()
    (tmp_path / "source").write_text("hello")
    put(tmp_path / "layout", tmp_path / "source")
    assert blobs.read(tmp_path / "layout", HELLO, 10, "it") == b"hello"
    (tmp_path / "source").write_text("jello")
    with pytest.raises(InputError, match="does not have the digest"):
        put(tmp_path / "layout", tmp_path / "source")
    assert not (tmp_path / "layout" / "staging").exists()


def test_bytes_of_another_digest_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="what is to be written does not have the digest"):
        put(tmp_path, b"jello")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("use", [blobs.read, blobs.verify])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"jello", f"it does not have the digest {HELLO.digest}; it was damaged or changed: get"
         " it, or build it, again"),
        (b"hell", "it has 4 bytes, and should have 5; it was damaged or changed: get it, or build"
         " it, again"),
    ],
)  # fmt: skip
def test_what_is_not_what_it_is_named_is_not_read(
    use: object, content: bytes, says: str, tmp_path: Path
) -> None:
    assert callable(use)
    put(tmp_path)
    Path(blobs.place(tmp_path, HELLO.digest)).write_bytes(content)
    with pytest.raises(InputError) as refused:
        use(tmp_path, HELLO, 1 << 20, "it")
    assert str(refused.value) == says


def test_what_is_missing_or_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as none:
        blobs.read(tmp_path, HELLO, 10, "it")
    assert str(none.value) == f"it is not there: {blobs.place(tmp_path, HELLO.digest)}"
    with pytest.raises(InputError) as large:
        blobs.read(tmp_path, Descriptor("", HELLO.digest, (1 << 20) + 1), 1 << 20, "it")
    assert str(large.value) == "it has 1048577 bytes, and 1 MiB are read at most"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"mediaType": "a", "digest": HELLO.digest},
        {"mediaType": "a", "digest": HELLO.digest, "size": "5"},
        {"mediaType": "a", "digest": HELLO.digest, "size": 5.0},
        {"mediaType": "a", "digest": HELLO.digest, "size": False},
        {"mediaType": "a", "digest": HELLO.digest.upper(), "size": 5},
        {"mediaType": "a", "digest": HELLO.digest + "\n", "size": 5},
        {"mediaType": 1, "digest": HELLO.digest, "size": 5},
    ],
)
def test_a_value_that_is_no_descriptor_is_told(value: object) -> None:
    with pytest.raises(InputError, match=r"^it has "):
        Descriptor.of(value, "it")


def test_a_descriptor_goes_to_json_and_back() -> None:
    assert Descriptor.of(HELLO.to_json() | {"annotations": {}}, "it") == HELLO
