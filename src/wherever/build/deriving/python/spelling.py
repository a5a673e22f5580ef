"""Names of Python in WIT, and names of WIT in what componentize-py writes."""

from __future__ import annotations

from keyword import iskeyword

from wherever.build.deriving.derived import kebab

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wherever.build.deriving.python.said import Where

_TAKEN = frozenset({"Enum", "Flag", "Protocol", "Union", "Generic"})
"""Types that the tool's own code names where ours would stand."""


def spell(name: str, where: Where, *, is_type: bool = False) -> str:
    """A name as WIT writes it.

    Raises:
        InputError: WIT cannot write it.
    """
    made = kebab(name)
    if not name.isascii() or not made:
        raise where.refused(
            f"{name!a} cannot be a name in WIT", "names there are made of a-z, 0-9 and dashes"
        )
    if is_type and camel(made) in _TAKEN:
        raise where.refused(f"{name} is what Python calls one of its own", "give it another name")
    return made


def unique(made: Sequence[str], names: Sequence[str], where: Where) -> None:
    """Sees to it that no two names become the same.

    Raises:
        InputError: two do.
    """
    seen: dict[str, str] = {}
    for each, name in zip(made, names, strict=True):
        if each in seen:
            raise where.refused(
                f"{seen[each]} and {name} would both be called {each}",
                "give one of them another name",
            )
        seen[each] = name


def snake(name: str) -> str:
    """A name of WIT as functions and fields have it.

    >>> snake("read-all"), snake("from")
    ('read_all', 'from_')
    """
    return _free(name.replace("-", "_"))


def camel(name: str) -> str:
    """A name of WIT as classes have it.

    >>> camel("read-all"), camel("none")
    ('ReadAll', 'None_')
    """
    return _free("".join(word.capitalize() for word in name.split("-")))


def _free(name: str) -> str:
    return f"{name}_" if iskeyword(name) else name
