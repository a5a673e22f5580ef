"""The README of a C library."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.c.header import Header
    from wherever.bind.library import Library


def text(library: Library, made: Header) -> str:
    """All of it."""
    return f"# {library.name}\n"
