"""What other tools read in the program itself: all that they take, and nothing they stumble on."""

from __future__ import annotations

import pytest

from tests.package.making import MODULE
from wherever.package import artifact
from wherever.package.manifest import Manifest, parse
from wherever.package.stamps import stamps
from wherever.wasm import read


def of(key: str, text: str) -> dict[bytes, bytes]:
    return stamps(parse(f"[package]\n{key} = '{text}'"))


def test_the_manifest_stands_in_the_program() -> None:
    manifest = parse(
        '[package]\nname = "acme:tool"\nversion = "1.2.0"\ndescription = "Sagt Grüß Gott."\n'
        'authors = ["Ada", "Grace"]\nlicense = "MIT"\nhomepage = "https://example.org/"\n'
        'repository = "https://example.org/tool.git"'
    )
    assert stamps(manifest) == {
        b"version": b"1.2.0",
        b"description": "Sagt Grüß Gott.".encode(),
        b"authors": b"Ada, Grace",
        b"licenses": b"MIT",
        b"homepage": b"https://example.org/",
        b"source": b"https://example.org/tool.git",
    }
    packed = artifact.pack(MODULE, manifest)
    names = [each.name for each in read(packed.wasm_bytes).customs]
    assert names == ["version", "description", "authors", "licenses", "homepage", "source"]
    assert artifact.pack(packed.wasm_bytes, manifest) == packed


def test_a_manifest_that_says_nothing_leaves_the_program_as_it_is() -> None:
    assert stamps(Manifest()) == {}
    assert artifact.pack(MODULE, Manifest()).wasm_bytes == MODULE


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("MIT OR Apache-2.0", True),
        ("MIT AND ISC OR Zlib", True),
        ("MIT license", False),
        ("MIT OR", False),
        ("OR", False),
        ("see LICENSE", False),
    ],
)
def test_a_license_stands_there_where_it_is_plainly_one(text: str, taken: bool) -> None:
    assert bool(of("license", text)) == taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("https://example.org", True),
        ("http://docs.ex-ample.org:8080/a/b.html", True),
        ("https://xn--zz.org", False),
        ("https://1.2.3.999", False),
        ("https://[::", False),
        ("https://example.org:99999", False),
        ("https://example.org/a?b", False),
    ],
)
def test_an_address_stands_there_where_it_is_plainly_one(text: str, taken: bool) -> None:
    assert bool(of("homepage", text)) == taken
