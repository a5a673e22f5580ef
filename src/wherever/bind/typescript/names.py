"""Names of WIT in TypeScript's own style."""

from __future__ import annotations

import re

ERRORS = "ClosedError, LimitError, ResultError, TrapError"
"""What every package throws."""

RESERVED = frozenset(
    "arguments await break case catch class const continue debugger default delete do else enum"
    " eval export extends false finally for function if implements import in instanceof interface"
    " let new null package private protected public return static super switch this throw true try"
    " typeof var void while with yield".split()
)
"""Words that no function or constant can be declared as; it can be exported as one."""


def camel(name: str) -> str:
    """The name of a function, field or parameter.

    Example:
        >>> camel("word-count"), camel("HTTP-status"), camel("x86-64")
        ('wordCount', 'httpStatus', 'x8664')
    """
    first, *others = re.split(r"[-.]", name)
    return first.lower() + "".join(each[:1].upper() + each[1:].lower() for each in others)


def pascal(name: str) -> str:
    """The name of a type.

    Example:
        >>> pascal("word-count")
        'WordCount'
    """
    found = camel(name)
    return found[:1].upper() + found[1:]


def short(name: str) -> str:
    """The last part of an interface's name, without its package and version.

    Example:
        >>> short("acme:math/big-ops@1.2.0")
        'big-ops'
    """
    return re.sub(r"@.*", "", name).rpartition("/")[2]


def declared(name: str) -> str:
    """A name that can be declared: an underscore before a word of the language.

    Example:
        >>> declared("delete"), declared("slug")
        ('_delete', 'slug')
    """
    return f"_{name}" if name in RESERVED else name


def free(name: str, taken: set[str]) -> str:
    """The name, with as many underscores after it as it takes to be no one else's; it is taken.

    Example:
        >>> free("open", {"open"})
        'open_'
    """
    while name in taken:
        name += "_"
    taken.add(name)
    return name
