"""What the READMEs of a library have in common: the facts that they tell, and one call."""

from __future__ import annotations

from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function


def filled(text: str, surface: Surface, program: str) -> str:
    """A README, with what it tells of the library, and a program that calls it."""
    library = surface.library
    return text.format(
        name=library.name,
        own=surface.own,
        version=library.version,
        digest=library.digest,
        about=f"{library.description}\n\n" if library.description else "",
        program=program,
        file=library.path.name,
    )


def program(template: str, surface: Surface, line: Callable[[str, Function], str]) -> str:
    """A program that calls a function of the library, where one can be shown.

    Args:
        template: the program around the call.
        surface: the library.
        line: the lines that call a function; called with where it stands, and the function.
    """
    found = shown(surface)
    return template.format(own=surface.own, call=line(*found) if found is not None else "")


def shown(surface: Surface) -> tuple[str, Function] | None:
    """A function whose arguments can be written down, and where it stands; None without one.

    One of words in and words out is better than another.
    """
    found = (
        (scope, member.function)
        for scope, members in surface.scopes()
        for member in members
        if all(
            kind.kind in PLAIN or (kind.kind == "list" and kind.inner.kind == "u8")
            for _, kind in member.function.params
        )
    )
    return min(found, key=lambda each: not _tells(each[1]), default=None)


def _tells(function: Function) -> bool:
    result = function.result
    return (
        result is not None
        and result.kind == "string"
        and any(kind.kind == "string" for _, kind in function.params)
    )
