"""Packages that mean harm: one trap each, and what is said of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.package import making
from tests.package.making import carrying, entry, lay, tar
from wherever.package import artifact, blobs, layout

GIB = 1 << 30
SHA = "sha256:" + "0" * 64
EVIL = "/../../../../../../../../../../etc/passwd"


@dataclass(frozen=True)
class Trap:
    """A package that means harm, and what is said of it; `P` stands for its layout's folder."""

    name: str
    says: str
    lay: Callable[[Path], object]
    tag: str = ""

    def __str__(self) -> str:
        return self.name


def files(name: str, says: str, content: bytes) -> Trap:
    """A package whose files are wrong."""
    return Trap(name, f"the package in P{says}", lambda at: lay(at, carrying(content)))


def program(name: str, says: str, wasm: bytes) -> Trap:
    """A package whose program is wrong."""
    return Trap(name, f"the p{says}", lambda at: lay(at, wasm))


def config(name: str, says: str, value: dict[str, Any] | bytes) -> Trap:
    """A package whose config is wrong."""
    return Trap(name, f"the config of the package in P{says}", lambda at: lay(at, config=value))


def manifest(name: str, says: str, value: dict[str, Any] | bytes) -> Trap:
    """A package whose OCI manifest is wrong."""
    return Trap(name, f"the {says}", lambda at: lay(at, manifest=value))


def index(name: str, says: str, value: dict[str, Any] | bytes, tag: str = "") -> Trap:
    """A layout whose index is wrong."""
    return Trap(name, says, lambda at: lay(at, index=value), tag)


def disk(name: str, says: str, spoil: Callable[[Path], object]) -> Trap:
    """A layout that is right until something is done to its files."""

    def make(at: Path) -> None:
        lay(at)
        spoil(at)

    return Trap(name, says, make)


def layer(**change: object) -> dict[str, Any]:
    right = {"mediaType": artifact.LAYER_TYPE, "digest": SHA, "size": 13}
    return {"layers": [right | change]}


def configured(**change: object) -> dict[str, Any]:
    right = {"mediaType": artifact.CONFIG_TYPE, "digest": SHA, "size": 13}
    return {"config": right | change}


def ours(**fields: object) -> dict[str, Any]:
    return {"wherever": {"schema": 1} | fields}


def listed(count: int = 1, **change: object) -> dict[str, Any]:
    right = {"mediaType": artifact.MANIFEST_TYPE, "digest": SHA, "size": 13}
    return {"manifests": [right | change] * count}


def the_layer(at: Path) -> Path:
    return making.blob(at, making.MODULE)


def the_manifest(at: Path) -> Path:
    digest = json.loads((at / "index.json").read_text())["manifests"][0]["digest"]
    return at / "blobs" / "sha256" / digest.partition(":")[2]


def huge(path: Path, size: int = GIB) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def linked(path: Path) -> None:
    """The same bytes, but behind a link."""
    moved = path.rename(path.parent / "moved")
    path.symlink_to(moved)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def foldered(path: Path) -> None:
    path.unlink()
    path.mkdir()


NOT_AS = "is not written as files of packages are"
NAME = "characters that a name cannot have"
LEAK = "leads out of the package"

TRAPS = (
    # Files that would come to lie elsewhere, or be something else.
    files("climbs", f": the name '../outside' {LEAK}", tar(entry(b"../outside", b"x"))),
    files("climbs-late", f": the name 'a/../../b' {LEAK}", tar(entry(b"a/../../b", b"x"))),
    files("absolute", ": the name '/etc/evil' starts with a slash", tar(entry(b"/etc/evil"))),
    files("link", ": 'a' is a link", tar(entry(b"a", kind=b"2"), entry(b"a/b", b"x"))),
    files("hard-link", ": 'a' is a hard link", tar(entry(b"a", kind=b"1"))),
    files("device", ": 'sda' is a device", tar(entry(b"sda", kind=b"4"))),
    files("pipe", ": 'p' is a pipe", tar(entry(b"p", kind=b"6"))),
    files("folder", ": 'a/' is a folder of its own", tar(entry(b"a/", kind=b"5"))),
    files("holes", ": 'a' is a file with holes", tar(entry(b"a", kind=b"S", size=GIB))),
    files("gnu-name", ": '././@Long' is a name in GNU's form", tar(entry(b"././@Long", kind=b"L"))),
    files("no-kind", ": 'a' is of no kind that packages have", tar(entry(b"a", kind=b"\xff"))),
    files("setuid", f": 'a' {NOT_AS}", tar(entry(b"a", b"x", mode=b"0004755"))),
    files(
        "pax-size",
        f": 'a' {NOT_AS}",
        tar(entry(b"x", b"11 size=99\n9 path=a\n", b"x"), entry(b"y")),
    ),
    # Names that people, or other systems, see in another way.
    files("twice", " holds 'a' twice", tar(entry(b"a", b"1"), entry(b"a", b"2"))),
    files("both", " holds 'a' as a file and as a folder", tar(entry(b"a"), entry(b"a/b"))),
    files("disorder", ": its files are not in order", tar(entry(b"b"), entry(b"a"))),
    files("escape-code", rf": the name 'a\x1b[2J' has {NAME}", tar(entry(b"a\x1b[2J"))),
    files("backslash", rf": the name '..\\..\\a' has {NAME}", tar(entry(b"..\\..\\a"))),
    files("nul", rf": the name 'a.txt\x00.exe' has {NAME}", tar(entry(b"a.txt\0.exe"))),
    files(
        "turned",
        rf": the name 'a\u202egnp.py' has {NAME}",
        tar(entry(b"x", b"21 path=a\xe2\x80\xaegnp.py\n", b"x"), entry(b"y")),
    ),
    files("not-utf-8", " holds a name that is not UTF-8", tar(entry(b"a\xff"))),
    files("no-name", ": the name '' has an empty part", tar(entry(b""))),
    files("dots", ": the name './a' has an empty part", tar(entry(b"./a"))),
    files(
        "deep",
        f": the name '{'a/' * 39}a' is more than 32 folders deep",
        tar(entry(b"a/" * 39 + b"a")),
    ),
    files("long-name", " holds a name of 1048576 bytes", tar(entry(b"x", b"a" * (1 << 20), b"x"))),
    # Files that are too much, or too little.
    files("many", " holds more than 20000 files", tar(*[entry(b"%06d" % n) for n in range(20001)])),
    files("much", " holds more than 16 MiB of files", bytes(17 << 20)),
    files("claims", ": its files are cut off inside 'a'", tar(entry(b"a", size=GIB))),
    files("claims-more", " holds a file with no size", tar(entry(b"a", size=1 << 60))),
    files(
        "no-size",
        " holds a file with no size",
        tar(entry(b"a").replace(b"0" * 11, b"0" * 10 + b"z", 1)),
    ),
    files("cut", ": its files are cut off", entry(b"a", b"x" * 600) + b"b"),
    files("no-end", ": its files are cut off", entry(b"a", b"x" * 600)),
    files("tail", ": its files do not end as they should", tar(entry(b"a")) + b"PK\3\4"),
    # Programs.
    program(
        "two-files", "ackage in P has its files twice", carrying(tar()) + making.section(tar())
    ),
    program(
        "cut-program",
        "ackage in P is cut off, or not WebAssembly, at byte 13",
        making.MODULE + b"\0\xff\xff\xff\x7f",
    ),
    program(
        "sections", "ackage in P has more than 100000 sections", making.MODULE + b"\0\1\0" * 100_001
    ),
    program("native", "rogram of the package in P is not WebAssembly", b"\x7fELF" + bytes(60)),
    disk(
        "flipped",
        f"the program of the package in P does not have the digest sha256:"
        f"{blobs.digest_of(making.MODULE)[7:]}",
        lambda at: the_layer(at).write_bytes(making.MODULE[:-1] + b"\2"),
    ),
    disk(
        "truncated",
        "the program of the package in P has 9 bytes, and should have 13",
        lambda at: huge(the_layer(at), 9),
    ),
    disk(
        "grown",
        f"the program of the package in P has {GIB << 10} bytes, and should have 13",
        lambda at: huge(the_layer(at), GIB << 10),
    ),
    disk(
        "gone", "the program of the package in P is not there: L", lambda at: the_layer(at).unlink()
    ),
    disk(
        "linked",
        "the program of the package in P is a link, and links are not followed: L",
        lambda at: linked(the_layer(at)),
    ),
    disk(
        "piped",
        "the program of the package in P is not a plain file: L",
        lambda at: piped(the_layer(at)),
    ),
    disk(
        "foldered",
        "the program of the package in P is not a plain file: L",
        lambda at: foldered(the_layer(at)),
    ),
    disk(
        "blobs-linked",
        "P/blobs is a link, and links are not followed",
        lambda at: linked(at / "blobs"),
    ),
    # Configs.
    config("config-text", " is not JSON: Expecting value: line 1 column 1 (char 0)", b"hello"),
    config("config-list", " is not a JSON object", b"[]"),
    config("config-twice", " has the key 'os' twice", b'{"os": "wasip1", "os": "wasip2"}'),
    config("config-nan", " is not JSON: NaN is no number", b'{"a": NaN}'),
    config("config-deep", " is nested too deep", b'{"a":' * 100_000),
    config(
        "config-digits",
        " is not JSON: a number of 100000 digits",
        b'{"a":' + b"9" * 100_000 + b"}",
    ),
    config("architecture", " is not for WebAssembly", {"architecture": "amd64"}),
    config("other-layer", " is that of another program", {"layerDigests": [SHA]}),
    config("schema", " has schema '2', and 1 is known", ours(schema=2)),
    config("no-schema", " has schema 'None', and 1 is known", {"wherever": []}),
    config(
        "unknown-key", ": permision: there is no such key", ours(permision={"network": ["*:*"]})
    ),
    config(
        "name", ": package.name: '../x:y' is not a package's name", ours(package={"name": "../x:y"})
    ),
    config(
        "capital",
        ": package.name: 'Acme:tool' is not a package's name",
        ours(package={"name": "Acme:tool"}),
    ),
    config(
        "look-alike",
        r": package.name: 'acm\u0435:tool' is not a package's name",
        ours(package={"name": "acm\u0435:tool"}),
    ),
    config(
        "version",
        ": package.version: '1.0.0/../..' is not a version",
        ours(package={"version": "1.0.0/../.."}),
    ),
    # OCI manifests.
    manifest(
        "nested-list",
        "package in P is a list of packages, not a package",
        {"mediaType": artifact.INDEX_TYPE},
    ),
    manifest(
        "two-layers",
        "package in P has 2 layers, and a WebAssembly package has one",
        {"layers": layer()["layers"] * 2},
    ),
    manifest(
        "no-layers",
        "package in P has 0 layers, and a WebAssembly package has one",
        {"layers": "none"},
    ),
    manifest(
        "tar-layer",
        "package in P is no WebAssembly package: its layer is 'application/x-tar'",
        layer(mediaType="application/x-tar"),
    ),
    manifest(
        "docker",
        "package in P is no WebAssembly package: its config is 'application/json'",
        configured(mediaType="application/json"),
    ),
    manifest(
        "digest-path",
        f"program of the package in P has the digest 'sha256:{EVIL}', which is not of sha256",
        layer(digest=f"sha256:{EVIL}"),
    ),
    manifest(
        "sha512",
        "program of the package in P has the digest 'sha512:abc', which is not of sha256",
        layer(digest="sha512:abc"),
    ),
    manifest("negative", "program of the package in P has no size", layer(size=-1)),
    manifest("bool-size", "config of the package in P has no size", configured(size=True)),
    manifest(
        "tebibyte",
        "program of the package in P has 1099511627776 bytes, and 512 MiB are read at most",
        layer(size=1 << 40),
    ),
    manifest(
        "big-config",
        f"config of the package in P has {GIB} bytes, and 4 MiB are read at most",
        configured(size=GIB),
    ),
    manifest(
        "crowded",
        "package in P has no manifest of an OCI artifact",
        b'{"a":[' + b"[]," * 1_390_000 + b"0]}",
    ),
    disk(
        "huge-manifest",
        f"the manifest of the package in P has {GIB} bytes, and should have N",
        lambda at: huge(the_manifest(at)),
    ),
    # Indexes.
    index(
        "said-huge-manifest",
        f"the manifest of the package in P has {GIB} bytes, and 4 MiB are read at most",
        listed(size=GIB),
    ),
    index(
        "list-of-lists",
        "the package in P is a list of packages, not a package",
        listed(mediaType=artifact.INDEX_TYPE),
    ),
    index(
        "same-tag",
        "P names 2 packages latest",
        listed(2, annotations={layout.TAG_KEY: "latest"}),
        "latest",
    ),
    index(
        "entry-path",
        f"an entry of P/index.json has the digest 'sha256:{EVIL}', which is not of sha256",
        listed(digest=f"sha256:{EVIL}"),
    ),
    index("no-list", "P/index.json is not the index of an OCI image layout", {"manifests": {}}),
    disk("huge-index", "P/index.json is larger than 4 MiB", lambda at: huge(at / "index.json")),
    disk(
        "index-linked",
        "the index.json of a package is a link, and links are not followed: P/index.json",
        lambda at: linked(at / "index.json"),
    ),
    disk(
        "index-piped",
        "the index.json of a package is not a plain file: P/index.json",
        lambda at: piped(at / "index.json"),
    ),
    disk(
        "layout-version",
        "P is not an OCI image layout of version 1.0.0",
        lambda at: (at / "oci-layout").write_text('{"imageLayoutVersion": "9"}'),
    ),
)
