"""Names of WIT as Python writes them."""

from __future__ import annotations

import keyword

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

RESERVED = frozenset("acall close exports memory open opened stderr stdin stdout".split())
"""What stands at the top of every library; a library's own function gets an underscore."""

EXCEPTION = frozenset(("add_note", "args", "with_traceback"))
"""What every exception has; the field of an error gets an underscore."""


def snake(name: str) -> str:
    """The name of a function, parameter or field.

    Example:
        >>> snake("read-all"), snake("from"), snake("HTTP-get")
        ('read_all', 'from_', 'http_get')
    """
    return _free(name.replace("-", "_").lower())


def camel(name: str) -> str:
    """The name of a class.

    Example:
        >>> camel("error-code"), camel("none")
        ('ErrorCode', 'None_')
    """
    return _free("".join(word[:1].upper() + word[1:] for word in name.split("-")))


def upper(name: str) -> str:
    """The name of an enum's or flags' member.

    Example:
        >>> upper("dark-green")
        'DARK_GREEN'
    """
    return name.replace("-", "_").upper()


def short(interface: str) -> str:
    """What an interface is called, without its package and version.

    Example:
        >>> short("acme:text/words@1.2.0"), short("words"), short("")
        ('words', 'words', '')
    """
    return interface.rpartition("/")[2].partition("@")[0]


def free(name: str, *taken: Container[str]) -> str:
    """The name, with as many underscores after it as it takes to be no one else's.

    Example:
        >>> free("open", {"open"}), free("read", {"open"})
        ('open_', 'read')
    """
    while any(name in each for each in taken):
        name += "_"
    return name


def distinct(names: Iterable[str], *taken: Container[str]) -> list[str]:
    """Names of which no two are the same, as `a-1` and `a1` are as classes.

    Example:
        >>> distinct(["A1", "B", "A1"], {"B"})
        ['A1', 'B_', 'A1_']
    """
    found: list[str] = []
    for name in names:
        found.append(free(name, found, *taken))
    return found


def spoken(text: str) -> str:
    """What a library says of itself, without what would steer a terminal.

    Example:
        >>> spoken(" red: \\x1b[31m \\n")
        'red: [31m'
    """
    lines = (
        "".join(letter for letter in line.expandtabs(4) if letter.isprintable()).rstrip()
        for line in text.strip().split("\n")
    )
    return "\n".join(lines)


def _free(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name
