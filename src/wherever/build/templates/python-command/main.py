"""Greets whoever is named, or the whole world."""

import sys


def greeting(names: list[str]) -> str:
    """The greeting for these names."""
    return f"Hello, {' and '.join(names) or 'world'}, from Python!"


if __name__ == "__main__":
    print(greeting(sys.argv[1:]))
