"""Titles as addresses, and how much is in a text."""

import re
from dataclasses import dataclass


@dataclass
class Counts:
    """How much is in a text."""

    words: int
    letters: int


def slug(title: str) -> str:
    """A title as part of an address: lower case, with dashes between its words."""
    return "-".join(re.findall(r"[^\W_]+", title.lower()))


def count(text: str) -> Counts:
    """How much is in a text."""
    words = text.split()
    return Counts(words=len(words), letters=sum(map(len, words)))


if __name__ == "__main__":  # what `wherever run .` shows, and `wherever test` compares
    title = "Hello, Python library!"
    counts = count(title)
    print(slug(title))
    print(f"{counts.words} words, {counts.letters} letters")
