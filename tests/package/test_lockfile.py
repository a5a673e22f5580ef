"""`wherever.lock`: the same choice gives the same bytes, and nothing odd gets in."""

import os
import time

import pytest

from wherever.errors import InputError
from wherever.package.lockfile import Lock, Locked, parse, read, write
from wherever.package.names import Name, Requirement, Version
from wherever.package.parts import FolderWish, Permissions

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64

CODEC = Locked(
    Name("acme", "codec"),
    Version(1, 4, 0),
    "shelf",
    ONE,
    TWO,
    (Requirement.parse("^1.2"), Requirement.parse(">=1, <3")),
    ((Name("acme", "zlib"), Version(1, 2, 3, ("rc", "1"))),),
    Permissions(True, (FolderWish("", "/in", True),), ("a.example:443",), ("LANG",), None, False),
)
ZLIB = Locked(Name("acme", "zlib"), Version(1, 2, 3, ("rc", "1")), 'path:../my "zlib"')

TEXT = f'''\
# Written by Wherever, to be kept with the source. It pins what a build uses.
schema = 1

[[package]]
name = "acme:codec"
version = "1.4.0"
source = "shelf"
manifest = "{ONE}"
layer = "{TWO}"
requirements = ["^1.2", ">=1, <3"]
dependencies = ["acme:zlib 1.2.3-rc.1"]

[package.permissions]
files = ["/in:ro"]
network = ["a.example:443"]
env = ["LANG"]
random = false

[[package]]
name = "acme:zlib"
version = "1.2.3-rc.1"
source = "path:../my \\"zlib\\""
'''


def test_a_lock_reads_as_it_is_written():
    assert Lock((ZLIB, CODEC)).to_toml() == TEXT
    assert parse(TEXT) == Lock((CODEC, ZLIB))


def test_it_is_written_whole_and_only_when_it_changed(tmp_path):
    lock = Lock((CODEC, ZLIB))
    assert read(tmp_path) is None
    assert write(tmp_path, lock) is True
    assert write(tmp_path, lock) is False
    assert read(tmp_path) == lock
    assert os.listdir(tmp_path) == ["wherever.lock"]


def test_what_one_who_was_killed_left_is_cleared(tmp_path):
    lock = Lock((CODEC, ZLIB))
    (tmp_path / ".wherever.lock.writing").write_text("half")
    assert write(tmp_path, lock) is True
    assert os.listdir(tmp_path) == ["wherever.lock"]
    assert read(tmp_path) == lock


def test_a_folder_behind_a_link_is_written_like_any(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert write(tmp_path / "link", Lock((ZLIB,))) is True
    assert os.listdir(tmp_path / "real") == ["wherever.lock"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(InputError) as caught:
        write(tmp_path / "none", Lock())
    assert str(caught.value) == (
        f"cannot write {tmp_path}/none/wherever.lock: No such file or directory;"
        " make room there, or build with --frozen, which writes none"
    )


def test_what_was_granted_is_remembered_for_one_package():
    wish = Permissions(True, env=("HOME",))
    granted = Lock((CODEC, ZLIB)).granting(ZLIB.name, ZLIB.version, wish)
    assert [each.permissions for each in granted.packages] == [CODEC.permissions, wish]
    assert parse(granted.to_toml()) == granted


def test_packages_come_after_what_they_need():
    assert Lock((CODEC, ZLIB)).in_order() == (ZLIB, CODEC)


def test_a_circle_is_named():
    names = [Name("a", letter) for letter in "bcd"]
    circle = Lock(
        tuple(
            Locked(name, Version(1, 0, 0), "shelf", dependencies=((following, Version(1, 0, 0)),))
            for name, following in zip(names, names[1:] + names[:1], strict=True)
        )
    )
    with pytest.raises(InputError) as caught:
        circle.in_order()
    assert str(caught.value) == (
        "packages depend on each other in a circle: a:b needs a:c needs a:d needs a:b;"
        " what both need belongs into a package of its own"
    )


def test_a_long_chain_is_put_in_order_at_once():
    names = [Name("a", f"n{'x' * (n % 50)}-{'y' * (n // 50 + 1)}") for n in range(2500)]
    one = Version(1, 0, 0)
    chain = Lock(
        tuple(
            Locked(name, one, "shelf", dependencies=((names[n - 1], one),) if n else ())
            for n, name in enumerate(names)
        )
    )
    began = time.monotonic()
    assert [each.name for each in chain.in_order()] == names
    assert time.monotonic() - began < 15


def test_of_a_long_circle_the_beginning_is_named():
    names = [Name("a", f"n-{'y' * (n // 26 + 1)}{chr(97 + n % 26)}") for n in range(1000)]
    one = Version(1, 0, 0)
    circle = Lock(
        tuple(
            Locked(name, one, "shelf", dependencies=((names[n - 1], one),))
            for n, name in enumerate(names)
        )
    )
    with pytest.raises(InputError) as caught:
        circle.in_order()
    assert caught.value.what.startswith(
        "packages depend on each other in a circle: a:n-ya needs a:"
    )
    assert caught.value.what.endswith(" and 992 more needs a:n-ya")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("schema = 1", "schema = 2", ":2: schema is not 1; delete the file, or update Wherever"),
        ("schema = 1", "", ":1: schema is not 1; delete the file, or update Wherever"),
        (
            'source = "shelf"',
            'source = "ftp://x"',
            ":7: package[0].source: 'ftp://x' is not where a package comes from;"
            " delete wherever.lock to have it made anew",
        ),
        (
            f'"{ONE}"',
            '"sha256:12"',
            ":8: package[0].manifest: 'sha256:12' is not a digest;"
            " delete wherever.lock to have it made anew",
        ),
        (
            '["acme:zlib 1.2.3-rc.1"]',
            '["acme:zlib 9.9.9"]',
            ":11: package[0].dependencies: acme:zlib 9.9.9 is not in the lock;"
            " delete wherever.lock to have it made anew",
        ),
        (
            'name = "acme:zlib"\nversion = "1.2.3-rc.1"',
            'name = "acme:codec"\nversion = "1.4.0"',
            ":19: package[1] is acme:codec 1.4.0 a second time; delete one",
        ),
        (
            "layer = ",
            "digest = ",
            ":9: package[0].digest: there is no such key; keys here are: name, version, source,"
            " manifest, layer, requirements, dependencies, permissions",
        ),
    ],
)
def test_what_is_wrong_in_a_lock_is_told(old, new, said):
    with pytest.raises(InputError) as caught:
        parse(TEXT.replace(old, new, 1), "wherever.lock")
    assert str(caught.value) == f"wherever.lock{said}"
