"""What a library's types are called in a language above C."""

from __future__ import annotations

from wherever.bind.native.surface import Unique, pascal
from wherever.wit.model import PLAIN, within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Type


class Declared:
    """The names of one library's types, in capitals, each for one thing.

    Args:
        surface: the library.
        taken: words that nothing may be called.

    Attributes:
        surface: the library.
        unique: the names that are in use.
    """

    def __init__(self, surface: Surface, taken: str) -> None:
        self.surface = surface
        self.unique = Unique(taken)
        self._names: dict[Type, str] = {}
        for kind in (*surface.named, *surface.hosts, *surface.ours):
            prefix = pascal(surface.scope(kind.home))
            self._names[kind] = self.unique.free(prefix + pascal(kind.name))

    def name(self, kind: Type) -> str:
        """What a type is declared as."""
        return self._names[kind]

    def parts_named(self, kinds: Collection[str]) -> dict[Type, list[str]]:
        """Names for the cases of types of some kinds, where each case is a name of its own."""
        return {
            kind: [self.unique.free(self._names[kind] + pascal(label)) for label, _ in kind.parts]
            for kind in self.surface.named
            if kind.kind in kinds
        }

    def borrows_ours(self, kind: Type) -> bool:
        """Whether a value borrows a resource of the library: such values only go into it."""
        return any(
            each.kind == "borrow" and not self.surface.is_host(each.inner)
            for each in within([kind])
        )


def is_made_of_parts(kind: Type) -> bool:
    """Whether functions carry the values of a type, part by part."""
    return kind.kind not in (*PLAIN, "own", "borrow", "resource", "enum", "flags")
