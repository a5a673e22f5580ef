"""The artifact: what other tools read of it, and the same bytes from the same parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.package.making import COMPONENT, MODULE, TOOL, package
from wherever.errors import InputError, NotRunnable
from wherever.package import artifact, blobs, contents
from wherever.package.manifest import Manifest, parse

ROOT = Path(__file__).resolve().parent.parent.parent
WHOLE = """
[package]
name = "acme:tool"
version = "1.2.0-rc.1"
description = "Says hello."
license = "Apache-2.0"
authors = ["Ada <ada@example.org>", "Grace"]
homepage = "https://example.org/tool"
repository = "https://example.org/tool.git"
keywords = ["hello"]

[[command]]
name = "tool"
args = ["--greet"]

[permissions]
network = ["example.org:443"]

[files]
"/app" = "app"

[dependencies]
"acme:words" = "^1.2"
"""


def test_the_blobs_are_what_other_tools_expect() -> None:
    packed = artifact.pack(COMPONENT, parse(WHOLE), {"/app/a": b"hello"})
    layer = blobs.digest_of(packed.wasm_bytes)
    config = json.loads(packed.config_bytes)
    assert config.pop("wherever") == {"schema": 1, **parse(WHOLE).to_json()}
    assert config == {
        "created": "1970-01-01T00:00:00Z",
        "author": "Ada <ada@example.org>, Grace",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [layer],
        "component": {"exports": [], "imports": [], "target": None},
    }
    assert json.loads(packed.manifest_bytes) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.wasm.config.v0+json",
            "digest": blobs.digest_of(packed.config_bytes),
            "size": len(packed.config_bytes),
        },
        "layers": [
            {
                "mediaType": "application/wasm",
                "digest": layer,
                "size": len(packed.wasm_bytes),
                "annotations": {"org.opencontainers.image.title": "tool.wasm"},
            }
        ],
        "annotations": {
            f"org.opencontainers.image.{key}": value
            for key, value in {
                "title": "acme:tool",
                "version": "1.2.0-rc.1",
                "created": "1970-01-01T00:00:00Z",
                "description": "Says hello.",
                "licenses": "Apache-2.0",
                "authors": "Ada <ada@example.org>, Grace",
                "url": "https://example.org/tool",
                "source": "https://example.org/tool.git",
            }.items()
        },
    }
    assert contents.files(packed.wasm_bytes) == {"/app/a": b"hello"}


def test_imports_and_exports_of_a_component_are_named() -> None:
    from wasmtime import wat2wasm

    wasm = bytes(
        wat2wasm(
            """(component
              (import "acme:words/list@1.0.0" (instance))
              (import "clock" (func $clock (result u32)))
              (export "tell" (func $clock)))"""
        )
    )
    config = json.loads(artifact.pack(wasm, Manifest()).config_bytes)
    assert config["component"] == {
        "exports": ["tell"],
        "imports": ["acme:words/list@1.0.0", "clock"],
        "target": None,
    }


def test_what_was_packed_is_read_again() -> None:
    packed = artifact.pack(MODULE, parse(WHOLE))
    image = artifact.image(packed.manifest_bytes, "it")
    config, manifest = artifact.configured(packed.config_bytes, image.layer, "it")
    assert manifest == parse(WHOLE)
    assert config["os"] == "wasip1" and "component" not in config


def test_a_package_of_another_tool_has_a_manifest_without_a_name() -> None:
    packed = package()
    config = json.loads(packed.config_bytes)
    del config["wherever"]
    image = artifact.image(packed.manifest_bytes, "it")
    _, manifest = artifact.configured(json.dumps(config).encode(), image.layer, "it")
    assert manifest == Manifest()


MAKE = """
import sys
from pathlib import Path
from wherever.package import artifact, contents, manifest
given = manifest.read(Path.cwd())
files = contents.collect(given.folder, given.files)
print(artifact.pack(Path("tool.wasm").read_bytes(), given, files).digest)
"""


def test_the_same_parts_have_the_same_digest_on_another_day_in_another_folder(
    tmp_path: Path, unmeasured: dict[str, str]
) -> None:
    digests = set()
    for number, name in enumerate(("here", "elsewhere/and deeper")):
        folder = tmp_path / name
        # The order in which files are made is the order in which some systems list them.
        for inner in ("app/a", "app/b/c", "app/z")[:: (1, -1)[number]]:
            (folder / inner).parent.mkdir(parents=True, exist_ok=True)
            (folder / inner).write_text(inner)
            os.utime(folder / inner, (time.time() - 86_400 * number,) * 2)
            (folder / inner).chmod((0o600, 0o755)[number])
        (folder / "wherever.toml").write_text(WHOLE)
        (folder / "tool.wasm").write_bytes(MODULE)
        done = subprocess.run(
            [sys.executable, "-c", MAKE],
            cwd=folder,
            env={
                **unmeasured,
                "PYTHONHASHSEED": str(number),
                "TZ": ("UTC", "Asia/Tokyo")[number],
                "LC_ALL": ("C", "C.UTF-8")[number],
            },
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1


def test_a_package_keeps_its_digest_for_ever() -> None:
    """Written down, because what was published is known by it."""
    assert package(files={"/app/é": b"hello"}).digest == (
        "sha256:d2b9460d4c210be331f887c2bcdf04b7cfdb87b2c979732bdbda8902250c9ac0"
    )


def test_the_time_of_making_is_that_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = package()
    assert json.loads(first.config_bytes)["created"] == "2023-11-14T22:13:20Z"
    assert package().digest == first.digest
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "")
    assert json.loads(package().config_bytes)["created"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("text", ["now", "-1", "1e9", "1.5", "9" * 30, "253402300800", "\u0661"])
def test_a_time_that_is_none_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(InputError, match="not a number of seconds since 1970"):
        package()


def test_what_is_no_program_is_not_packed() -> None:
    with pytest.raises(NotRunnable):
        artifact.pack(MODULE + b"\x7f\1\0", Manifest())
    with pytest.raises(InputError, match="the program is not a WebAssembly module or component"):
        artifact.pack(b"hello", Manifest())


def test_digests_are_those_of_the_bytes() -> None:
    packed = package()
    assert packed.digest == blobs.digest_of(packed.manifest_bytes)
    assert packed.wasm_digest == blobs.digest_of(packed.wasm_bytes)
    assert package(name="acme:tool").digest == packed.digest
    assert str(TOOL) == "acme:tool"
