"""Sites in JavaScript: the module's `fetch` answers requests."""

from __future__ import annotations

from wherever.build.http import world
from wherever.build.javascript import bundling
from wherever.build.javascript.library import Library
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from wherever.build.project import Project

_EXPORTS = ("default", "fetch")
_MISSING = "No matching export"


def of(project: Project, target: Path, packages: Path | None) -> Library:
    """What is bundled for a site.

    Raises:
        InputError: the module exports nothing that answers requests, or its source is wrong.
    """
    for name in _EXPORTS:
        check = target / f"exports-{name}.js"
        check.write_text(f'export {{ {name} }} from "wherever-main";\n')
        try:
            bundling.bundle(project, check, target, packages)
        except InputError as error:
            if _MISSING not in str(error):
                raise
        else:
            return Library(world.given(project, target), target, is_site=True)
    raise InputError(
        f"{project.main.name} exports no fetch",
        'write export default { fetch(request) { return new Response("Hello") } }',
    )
