"""Recipes: WAT files of the package, with their includes filled in where the engine reads them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from wherever.errors import InputError
from wherever.store import recipe


def test_a_recipe_without_includes_is_read_where_it_lies(fresh_home: Path) -> None:
    assert recipe.path("") == ""
    assert recipe.path("micropython.wat") == str(Path(recipe.FOLDER) / "micropython.wat")
    assert not fresh_home.exists()


def test_includes_are_filled_in_once_and_again_when_harmed(fresh_home: Path) -> None:
    path = Path(recipe.path("perl.wat"))
    assert path.parent == fresh_home / "recipes"
    text = path.read_text()
    assert text == recipe.text("perl.wat")
    assert "(include" not in text
    assert "(func $load_arguments" in text
    before = path.stat().st_ino
    assert recipe.path("perl.wat") == str(path)
    assert path.stat().st_ino == before
    path.write_text("harm")
    assert Path(recipe.path("perl.wat")).read_text() == text
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_home_that_cannot_be_written_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError) as caught:
        recipe.path("perl.wat")
    assert "set WHEREVER_HOME" in str(caught.value)


def segments(text: str) -> dict[str, int]:
    """The names of the data segments of a WAT text, and their sizes in bytes."""
    found = {}
    for part in re.findall(r'\(data \$(\w+)((?:\s*"(?:[^"\\]|\\.)*")+)\)', text):
        name, strings = part
        inside = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', strings))
        found[name] = len(re.sub(r"\\([0-9a-f]{2}|.)", "x", inside).encode())
    return found


@pytest.mark.parametrize("name", sorted(os.listdir(recipe.FOLDER)))
def test_texts_are_copied_to_their_last_byte(name: str) -> None:
    """The sizes are written by hand, and a text that grew would lose its end."""
    text = recipe.text(name)
    sizes = segments(text)
    words = re.search(r"\(global \$words_size i32 \(i32\.const (\d+)\)\)", text)
    copied = re.findall(
        r"\(memory\.init \$(\w+) \([a-z.]+ \$\w+\) \(i32\.const 0\)\s+"
        r"\((?:i32\.const (\d+)|global\.get \$words_size)\)\)",
        text,
    )
    assert text.count("memory.init") == len(copied)
    for segment, size in copied if name != "words.wat" else []:
        assert sizes[segment] == int(size or (words[1] if words else -1)), segment
