"""Other people's tools and archives, held against our packages: for `make conformance`.

`wasm-tools` comes from PyPI; `skopeo` and `docker-registry` are Debian's, and have to be
installed; `wkg` is a Rust crate, used where it is; the archives of Go's own tests come in Debian's
package of its sources, fetched by apt and not installed. What is not there is told, and not tried.
"""

from __future__ import annotations

import bz2
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conformance import tools
from tests.package.making import COMPONENT, MODULE, carrying, package
from wherever.errors import WhereverError
from wherever.package import blobs, contents, layout
from wherever.package.artifact import Packed
from wherever.store import archive as fetched

Results = Iterator[tuple[str, str]]
ARCHIVES = "golang-1.19-src"
MORE = """
description = "Says hello."
authors = ["Ada", "Grace"]
license = "MIT OR Apache-2.0"
homepage = "https://example.org/tool"
repository = "https://example.org/tool.git"
"""


def packages() -> Iterator[tuple[str, Packed]]:
    """A module and a component, each with and without files."""
    for kind, wasm in (("module", MODULE), ("component", COMPONENT)):
        yield kind, package(wasm=wasm, more=MORE)
        files = {"/app/main.py": b"print()\n", "/data/é": bytes(1 << 20)}
        yield f"{kind}-with-files", package(wasm=wasm, files=files, more=MORE)


def wasm_tools() -> Results:
    """`wasm-tools` finds each program valid, and prints what its package says of itself."""
    tool = tools.wasm_tools()
    with tempfile.TemporaryDirectory() as folder:
        for name, packed in packages():
            path = Path(folder, f"{name}.wasm")
            path.write_bytes(packed.wasm_bytes)
            done = run(tool, "validate", path)
            yield f"wasm-tools/validate {name}", done.stderr
            shown = run(tool, "metadata", "show", "--json", path)
            wrong = shown.stderr
            if not wrong:
                (said,) = json.loads(shown.stdout).values()
                said = said.get("metadata", said)
                told = [said.get(key) for key in ("version", "description", "authors", "licenses",
                                                  "homepage", "source")]  # fmt: skip
                right = ["1.2.0", "Says hello.", "Ada, Grace", "MIT OR Apache-2.0",
                         "https://example.org/tool", "https://example.org/tool.git"]  # fmt: skip
                wrong = "" if told == right else f"it says {told}"
            yield f"wasm-tools/metadata {name}", wrong


def registry() -> Results:
    """`skopeo` takes each package from our layout to a registry and back, its digest unchanged."""
    missing = [each for each in ("skopeo", "docker-registry") if not shutil.which(each)]
    if missing:
        print(f"registry: {' and '.join(missing)} not installed, so nothing was pushed")
        return
    with tempfile.TemporaryDirectory() as folder, _registry(Path(folder)) as address:
        base = Path(folder)
        for name, packed in packages():
            layout.write(base / name, packed, "1.2.0")
            place = f"docker://{address}/acme/{name}:1.2.0"
            pushed = copy(f"oci:{base / name}:1.2.0", place, "--dest-tls-verify=false")
            yield f"registry/push {name}", pushed
            raw = run("skopeo", "inspect", "--raw", "--tls-verify=false", place)
            there = blobs.digest_of(raw.stdout.encode())
            yield f"registry/digest {name}", "" if there == packed.digest else f"{there} there"
            back = base / f"{name}-back"
            wrong = copy(place, f"oci:{back}:1.2.0", "--src-tls-verify=false")
            if not wrong:
                opened = layout.read(back, "1.2.0")
                same = (opened.digest, opened.wasm_digest) == (packed.digest, packed.wasm_digest)
                wrong = "" if same else f"{opened.digest} came back"
            yield f"registry/pull {name}", wrong
            if shutil.which("wkg"):
                got = base / f"{name}-got.wasm"
                place = f"{address}/acme/{name}:1.2.0"
                done = run("wkg", "oci", "pull", "--insecure", address, place, "-o", got)
                same = got.exists() and got.read_bytes() == packed.wasm_bytes
                yield f"registry/wkg {name}", "" if same else done.stderr or "other bytes came"
        if not shutil.which("wkg"):
            print("registry: wkg is not here (cargo install wkg), so it pulled nothing")


def archives() -> Results:
    """Each archive of Go's own tests, as the files of a package or as a wheel: refused or read.

    Nothing may be written outside the folder named for it, no link, and with at most 512 MiB of
    address space beyond what is in use.
    """
    folder = _go_archives()
    if folder is None:
        print(f"archives: apt cannot fetch {ARCHIVES}, so none of them was tried")
        return
    for path in sorted(folder.glob("*/testdata/*.tar*")):
        data = path.read_bytes()
        tar = bz2.decompress(data) if path.suffix == ".bz2" else data
        yield f"tar/{path.name}", _alone(lambda at, tar=tar: _lay_out(tar, at))
    for path in sorted(folder.glob("*/testdata/*.*zip")):
        yield f"zip/{path.name}", _alone(lambda at, path=path: _take_all(path, at))


def _lay_out(tar: bytes, at: Path) -> None:
    contents.extract(carrying(tar), at / "target")


def _take_all(path: Path, at: Path) -> None:
    """As if the archive were a wheel, of which a few files are wanted."""
    wheel = at / "inbox" / "a.whl"
    wheel.write_bytes(path.read_bytes())
    (at / "target").mkdir()
    for number, name in enumerate(("test.txt", "symlink", "dir/", "../../../evil", "")):
        fetched.extract(str(wheel), {name: str(at / "target" / f"{number}")}, label="a.whl")


def _alone(use: object) -> str:
    """What was wrong when a child, with little memory, did that in a folder of its own."""
    assert callable(use)
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        (base / "inbox").mkdir()
        before = {path for path in base.rglob("*")}
        pid = os.fork()
        if not pid:
            code = 2
            try:
                used = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
                resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20),) * 2)
                signal.alarm(20)
                use(base)
                code = 0
            except WhereverError as error:
                code = 0 if str(error) else 3
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code:
            return f"ended with {code}"
        after = {p for p in base.rglob("*") if p not in before and p != base / "inbox" / "a.whl"}
        odd = [p for p in after if p.is_symlink() or (base / "target") not in (p, *p.parents)]
        return f"wrote {', '.join(map(str, odd))}" if odd else ""


def _go_archives() -> Path | None:
    """The folder `archive` of Go's sources, kept in .cache."""
    kept = tools.KEPT / "debian"
    inside = kept / ARCHIVES / "usr" / "share" / "go-1.19" / "src" / "archive"
    if inside.is_dir() or not shutil.which("apt-get"):
        return inside if inside.is_dir() else None
    kept.mkdir(parents=True, exist_ok=True)
    run("apt-get", "download", ARCHIVES, cwd=kept)
    for package_file in kept.glob(f"{ARCHIVES}_*.deb"):
        run("dpkg-deb", "-x", package_file, kept / ARCHIVES)
        package_file.unlink()
    return inside if inside.is_dir() else None


@contextmanager
def _registry(base: Path) -> Iterator[str]:
    """A registry that listens on this machine alone; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (base / "registry.yml").write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {base}/registry}}}}\n"
        f"http: {{addr: '{address}'}}\n"
    )
    with (base / "log").open("wb") as log:
        server = subprocess.Popen(
            ["docker-registry", "serve", base / "registry.yml"], stdout=log, stderr=log
        )
    try:
        for _ in range(100):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", int(address.partition(":")[2]))) == 0:
                    break
            time.sleep(0.1)
        yield address
    finally:
        server.kill()
        server.wait()


def copy(source: str, target: str, *options: str) -> str:
    """What `skopeo copy` says is wrong."""
    options = ("--insecure-policy", "--preserve-digests", *options)
    done = run("skopeo", "copy", "--quiet", *options, source, target)
    return done.stderr if done.returncode else ""


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def results() -> Results:
    """All of them, for `scripts/conformance`: what was tried, and what was wrong or nothing."""
    yield from wasm_tools()
    yield from registry()
    yield from archives()
