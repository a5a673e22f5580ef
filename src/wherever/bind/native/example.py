"""Which function of a library its README calls."""

from __future__ import annotations

from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function


def calls(surface: Surface) -> Iterator[tuple[str, Function]]:
    """The functions whose arguments can be written down, and where they stand: best ones first."""
    found = [
        (scope, member.function)
        for scope, members in surface.scopes()
        for member in members
        if all(
            kind.kind in PLAIN or (kind.kind == "list" and kind.inner.kind == "u8")
            for _, kind in member.function.params
        )
    ]
    yield from sorted(found, key=lambda each: not _tells(each[1]))


def _tells(function: Function) -> bool:
    """Whether words go in and come out."""
    result = function.result
    return (
        result is not None
        and result.kind == "string"
        and any(kind.kind == "string" for _, kind in function.params)
    )
