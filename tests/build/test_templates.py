"""Every template is a package: its manifest is right, and it names itself and its tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wherever.build import project, templates
from wherever.edge.guest.loading import SMALL
from wherever.errors import InputError
from wherever.package import manifest
from wherever.policy.quantity import parse_bytes

SITES = Path(__file__).resolve().parents[2] / "docs" / "sites.md"

ALL = [(language, kind) for language, kinds in templates.kinds().items() for kind in kinds]


@pytest.mark.parametrize(("language", "kind"), ALL)
def test_a_template_makes_a_whole_package(language: str, kind: str, tmp_path: Path) -> None:
    name = templates.make(tmp_path / "acme:thing", language, kind)
    made = tmp_path / "thing"
    assert str(name) == "acme:thing"
    read = manifest.read(made)
    wanted = "library" if kind == templates.SITE else kind
    assert (read.name, read.kind, str(read.version)) == (name, wanted, "0.1.0")
    assert read.tests
    found = project.find(made)
    assert (found.is_package, found.language) == (True, language)
    for path in made.rglob("*"):
        assert path.is_dir() or templates.PLACEHOLDER not in path.read_text()
    assert "acme:thing" in (made / "README.md").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


def test_a_site_says_whether_its_sandboxes_are_used_again(tmp_path: Path) -> None:
    """Those above 4 MiB are, by what docs/sites.md has measured."""
    sizes = {
        language.lower(): parse_bytes(size.replace(" ", ""), "size")
        for language, size in re.findall(
            r"^\| (\w+) \| ([\d.]+ [KM]iB) \|", SITES.read_text(), re.M
        )
    }
    assert set(sizes) >= {"c", "go", "javascript", "python", "rust", "zig"}
    for language, size in sizes.items():
        templates.make(tmp_path / language, language, templates.SITE)
        text = (tmp_path / language / "README.md").read_text()
        assert ("sandbox is used again" in text, "in a sandbox of its own" in text) == (
            size > SMALL,
            size <= SMALL,
        )


def test_what_cannot_be_made_is_told_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name, language, kind, words in (
        ("there", "wat", "command", "there is something of that name already"),
        ("x", "wta", "command", "did you mean wat?"),
        ("x", "wat", "librarian", "there is: command"),
        ("No Name", "wat", "command", "No Name"),
        ("none/x", "wat", "command", "No such file or directory"),
    ):
        with pytest.raises(InputError) as caught:
            templates.make(tmp_path / name, language, kind)
        assert words in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_where_nothing_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").symlink_to("nowhere")
    (tmp_path / "file").write_text("")
    for path, words in (
        (tmp_path / "none" / "tool", "none: No such file or directory; make it first: mkdir -p "),
        (tmp_path / "file" / "tool", "file: Not a directory"),
        (tmp_path / ("x" * 300) / "tool", "x: File name too long"),
        (tmp_path / "taken", "taken: there is something of that name already"),
    ):
        with pytest.raises(InputError) as caught:
            templates.make(path, "wat")
        assert words in str(caught.value)
