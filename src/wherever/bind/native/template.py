"""Texts of ours that become a library's own."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def owned(template: str, own: str, parts: Mapping[str, Iterable[str]]) -> str:
    """A template for one library.

    Args:
        template: says LIB for the library's name, and LIB_UPPER for that in capitals.
        own: the name.
        parts: lines that take the place of a comment. LIB has no meaning in them: a library may
            be called, and say, what it likes.

    >>> owned("LIB_t LIB_UPPER_OK;\\n// MORE", "c_lib", {"// MORE": ["int LIB;"]})
    'c_lib_t C_LIB_OK;\\nint LIB;'
    """
    made = re.sub(
        "LIB_UPPER|LIB", lambda found: own.upper() if found[0] != "LIB" else own, template
    )
    for mark, lines in parts.items():
        made = made.replace(mark, "\n".join(lines), 1)
    return made
