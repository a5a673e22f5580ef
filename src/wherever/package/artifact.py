"""A package as registries hold it: the CNCF's Wasm OCI artifact, with our fields in its config.

Three blobs: a manifest, a config, and one layer, the program. Other tools read the first
fields of the config and the layer, and pass over the rest; the manifest's digest covers all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wherever.errors import InputError
from wherever.package import blobs, canonical, contents, sections
from wherever.package.blobs import Descriptor
from wherever.package.manifest import Manifest
from wherever.package.stamps import stamps
from wherever.wasm import facts

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.wasm.config.v0+json"
LAYER_TYPE = "application/wasm"
SCHEMA = 1
LAYER_LIMIT = 512 << 20
"""The largest program, in bytes."""

TITLES = "org.opencontainers.image."
LAST_SECOND = 253402300799
"""Of the year 9999, after which a time has no common spelling."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A package's three blobs, byte for byte."""

    manifest_bytes: bytes
    config_bytes: bytes
    wasm_bytes: bytes

    @property
    def digest(self) -> str:
        """What names this very package: the digest of its manifest."""
        return blobs.digest_of(self.manifest_bytes)

    @property
    def wasm_digest(self) -> str:
        """The digest of the program, its files included."""
        return blobs.digest_of(self.wasm_bytes)


@dataclass(frozen=True, slots=True)
class Image:
    """What an artifact's manifest says of its other blobs."""

    config: Descriptor
    layer: Descriptor


def pack(
    wasm: bytes,
    manifest: Manifest,
    files: Mapping[str, bytes] | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Packed:
    """A package from its parts. The same parts give the same bytes, any day, in any folder.

    Its time of making is `SOURCE_DATE_EPOCH`, in seconds, or else the start of 1970.

    Args:
        wasm: a module or component.
        manifest: what the package says of itself.
        files: what it carries, by the path for the guest: see `contents.collect`.
        seen: what `wasm.facts` says of the program, where that is known already.

    Raises:
        NotRunnable: not WebAssembly.
        InputError: files that no package may hold, or a wrong `SOURCE_DATE_EPOCH`.
    """
    stamped = sections.replaced(wasm, stamps(manifest), "the program")
    whole = contents.embed(stamped, files or {})
    if len(whole) > LAYER_LIMIT:
        raise InputError(f"the program is larger than {LAYER_LIMIT >> 20} MiB")
    created = _created()
    layer = Descriptor(LAYER_TYPE, blobs.digest_of(whole), len(whole))
    found = facts(wasm) if seen is None else seen
    config_bytes = canonical.dump(_config(found, manifest, layer, created))
    config = Descriptor(CONFIG_TYPE, blobs.digest_of(config_bytes), len(config_bytes))
    title = f"{manifest.name.name if manifest.name else 'program'}.wasm"
    manifest_bytes = canonical.dump(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.to_json(),
            "layers": [{**layer.to_json(), "annotations": {f"{TITLES}title": title}}],
            "annotations": _annotations(manifest, created),
        }
    )
    for data, what in ((manifest_bytes, "manifest"), (config_bytes, "config")):
        if len(data) > canonical.LIMIT:
            raise InputError(f"the package's {what} is larger than {canonical.LIMIT >> 20} MiB")
    return Packed(manifest_bytes, config_bytes, whole)


def image(manifest_bytes: bytes, where: str) -> Image:
    """What a manifest says, checked to be that of a Wasm artifact.

    Raises:
        InputError: it is of another kind, has not exactly one layer, or claims sizes beyond
            what is read.
    """
    value = canonical.load(manifest_bytes, f"the manifest of {where}")
    media_type = value.get("mediaType", MANIFEST_TYPE)
    if media_type == INDEX_TYPE or "manifests" in value:
        raise InputError(f"{where} is a list of packages, not a package")
    if media_type != MANIFEST_TYPE or value.get("schemaVersion") != 2:
        raise InputError(f"{where} has no manifest of an OCI artifact")
    config = Descriptor.of(value.get("config"), f"the config of {where}")
    if config.media_type != CONFIG_TYPE:
        raise InputError(
            f"{where} is no WebAssembly package: its config is {config.media_type[:100]!a}"
        )
    layers = value.get("layers")
    if not isinstance(layers, list) or len(layers) != 1:
        count = len(layers) if isinstance(layers, list) else 0
        raise InputError(f"{where} has {count} layers, and a WebAssembly package has one")
    layer = Descriptor.of(layers[0], f"the program of {where}")
    if layer.media_type != LAYER_TYPE:
        raise InputError(
            f"{where} is no WebAssembly package: its layer is {layer.media_type[:100]!a}"
        )
    blobs.measured(config, canonical.LIMIT, f"the config of {where}")
    blobs.measured(layer, LAYER_LIMIT, f"the program of {where}")
    return Image(config, layer)


def configured(
    config_bytes: bytes, layer: Descriptor, where: str
) -> tuple[dict[str, Any], Manifest]:
    """A config, and the manifest in it; one of other tools gives a manifest without a name.

    Raises:
        InputError: it is not the config of this layer, or our fields in it are wrong.
    """
    config = canonical.load(config_bytes, f"the config of {where}")
    if config.get("architecture") != "wasm":
        raise InputError(f"the config of {where} is not for WebAssembly")
    if config.get("layerDigests", [layer.digest]) != [layer.digest]:
        raise InputError(f"the config of {where} is that of another program")
    ours = config.get("wherever")
    if ours is None:
        return config, Manifest()
    if not isinstance(ours, dict) or ours.get("schema") != SCHEMA:
        schema = ours.get("schema") if isinstance(ours, dict) else None
        raise InputError(
            f"the config of {where} has schema {str(schema)[:40]!a}, and {SCHEMA} is known",
            "update Wherever: pip install --upgrade wherever",
        )
    fields = {key: value for key, value in ours.items() if key != "schema"}
    return config, Manifest.from_json(fields, f"the config of {where}")


def _config(
    found: Mapping[str, Any], manifest: Manifest, layer: Descriptor, created: str
) -> dict[str, Any]:
    is_component = found["kind"] == "component"
    config: dict[str, Any] = {
        "created": created,
        "architecture": "wasm",
        "os": "wasip2" if is_component else "wasip1",
        "layerDigests": [layer.digest],
        "wherever": {"schema": SCHEMA, **manifest.to_json()},
    }
    if manifest.authors:
        config["author"] = ", ".join(manifest.authors)
    if is_component:
        config["component"] = {
            "exports": [name for name, *_ in found["exports"]],
            "imports": [name for _, name, *_ in found["imports"]],
            "target": None,
        }
    return config


def _annotations(manifest: Manifest, created: str) -> dict[str, str]:
    found = {
        "created": created,
        "title": str(manifest.name or ""),
        "version": str(manifest.version or ""),
        "description": manifest.description,
        "licenses": manifest.license,
        "authors": ", ".join(manifest.authors),
        "url": manifest.homepage,
        "source": manifest.repository,
    }
    return {f"{TITLES}{key}": text for key, text in found.items() if text}


def _created() -> str:
    text = os.environ.get("SOURCE_DATE_EPOCH", "") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 13 and int(text) <= LAST_SECOND):
        raise InputError(f"SOURCE_DATE_EPOCH is {text[:40]!r}, not a number of seconds since 1970")
    return datetime.fromtimestamp(int(text), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
