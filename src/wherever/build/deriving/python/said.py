"""What an annotation says: a type of WIT, and how its values become Python's and back.

The second is a shape: plain data that goes into the component, where `called.py` reads it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from wherever.build.deriving.python.source import Definition, Module
from wherever.errors import InputError
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Shape = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A type as the two sides know it.

    Attributes:
        kind: the type of WIT.
        shape: its first word says what it is, the others are of that.
        runtime: what a value of it is in Python, to tell those of a union apart: "int", or the
            name of a type of the interface.
    """

    kind: Type
    shape: Shape
    runtime: str


@dataclass(frozen=True, slots=True)
class Where:
    """The place of an annotation: what messages name, and what its values are there for.

    Attributes:
        module: the module whose names it uses.
        line: its line.
        what: `slug(title)`, `Counts.words`.
        lent: the value is a parameter, whose resources stay with the caller.
        owner: the class that `Self` means.
    """

    module: Module
    line: int
    what: str
    lent: bool = False
    owner: Definition | None = None

    def refused(self, problem: str, hint: str) -> InputError:
        """The error for what cannot be said here."""
        return InputError(f"{self.module.shown}:{self.line}: {self.what}: {problem}", hint)


def option(inner: Said) -> Said:
    """The same, or None."""
    if inner.kind.kind == "option":
        return inner
    kind = Type("option", (("none", None), ("some", inner.kind)))
    return Said(kind, ("option", inner.shape), inner.runtime)


def shown(node: ast.expr | None) -> str:
    """An annotation as its author wrote it, more or less."""
    return "None" if node is None else ast.unparse(node)[:120]


def written(text: str, where: Where) -> ast.expr:
    """The annotation that stands in a string.

    Raises:
        InputError: it is none.
    """
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise where.refused(f"{text[:60]!a} is no type", "check how it is written") from None
