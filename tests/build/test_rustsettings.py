"""Settings of cargo and rustup that start programs are refused, wherever cargo would read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build import rustsettings
from wherever.errors import InputError

RUNS = {
    ".cargo/config.toml": '[build]\nrustc-wrapper = "./evil"\n',
    ".cargo/config": '[target.wasm32-wasip1]\nlinker = "./evil"\n',
    "rust-toolchain": '[toolchain]\n"p\\u0061th" = "/tmp/evil"\n',
    "rust-toolchain.toml": '[toolchain]\npath = "/tmp/evil"\n',
    "Cargo.toml": 'cargo-features = ["profile-rustflags"]\n'
    '[profile.release.package.a]\nrustflags = ["-Clinker=./evil"]\n',
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("where", [".", "..", "../.."])
def test_what_starts_programs_is_refused(tmp_path: Path, name: str, where: str) -> None:
    crate = tmp_path / "a" / "b"
    crate.mkdir(parents=True)
    file = (crate / where / name).resolve()
    file.parent.mkdir(exist_ok=True)
    file.write_text(RUNS[name])
    shown = name if where == "." else file
    with pytest.raises(InputError) as caught:
        rustsettings.refuse(crate, str(tmp_path / "home"))
    assert str(caught.value) == (
        f"{shown} can make cargo run programs of this project's choice on this machine;"
        " allow it: --allow-build-scripts"
    )


def test_what_only_chooses_is_taken(tmp_path: Path) -> None:
    (tmp_path / "rust-toolchain.toml").write_text('[toolchain]\nchannel = "1.90"\n')
    (tmp_path / "rust-toolchain").write_text("stable\n")
    (tmp_path / "Cargo.toml").write_text('[profile.release]\nopt-level = "z"\n')
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text('[build]\nrustc-wrapper = "sccache"\n')
    (tmp_path / ".cargo").symlink_to("home")
    rustsettings.refuse(tmp_path, str(tmp_path / "home"))
