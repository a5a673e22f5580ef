"""What `[build] engine` may say: an engine that the project's toolchain can build for."""

from __future__ import annotations

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project


def check(project: Project) -> None:
    """Refuses an engine that there is not, or that nobody would look at.

    Toolchains that take one have `engines`, a mapping by name.

    Raises:
        InputError: the engine is none of them.
    """
    wanted = project.manifest.build.engine
    there = list(getattr(project.toolchain, "engines", ()))
    if wanted and wanted not in there:
        raise InputError(
            f"[build] engine = {wanted[:60]!a} is none that {project.language} is built for",
            f"there are: {', '.join(there)}" if there else "leave the key out",
        )
