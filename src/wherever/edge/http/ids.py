"""Names of requests: 16 letters and digits, drawn so that they tell nobody how many there were."""

from __future__ import annotations

import os

_AT_ONCE = 512


class Ids:
    """Draws them some hundred at a time: one is then a slice of a text."""

    __slots__ = ("_at", "_text")

    def __init__(self) -> None:
        self._text = ""
        self._at = 0

    def next(self) -> str:
        """A name that no other request has."""
        at = self._at
        if at == len(self._text):
            self._text = os.urandom(8 * _AT_ONCE).hex()
            at = 0
        self._at = at + 16
        return self._text[at : at + 16]
