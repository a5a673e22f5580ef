"""A library carries what its WIT says, to whoever loads or binds it."""

from __future__ import annotations

from wherever.build import building, templates
from wherever.build import project as projects
from wherever.build.documented import documented
from wherever.wit.docs import SECTION
from wherever.wit.reading import world


def told(folder):
    """What a build says of the functions of its world."""
    data = building.build(projects.find(str(folder)), lambda _: None).wasm.read_bytes()
    exports = [each for each in world(data).exports if not each.name.startswith("wasi:")]
    assert data.count(SECTION.encode()) == 1
    return {own.name: own.docs for each in exports for own in each.functions}


def test_what_the_wit_says_is_in_the_component(project):
    templates.make(project / "my-text", "c", "library")
    assert told(project / "my-text") == {
        "slug": "A title as part of an address: lower case, with dashes between its words.",
        "count": "How much is in a text.",
    }


def test_nothing_is_added_to_what_has_no_world(project):
    (project / "add.wat").write_text('(module (func (export "_start")))')
    found = projects.find(str(project / "add.wat"))
    assert documented(b"\0asm\1\0\0\0", found, project) == b"\0asm\1\0\0\0"
    component = b"\0asm\x0d\0\1\0"
    assert documented(component, found, project) == component
    (project / "wit").mkdir()
    (project / "wit" / "world.wit").write_text("no wit")
    assert documented(component, found, project) == component
