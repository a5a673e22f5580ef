"""Packages in a folder, as an OCI image layout: what a build leaves, and other tools take."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherever.errors import InputError, NotFound
from wherever.package import artifact, blobs, canonical, turns
from wherever.package.artifact import Packed
from wherever.package.blobs import Descriptor
from wherever.package.manifest import Manifest
from wherever.wasm import sniff

TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@:+-]{0,254}")
TAG_KEY = "org.opencontainers.image.ref.name"
VERSION = canonical.dump({"imageLayoutVersion": "1.0.0"})
STAGING = ".wherever-writing"


@dataclass(frozen=True, slots=True)
class Opened:
    """A package that was read and checked.

    Attributes:
        digest: of its manifest's blob: what names this very package.
        manifest: what the package says of itself; without a name where other tools made it.
        config: the whole config, that of other tools included.
        wasm_path: the program, whose bytes were hashed.
        wasm_digest: the program's digest.
        manifest_bytes: the manifest's blob.
        config_bytes: the config's blob.
        layer: size, digest and type of the program.
    """

    digest: str
    manifest: Manifest
    config: dict[str, Any]
    wasm_path: Path
    wasm_digest: str
    manifest_bytes: bytes
    config_bytes: bytes
    layer: Descriptor


def write(
    folder: str | os.PathLike[str], packed: Packed | Opened, tag: str = "", *, alone: bool = False
) -> Descriptor:
    """Puts a package into a layout, made where there is none; other tags there stay.

    A reader finds the old package or the new one, whole, also where this is killed.

    Args:
        folder: of the layout.
        packed: the package.
        tag: its name there, such as `1.2.0`; empty for `latest`.
        alone: take everything else out of the layout.

    Raises:
        InputError: the tag is none, the folder holds something else, or it cannot be written.
    """
    base = os.path.abspath(folder)
    tag = tag or "latest"
    if not TAG.fullmatch(tag):
        raise InputError(f"{tag[:80]!a} cannot be the tag of a package")
    try:
        os.makedirs(base, exist_ok=True)
        with turns.turn(base, base, os.O_RDONLY | os.O_DIRECTORY):
            first = staging(base)
            listed = index(base) if os.path.lexists(os.path.join(base, "index.json")) else []
            described = put_blobs(base, packed, first)
            kept = [] if alone else [entry for entry in listed if tag_of(entry) != tag]
            write_index(base, [*kept, tagged(described, tag)], first)
            if alone:
                _clear(base, described)
    except OSError as error:
        raise blobs.in_words(error) from None
    return described


def read(folder: str | os.PathLike[str], tag: str = "") -> Opened:
    """A package in a layout, every size and digest checked, in bounded memory.

    Args:
        folder: of the layout.
        tag: which package; empty for the only one.

    Raises:
        NotFound: there is no layout, or no such tag.
        InputError: it is damaged, shaped like an attack, or holds more than one package and
            `tag` does not say which.
    """
    base = os.path.abspath(folder)
    where = f"the package in {os.fspath(folder)}"
    listed = index(base)
    found = [entry for entry in listed if not tag or tag_of(entry) == tag]
    tags = ", ".join(tag_of(entry)[:80] for entry in listed[:10])
    if not found:
        raise NotFound(
            f"no package {tag} in {os.fspath(folder)}", f"there are: {tags}" if tags else ""
        )
    if len(found) > 1 and tag:
        raise InputError(f"{os.fspath(folder)} names {len(found)} packages {tag}")
    if len(found) > 1:
        raise InputError(
            f"{os.fspath(folder)} holds {len(found)} packages", f"name one of them: {tags}"
        )
    return opened(base, Descriptor.of(found[0], where), where)


def opened(base: str, described: Descriptor, where: str, *, hashed: bool = False) -> Opened:
    """The package that a descriptor in a layout names, checked.

    Args:
        base: the folder of the layout.
        described: the descriptor of its manifest.
        where: what to call the package in messages.
        hashed: the program's bytes are known to be right, and only its manifest and config
            are hashed.

    Raises:
        NotFound: one of its blobs is missing.
        InputError: one of its blobs is not what it should be.
    """
    if described.media_type == artifact.INDEX_TYPE:
        raise InputError(f"{where} is a list of packages, not a package")
    if described.media_type != artifact.MANIFEST_TYPE:
        raise InputError(f"{where} is {described.media_type[:100]!a}, not a package")
    manifest_bytes = blobs.read(base, described, canonical.LIMIT, f"the manifest of {where}")
    image = artifact.image(manifest_bytes, where)
    config_bytes = blobs.read(base, image.config, canonical.LIMIT, f"the config of {where}")
    config, manifest = artifact.configured(config_bytes, image.layer, where)
    path = blobs.place(base, image.layer.digest)
    if not hashed:
        blobs.verify(base, image.layer, artifact.LAYER_LIMIT, f"the program of {where}")
        with open(path, "rb") as file:
            if sniff(file.read(8)) not in ("module", "component"):
                raise InputError(f"the program of {where} is not WebAssembly")
    return Opened(
        described.digest,
        manifest,
        config,
        Path(path),
        image.layer.digest,
        manifest_bytes,
        config_bytes,
        image.layer,
    )


def index(base: str) -> list[dict[str, Any]]:
    """The entries of a layout's index.

    Raises:
        NotFound: there is no layout.
        InputError: it is none that we read.
    """
    marker = document(base, "oci-layout")
    if marker.get("imageLayoutVersion") != "1.0.0":
        raise InputError(f"{base} is not an OCI image layout of version 1.0.0")
    value = document(base, "index.json")
    entries = value.get("manifests")
    if value.get("schemaVersion") != 2 or not isinstance(entries, list):
        raise InputError(f"{base}/index.json is not the index of an OCI image layout")
    for entry in entries:
        Descriptor.of(entry, f"an entry of {base}/index.json")
    return entries


def document(base: str, name: str) -> dict[str, Any]:
    """A JSON document of a layout that is no blob."""
    path = os.path.join(base, name)
    handle, facts = blobs.open_plain(path, f"the {name} of a package")
    with open(handle, "rb") as file:
        if facts.st_size > canonical.LIMIT:
            raise InputError(f"{path} is larger than {canonical.LIMIT >> 20} MiB")
        return canonical.load(file.read(canonical.LIMIT + 1), path)


def put_blobs(base: str, packed: Packed | Opened, first: str) -> Descriptor:
    """Writes the three blobs of a package that are not there unharmed; the manifest comes last.

    Raises:
        OSError: there is no room, or no right to write.
    """
    image = artifact.image(packed.manifest_bytes, "the package")
    digest = blobs.digest_of(packed.manifest_bytes)
    described = Descriptor(artifact.MANIFEST_TYPE, digest, len(packed.manifest_bytes))
    program = packed.wasm_bytes if isinstance(packed, Packed) else packed.wasm_path
    for content, blob in (
        (program, image.layer),
        (packed.config_bytes, image.config),
        (packed.manifest_bytes, described),
    ):
        try:
            blobs.verify(base, blob, artifact.LAYER_LIMIT, "what is there")
        except InputError:
            blobs.write(base, content, blob, first)
    return described


def write_index(base: str, entries: list[dict[str, Any]], first: str) -> None:
    """Replaces a layout's index, and first makes the layout one."""
    ordered = sorted(entries, key=lambda entry: (tag_of(entry), entry["digest"]))
    value = {"schemaVersion": 2, "mediaType": artifact.INDEX_TYPE, "manifests": ordered}
    for name, content in (("oci-layout", VERSION), ("index.json", canonical.dump(value))):
        path = os.path.join(base, name)
        if name == "index.json" or not os.path.lexists(path):
            with blobs.whole(path, first) as handle:
                blobs.write_all(handle, content)


def _clear(base: str, described: Descriptor) -> None:
    """Removes every blob that one package does not need."""
    found = opened(base, described, "the package", hashed=True)
    config = artifact.image(found.manifest_bytes, "the package").config.digest
    needed = {blobs.place(base, d) for d in (described.digest, config, found.wasm_digest)}
    folder = os.path.dirname(blobs.place(base, described.digest))
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if path not in needed:
            os.unlink(path)


def tagged(described: Descriptor, tag: str) -> dict[str, Any]:
    """An index's entry."""
    return {**described.to_json(), "annotations": {TAG_KEY: tag}}


def tag_of(entry: dict[str, Any]) -> str:
    """The tag of an index's entry, or empty."""
    annotations = entry.get("annotations")
    tag = annotations.get(TAG_KEY, "") if isinstance(annotations, dict) else ""
    return tag if isinstance(tag, str) and TAG.fullmatch(tag) else ""


def staging(base: str) -> str:
    """The path of a file to write first, cleared of what a killed writer left there."""
    path = os.path.join(base, STAGING)
    if os.path.lexists(path):
        os.unlink(path)
    return path
