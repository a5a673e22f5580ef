"""Archives as strangers make them, and a package registry on loopback."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

WASM = b"\0asm\1\0\0\0"


def wheel(files: dict[str, bytes]) -> bytes:
    """A wheel's bytes, with these files and no more."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def tarball(files: dict[str, bytes], top: str = "package") -> bytes:
    """A gzipped tar with these files under one folder, as npm makes them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


class Registry:
    """A package index on loopback: pages by path, and the requests it saw."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.redirects: dict[str, str] = {}
        self.stalled: set[str] = set()
        self.closing = threading.Event()
        self.asked: list[tuple[str, str]] = []

    def put(self, path: str, data: bytes, kind: str = "application/octet-stream") -> None:
        self.pages[path] = (kind, data)

    def put_wheel(self, package: str, version: str, files: dict[str, bytes]) -> bytes:
        """Publishes a wheel as the one file of its package in a pip index; its bytes."""
        stem = f"{package.replace('-', '_')}-{version}"
        name = f"{stem}-py3-none-any.whl"
        told = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        kind = "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        data = wheel(
            {
                **files,
                f"{stem}.dist-info/METADATA": told.encode(),
                f"{stem}.dist-info/WHEEL": kind.encode(),
                f"{stem}.dist-info/RECORD": b"",
            }
        )
        self.put(f"/files/{name}", data)
        self.put_links(package, [(name, data)])
        return data

    def put_links(self, package: str, files: list[tuple[str, bytes]]) -> None:
        links = "".join(
            f'<a href="{self.address}/files/{name}#sha256={hashlib.sha256(data).hexdigest()}">'
            f"{name}</a>\n"
            for name, data in files
        )
        page = f"<!DOCTYPE html><html><body>{links}</body></html>"
        self.put(f"/simple/{package}/", page.encode(), "text/html")

    def put_npm(self, package: str, version: str, data: bytes, integrity: str = "") -> None:
        """Publishes a tarball as the newest version of its package in an npm registry."""
        path = f"/tarballs/{package.rpartition('/')[2]}-{version}.tgz"
        self.put(path, data)
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {
            "tarball": f"{self.address}{path}",
            "integrity": integrity or f"sha512-{digest}",
            "shasum": hashlib.sha1(data).hexdigest(),
        }
        document = {
            "name": package,
            "dist-tags": {"latest": version},
            "versions": {version: {"name": package, "version": version, "dist": dist}},
        }
        page = json.dumps(document).encode()
        for each in (package, package.replace("/", "%2f"), package.replace("/", "%2F")):
            self.put(f"/npm/{each}", page, "application/json")


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry of one's own, asked by nobody else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ours.asked.append((self.path, self.headers.get("Authorization", "")))
            if self.path in ours.redirects:
                self.send_response(302)
                self.send_header("Location", ours.redirects[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.path in ours.stalled:
                ours.closing.wait(30)
            kind, data = ours.pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in ours.pages else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ours = Registry(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield ours
        ours.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def asks(registry: Registry, monkeypatch: pytest.MonkeyPatch, fresh_home: Path) -> Registry:
    """The registry, which pip and npm are configured to ask, and a fresh home."""
    monkeypatch.setenv("PIP_INDEX_URL", f"{registry.address}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("npm_config_registry", f"{registry.address}/npm/")
    monkeypatch.setenv("npm_config_cache", str(fresh_home.parent / "npm-cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    return registry


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str, bytes], str]:
    """Write bytes to a file of that name; its path."""

    def write(name: str, data: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return write
