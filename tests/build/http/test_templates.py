"""A site begins in an empty folder, and answers the same in every language.

Go and Rust take longer to build: `scripts/conformance languages` asks theirs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build.http import answers
from wherever.build import building, project, templates
from wherever.build.http import world


@pytest.mark.timeout(300)  # the first one builds the C library, or fetches tools
@pytest.mark.parametrize("language", ["c", "zig", "javascript", "typescript", "python"])
def test_the_site_of_a_template_answers(language: str, tmp_path: Path, fresh_home: Path) -> None:
    templates.make(tmp_path / "hello", language, "http")
    made = building.build(project.find(tmp_path / "hello"), lambda text: None)
    assert (made.kind, made.warnings) == ("component", ())
    answers.check(made.wasm, language)


@pytest.mark.parametrize(
    "language", [name for name, has in templates.kinds().items() if "http" in has]
)
def test_the_wit_of_a_site_is_the_edges_own(language: str, tmp_path: Path) -> None:
    templates.make(tmp_path / "hello", language, "http")
    found = project.find(tmp_path / "hello")
    if world.is_wanted(found):
        found = world.given(found, tmp_path)
    wit = Path(found.folder, found.manifest.build.wit, "http.wit")
    assert (wit.read_text(), found.manifest.build.world) == (world.text(), "site")
    assert "world site {\n  export handler;\n}" in world.text()
