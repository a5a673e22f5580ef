"""What docstrings say: the text for WIT, the exceptions that are raised, and notes of fields."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise

_ENTRY = re.compile(r"`{0,2}(\*{0,2}[\w.]+(?:`{0,2}\s*(?:,|or)\s*`{0,2}[\w.]+)*)`{0,2}\s*:(.*)")
_FIELD = re.compile(r":(?:raises?|except|exception)\s+([\w.]+(?:\s*,\s*[\w.]+)*)\s*:")
_SECTION = re.compile(r"([A-Z][A-Za-z ]+):\s*")


def text(node: ast.AST) -> str:
    """The docstring of a module, class or function, without its indentation."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return shown((ast.get_docstring(node) or "").strip()) if isinstance(node, kinds) else ""


def shown(text: str) -> str:
    """A text without the characters that nobody sees, which WIT does not take.

    >>> shown("a\\x07b\\u202ec")
    'abc'
    """
    return "".join(each for each in text if each.isprintable() or each in "\n\t")


def raised(docs: str) -> list[str]:
    """The exceptions that a docstring names, in its order, in any of the three usual styles.

    >>> raised("Raises:\\n    ValueError: it is wrong.\\n    KeyError: it is not there.")
    ['ValueError', 'KeyError']
    >>> raised(":raises ValueError: where it is wrong")
    ['ValueError']
    """
    found = [*section(docs, "Raises"), *_underlined(docs, "Raises")]
    found += [name for match in _FIELD.finditer(docs) for name in match[1].split(",")]
    names = (part.strip() for name in found for part in re.split(r",|\bor\b", name))
    return list(dict.fromkeys(name.strip("`") for name in names if name))


def section(docs: str, title: str) -> dict[str, str]:
    """The entries below `Title:`, by name, each with what is said of it on one line.

    >>> section("A.\\n\\nAttributes:\\n    words: how many\\n        there are.", "Attributes")
    {'words': 'how many there are.'}
    """
    found: dict[str, str] = {}
    first, *others = inspect.cleandoc(docs).splitlines() or [""]
    if _SECTION.fullmatch(first):  # where it begins with a heading, what follows is not indented
        others = [f"    {line}" for line in others]
    inside = False
    indent = 0
    name = ""
    for line in (first, *others):
        bare = line.strip()
        depth = len(line) - len(line.lstrip())
        if bare and (depth == 0 or _SECTION.fullmatch(bare)):
            heading = _SECTION.fullmatch(bare)
            inside, indent = heading is not None and heading[1] == title, 0
        elif inside and bare:
            indent = indent or depth
            entry = _ENTRY.match(bare) if depth == indent else None
            if entry:
                name = entry[1]
                found[name] = entry[2].strip()
            elif name:
                found[name] = f"{found[name]} {bare}".strip()
    return found


def _underlined(docs: str, title: str) -> list[str]:
    lines = [*inspect.cleandoc(docs).splitlines(), ""]
    found = []
    inside = False
    for line, following in pairwise(lines):
        if re.fullmatch(r"-{3,}", following):
            inside = line == title
        elif inside and re.fullmatch(r"[\w.]+", line):
            found.append(line)
    return found
