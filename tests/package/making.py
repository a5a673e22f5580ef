"""Packages for tests: whole ones, and layouts of which any part can be wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wherever.package import artifact, blobs
from wherever.package.artifact import Packed
from wherever.package.manifest import parse
from wherever.package.names import Name, Version

MODULE = b"\0asm\1\0\0\0\5\3\1\0\1"
COMPONENT = b"\0asm\x0d\0\1\0"
TOOL = Name("acme", "tool")


def package(
    version: str = "1.2.0",
    files: Mapping[str, bytes] | None = None,
    wasm: bytes = MODULE,
    name: str = "acme:tool",
    more: str = "",
) -> Packed:
    """A package; `more` is further text of its manifest."""
    text = f'[package]\nname = "{name}"\nversion = "{version}"\n{more}'
    return artifact.pack(wasm, parse(text), files)


def v(text: str) -> Version:
    return Version.parse(text)


def section(content: bytes, name: bytes = b"wherever.files") -> bytes:
    """A custom section."""
    body = bytes([len(name)]) + name + content
    size, left = b"", len(body)
    while left > 0x7F:
        size, left = size + bytes([left & 0x7F | 0x80]), left >> 7
    return b"\0" + size + bytes([left]) + body


def entry(
    name: bytes, content: bytes = b"", kind: bytes = b"0", size: int = -1, mode: bytes = b"0000644"
) -> bytes:
    """One entry of a tar archive, with whatever it is said to be."""
    claimed = size if size >= 0 else len(content)
    # A number of more than eleven digits is written as bytes, with a first bit for that.
    number = b"%011o\0" % claimed if claimed < 1 << 33 else b"\x80" + claimed.to_bytes(11, "big")
    before = name.ljust(100, b"\0") + mode + b"\0" + b"0000000\0" * 2 + number + b"0" * 11 + b"\0"
    after = (kind + bytes(100) + b"ustar\x0000").ljust(356, b"\0")
    check = b"%06o\0 " % (sum(before) + sum(after) + 256)
    return before + check + after + content + bytes(-len(content) % 512)


def tar(*entries: bytes) -> bytes:
    return b"".join(entries) + bytes(1024)


def carrying(content: bytes) -> bytes:
    """A module with that for its files, right or wrong."""
    return MODULE + section(content)


def lay(
    folder: Path,
    wasm: bytes = MODULE,
    config: Mapping[str, Any] | bytes | None = None,
    manifest: Mapping[str, Any] | bytes | None = None,
    index: Mapping[str, Any] | bytes | None = None,
) -> None:
    """A layout of one package; what is given as a mapping is changed in the right one."""
    packed = artifact.pack(MODULE, parse('[package]\nname = "acme:tool"\nversion = "1.2.0"'))
    layer = blobs.digest_of(wasm)
    config_bytes = changed(json.loads(packed.config_bytes) | {"layerDigests": [layer]}, config)
    whole = json.loads(packed.manifest_bytes)
    whole["layers"][0].update(digest=layer, size=len(wasm))
    whole["config"].update(digest=blobs.digest_of(config_bytes), size=len(config_bytes))
    manifest_bytes = changed(whole, manifest)
    described = {
        "mediaType": artifact.MANIFEST_TYPE,
        "digest": blobs.digest_of(manifest_bytes),
        "size": len(manifest_bytes),
    }
    folder.mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    base = {"schemaVersion": 2, "manifests": [described]}
    (folder / "index.json").write_bytes(changed(base, index))
    (folder / "blobs" / "sha256").mkdir(parents=True)
    for data in (wasm, config_bytes, manifest_bytes):
        blob(folder, data).write_bytes(data)


def blob(folder: Path, data: bytes) -> Path:
    return Path(blobs.place(folder, blobs.digest_of(data)))


def changed(value: dict[str, Any], change: Mapping[str, Any] | bytes | None) -> bytes:
    if isinstance(change, bytes):
        return change
    return json.dumps(value | dict(change or {})).encode()
