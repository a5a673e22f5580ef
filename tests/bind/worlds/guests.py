"""The guests that wit-bindgen tests itself with, built of the sources that its crate carries.

`tests/runtime` of the crate `wit-bindgen-cli` has a folder for each world, and in it a program of
each side of it in several languages. cargo fetches the crate and compiles what generates bindings;
Rust's guests are compiled by rustc, those of C by zig, which Wherever brings. `.cache` keeps all.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from tests.conformance.tools import KEPT
from wherever.build import tools
from wherever.build.zig import tool as zig

VERSION = "0.63.0"
DIGEST = "6888d3c7a552a9a5973127d98985e887fef41b20b43500767a74a4b4cb6f36c6"
HOME = KEPT / f"wit-bindgen-{VERSION}"
ENDINGS = {"rust": ".rs", "c": ".c"}
TARGET = "wasm32-wasip1"

GENERATOR = Path(__file__).with_name("generate.rs")

FETCH = f"""[package]
name = "fetch"
version = "0.0.0"
edition = "2024"

[workspace]

[lib]
path = "none.rs"

[dependencies]
wit-bindgen-cli = "={VERSION}"
"""
RUNTIME = f"""[package]
name = "runtime"
version = "0.0.0"
edition = "2024"

[workspace]

[lib]
path = "none.rs"

[dependencies.wit-bindgen]
version = "={VERSION}"
default-features = false
features = ["std", "bitflags", "realloc"]
"""
GENERATE = f"""[package]
name = "generate"
version = "0.0.0"
edition = "2024"

[workspace]

[[bin]]
name = "generate"
path = "generate.rs"

[dependencies]
clap = {{ version = "4", features = ["derive"] }}
wit-bindgen-core = "={VERSION}"
wit-bindgen-rust = {{ version = "={VERSION}", features = ["clap"] }}
wit-bindgen-c = {{ version = "={VERSION}", features = ["clap"] }}
"""


class Unbuilt(Exception):
    """A guest that its own tools do not build."""


def can_be_built() -> bool:
    """Whether there is a Rust with the target that its guests need."""
    if not shutil.which("cargo"):
        return False
    root = _said(["rustc", "--print", "sysroot"]).strip()
    return (Path(root) / "lib" / "rustlib" / TARGET).is_dir()


def prepare() -> None:
    """Fetches the sources and compiles what all guests need, where `.cache` has it not yet.

    Raises:
        Unbuilt: it is not what was promised, or does not compile.
    """
    if HOME.is_dir():
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as scratch:
        made = Path(scratch, "made")
        made.mkdir()
        sources = _vendored(Path(scratch, "vendored"))
        shutil.copytree(sources / "tests" / "runtime", made / "runtime")
        crate = _crate(Path(scratch, "generate"), GENERATE)
        shutil.copyfile(GENERATOR, crate / "generate.rs")
        _said(["cargo", "build", "--quiet"], crate)
        shutil.copy(crate / "target" / "debug" / "generate", made)
        crate = _crate(made / "crate", RUNTIME)
        _said(["cargo", "build", "--quiet", "--release", "--target", TARGET], crate)
        os.rename(made, HOME)


def _vendored(scratch: Path) -> Path:
    _said(["cargo", "vendor", "--quiet", "vendor"], _crate(scratch, FETCH))
    found = scratch / "vendor" / "wit-bindgen-cli"
    if json.loads((found / ".cargo-checksum.json").read_text())["package"] != DIGEST:
        raise Unbuilt("the crate wit-bindgen-cli is not the one that was promised")
    return found


def _crate(folder: Path, manifest: str) -> Path:
    folder.mkdir()
    (folder / "Cargo.toml").write_text(manifest)
    (folder / "none.rs").touch()
    return folder


def worlds() -> list[str]:
    """The folders of worlds."""
    return sorted(path.parent.name for path in (HOME / "runtime").glob("*/test.wit"))


def wit(folder: str) -> str:
    """The text of a world and of its interfaces."""
    return (HOME / "runtime" / folder / "test.wit").read_text()


def languages(folder: str, world: str) -> list[str]:
    """The languages that have a guest of a world and that are built here."""
    at = HOME / "runtime" / folder
    return [name for name, ending in ENDINGS.items() if (at / f"{world}{ending}").is_file()]


def guest(folder: str, world: str, language: str) -> Path:
    """A guest as a component.

    Raises:
        Unbuilt: its tools refuse it; the words are theirs.
    """
    out = HOME / "made" / folder / f"{world}-{language}.wasm"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME) as scratch:
            core = _core(folder, world, language, Path(scratch))
            adapter = tools.tool("adapters") / "lib" / "wasi_snapshot_preview1.reactor.wasm"
            adapt = f"wasi_snapshot_preview1={adapter}"
            component = Path(scratch, "component.wasm")
            made = ["component", "new", "--adapt", adapt, core, "-o", component]
            _said([_wasm_tools(), *made])
            os.rename(component, out)
    return out


def _core(folder: str, world: str, language: str, scratch: Path) -> Path:
    at = HOME / "runtime" / folder
    source = at / f"{world}{ENDINGS[language]}"
    wanted = _wanted(source)
    wit = at / "test.wit" if not (at / "deps").is_dir() else at
    words = [language, wit, "--world", world, "--out-dir", scratch, *_words(wanted.get("args"))]
    more = ["--generate-all"] if language == "rust" and "--generate-all" not in words else []
    _said([HOME / "generate", *words, *more])
    core = scratch / "core.wasm"
    own = wanted.get("lang", {})
    if language == "rust":
        bindings = scratch / f"{world.replace('-', '_')}.rs"
        _rust(source, bindings, core, _words(own.get("rustflags")))
    else:
        _c(source, scratch, world, core, _words(own.get("cflags")))
    return core


def _rust(source: Path, bindings: Path, core: Path, flags: Iterable[str]) -> None:
    home = HOME / "crate" / "target" / TARGET / "release"
    words = ["rustc", "--edition=2021", "--crate-type=cdylib", "--target", TARGET]
    # Assertions on numbers and on allocations are a part of these tests.
    chosen = ["-Copt-level=s", "-Cdebug-assertions", "-Cstrip=symbols", "-Awarnings", *flags]
    (rlib,) = (home / "deps").glob("libwit_bindgen-*.rlib")
    linked = ["--extern", f"wit_bindgen={rlib}", f"-Ldependency={home / 'deps'}"]
    linked += [f"-L{path}" for path in (home / "build").glob("wit-bindgen-*/out")]
    made = [*words, *chosen, *linked, str(source), "-o", str(core)]
    _said(made, source.parent, {"BINDINGS": str(bindings)})


def _c(source: Path, bindings: Path, world: str, core: Path, flags: Iterable[str]) -> None:
    own = world.replace("-", "_")
    # As their authors compile them: one of them reads a variable that it has not set.
    plain = ["-O0", "-fno-sanitize=undefined", "-UNDEBUG", "-mexec-model=reactor"]
    words = ["cc", *zig.TARGET, *plain, f"-I{bindings}", *flags]
    files = [source, bindings / f"{own}.c", bindings / f"{own}_component_type.o"]
    zig.run([*words, *files, "-o", core], label="zig", folder=source.parent, scratch=bindings)


def _wanted(source: Path) -> dict:
    """What a guest says of how it is built, in its first lines."""
    lines = source.read_text().splitlines()
    return tomllib.loads("\n".join(each[3:] for each in lines if each.startswith("//@")))


def _words(given: str | list[str] | None) -> list[str]:
    return shlex.split(given) if isinstance(given, str) else list(given or ())


def _wasm_tools() -> Path:
    from tests.conformance import tools as others

    return others.wasm_tools()


def _said(
    words: Iterable[str | Path], folder: Path | None = None, env: dict[str, str] | None = None
) -> str:
    done = subprocess.run(
        [os.fspath(word) for word in words],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unbuilt(done.stderr.strip()[-1500:])
    return done.stdout
