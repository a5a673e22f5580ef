"""Public handlers are taken byte for byte as they were listed, or not at all."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.edge.public import documented, fetch

README = """
```ts
const other = 1;
```
```ts
const app = new Hono();
app.get("/", () => "Hello World!");
```
"""


def crate(folder: Path, path: str, data: bytes) -> Path:
    """An archive of a crate as cargo keeps it."""
    made = folder / "wash-runtime-0.1.0.crate"
    with tarfile.open(made, "w:gz") as archive:
        entry = tarfile.TarInfo(f"wash-runtime-0.1.0/{path}")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return made


def test_every_handler_is_listed_whole() -> None:
    served = {each.name: len(each.sha256) for each in fetch.listed() if each.asks}
    assert served == dict.fromkeys(
        ["rust-hello", "rust-json", "rust-first", "javascript-hono", "traps", "traps-later"], 64
    )
    assert {each.name for each in fetch.listed() if not each.asks} == {
        "needs-blobs",
        "needs-services",
        "too-new",
    }


def test_what_was_listed_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "KEPT", tmp_path / "kept")
    digest = "fbc1a9f858ea9e177916964bd88c3d37b91a1e84412765e29950777f265c4b75"
    handler = replace(fetch.named("javascript-hono"), path="a.wasm", sha256=digest)
    crate(tmp_path, "a.wasm", b"foo bar")
    path = fetch.kept(handler, tmp_path)
    assert (path.name, path.read_bytes()) == (f"{digest}.wasm", b"foo bar")


def test_other_bytes_are_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "KEPT", tmp_path / "kept")
    crate(tmp_path, "tests/fixtures/component.wasm", b"foo bar")
    with pytest.raises(fetch.Refused) as refused:
        fetch.kept(fetch.named("javascript-hono"), tmp_path)
    assert str(refused.value) == (
        "tests/fixtures/component.wasm of wash-runtime-0.1.0.crate has the sha256 "
        "fbc1a9f858ea9e177916964bd88c3d37b91a1e84412765e29950777f265c4b75"
    )
    assert not (tmp_path / "kept").exists()


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    made = crate(tmp_path, "other.wasm", b"")
    with pytest.raises(fetch.Refused, match=r"^wash-runtime-0\.1\.0\.crate has no tests/fixtures/"):
        fetch.member(made, fetch.named("javascript-hono"))


def test_the_documented_example_is_found_and_mended() -> None:
    assert documented.example_of(README) == (
        'const app = new Hono();\napp.get("/", (c) => c.text("Hello World!"));\n'
    )
    with pytest.raises(fetch.Refused, match="no example with Hono"):
        documented.example_of("# nothing")
