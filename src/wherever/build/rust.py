"""Rust: a crate becomes a command, by the user's own cargo and its target for WebAssembly."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from wherever.build import command, flags, rustsettings
from wherever.build.bindings import kept, wit
from wherever.build.bindings import rust as bindings
from wherever.build.detecting import main_of
from wherever.build.reactor import command as program
from wherever.build.reactor import library
from wherever.build.toolchain import Built, Need
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell

TARGETS = ("wasm32-wasip1", "wasm32-wasip2")
"""Those that make a program; the first that is there is taken."""

GET_RUST = "install Rust from https://rustup.rs, then: rustup target add wasm32-wasip1"

_KINDS = {"custom-build": "build script", "proc-macro": "procedural macro"}


class Rust:
    """The user's cargo or rustc; neither is fetched."""

    name = "rust"
    languages = ("rust", "rs")
    endings = (".rs",)

    def detect(self, folder: Path) -> Path | None:
        """`src/main.rs` or `src/lib.rs` of a crate, `main.rs`, or the only file."""
        if (folder / "Cargo.toml").is_file():
            for name in ("main.rs", "lib.rs"):
                if (folder / "src" / name).is_file():
                    return folder / "src" / name
        return main_of(folder, self.endings)

    def needs(self) -> list[Need]:
        """cargo, and its target."""
        if shutil.which("cargo") is None or shutil.which("rustc") is None:
            return [Need("cargo", "", "missing", hint=GET_RUST)]
        return [Need("cargo", "", "system")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Makes a command, or a library where `[build] world` or `wit` is given."""
        build = project.manifest.build
        for_library = bool(build.world or build.wit)
        crate = _crate(project)
        own = flags.of(project, flags.RUSTC if crate is None else flags.CARGO)
        if not project.may_run:
            rustsettings.refuse(crate or project.folder, _home("CARGO_HOME"))
        if crate is None:
            return Built(_alone(project, own, target, tell))
        made = _target(crate, target, for_library)
        if not project.may_run:
            _refuse_scripts(crate, made, own, project, target)
        if for_library and kept.included("world.rs", crate.glob("src/**/*.rs")):
            kept.keep(project, bindings.bindings(wit.read(project, target)), target)
        out = _cargo(project, crate, made, own, target, tell)
        if made == TARGETS[0]:
            out = library(out, project, target) if for_library else program(out, project, target)
        return Built(out)


TOOLCHAIN = Rust()


def _crate(project: Project) -> Path | None:
    """The folder of the crate that the main file is of; a lone file is of none."""
    for folder in (project.main.parent, project.main.parent.parent):
        if (folder / "Cargo.toml").is_file():
            return folder
    return None


def _target(folder: Path, scratch: Path, for_library: bool) -> str:
    """The target for WebAssembly that the user's Rust has."""
    system = Path(
        command.run(
            [_program("rustc"), "--print", "sysroot"],
            label="rustc",
            cwd=folder,
            scratch=scratch,
            env=_environment(False),
            stdout=True,
        ).strip()
    )
    for name in TARGETS[:1] if for_library else TARGETS:
        if (system / "lib" / "rustlib" / name).is_dir():
            return name
    raise InputError(
        f"the Rust on this machine has no target {TARGETS[0]}",
        f"type: rustup target add {TARGETS[0]}"
        if shutil.which("rustup")
        else f"install the target from where your Rust is from; or {GET_RUST}",
    )


def _refuse_scripts(
    crate: Path, target: str, own: tuple[str, ...], project: Project, scratch: Path
) -> None:
    """Name what would run code on this machine while it is built."""
    said = command.run(
        [
            *(_program("cargo"), "metadata", "--format-version=1", "--filter-platform", target),
            *_choosing(own),
        ],
        label="cargo",
        cwd=crate,
        scratch=scratch,
        env=_environment(False),
        forget=[(project.folder, "")],
        stdout=True,
    )
    found = scripts(json.loads(said))
    if found:
        more = f", and {len(found) - 8} more" if len(found) > 8 else ""
        raise InputError(
            "these would run code of their own on this machine while they are built:"
            f" {', '.join(found[:8])}{more}",
            "allow it: --allow-build-scripts",
        )


def _choosing(own: tuple[str, ...]) -> list[str]:
    """The flags that say which features there are, and so which packages.

    >>> _choosing(("--locked", "--features", "a,b", "--all-features"))
    ['--features', 'a,b', '--all-features']
    """
    found: list[str] = []
    before = ""
    for flag in own:
        if before in ("--features", "-F"):
            found += [before, flag]
        elif flag.startswith(("--features=", "--all-features", "--no-default-features")):
            found.append(flag)
        before = flag
    return found


def scripts(metadata: dict[str, Any]) -> list[str]:
    """The packages of `cargo metadata` that have build scripts or procedural macros.

    >>> scripts({"packages": [{"id": "a", "name": "a", "version": "1.0.0",
    ...     "targets": [{"kind": ["custom-build"]}]}], "resolve": {"nodes": [{"id": "a"}]}})
    ['a 1.0.0 (build script)']
    """
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    found = []
    for package in metadata["packages"]:
        kinds = {kind for target in package["targets"] for kind in target["kind"]}
        does = [words for kind, words in _KINDS.items() if kind in kinds]
        if package["id"] in used and does:
            found.append(f"{package['name']} {package['version']} ({', '.join(does)})")
    return sorted(found)


def _cargo(
    project: Project, crate: Path, made: str, own: tuple[str, ...], target: Path, tell: Tell
) -> Path:
    key = hashlib.sha256(str(crate).encode()).hexdigest()[:16]
    kept = command.caches("rust") / key
    tell("compiling Rust")
    said = command.run(
        [
            _program("cargo"), "build", "--release", "--target", made,
            "--message-format=json-render-diagnostics", *own,
        ],
        label="cargo",
        cwd=crate,
        scratch=target,
        env={
            **_environment(project.may_run),
            "CARGO_TARGET_DIR": str(kept),
            "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(_remapped(crate)),
        },
        forget=[(project.folder, ""), (kept, "target")],
        stdout=True,
    )  # fmt: skip
    found = _artifacts(said, project.main)
    if not found:
        raise InputError(
            f"{project.name}: cargo made no WebAssembly of it",
            'a library needs crate-type = ["cdylib"] in [lib] of Cargo.toml',
        )
    if len(found) > 1:
        names = ", ".join(sorted(path.stem for path in found))
        raise InputError(
            f"{project.name}: cargo made several programs: {names}",
            "name the source of one: main = 'FILE' in [build]",
        )
    return Path(shutil.copyfile(found[0], target / "core.wasm"))


def _artifacts(said: str, main: Path) -> list[Path]:
    """What cargo made: the program of the main file where it tells it, else all that it made."""
    every: list[Path] = []
    of_main: list[Path] = []
    for line in said.splitlines():
        if not line.startswith("{"):
            continue
        message = json.loads(line)
        if message.get("reason") != "compiler-artifact":
            continue
        files = [Path(name) for name in message["filenames"] if name.endswith(".wasm")]
        every += files
        if Path(message["target"]["src_path"]) == main:
            of_main += files
    return of_main or every


def _alone(project: Project, own: tuple[str, ...], target: Path, tell: Tell) -> Path:
    """A single file, by rustc."""
    made = _target(project.folder, target, False)
    tell("compiling Rust")
    out = target / "core.wasm"
    command.run(
        [
            _program("rustc"), "--edition=2021", "--target", made, "-Copt-level=3",
            "-Cstrip=symbols", *_remapped(project.folder), *own,
            project.main, "-o", out,
        ],
        label="rustc",
        cwd=project.main.parent,
        scratch=target,
        env=_environment(False),
        forget=[(project.folder, "")],
    )  # fmt: skip
    return out


def _remapped(folder: Path) -> list[str]:
    """Options that keep paths of this machine out of what is made."""
    return [f"--remap-path-prefix={folder}=.", f"--remap-path-prefix={_home('CARGO_HOME')}=/cargo"]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise InputError(f"Rust is built with your own {name}, and there is none", GET_RUST)
    return found


def _home(name: str) -> str:
    return os.environ.get(name) or str(Path.home() / re.sub("_HOME", "", f".{name}").lower())


def _environment(allowed: bool) -> dict[str, str]:
    """Where the user's Rust keeps its things; build scripts see the user's programs, too."""
    found = {name: os.environ[name] for name in os.environ if name.startswith(("CARGO_NET_",))}
    toolchain = os.environ.get("RUSTUP_TOOLCHAIN")
    return {
        **found,
        **({"RUSTUP_TOOLCHAIN": toolchain} if toolchain else {}),
        "CARGO_HOME": _home("CARGO_HOME"),
        "RUSTUP_HOME": _home("RUSTUP_HOME"),
        "RUSTUP_AUTO_INSTALL": "0",
        "CARGO_TERM_COLOR": "never",
        "PATH": os.environ.get("PATH", "") if allowed else os.path.dirname(_program("rustc")),
    }
