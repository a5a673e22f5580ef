"""Names of WIT as Python writes them."""

from __future__ import annotations

import keyword


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


def _free(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name
