"""Long functions without any branch, such as relocations: not worth a compiler's minutes."""

from __future__ import annotations

import re

LONGEST = 100_000
"""Letters of a function without branches from which on it is not optimised."""

_HEAD = re.compile(r"^(?:static )?\w[\w* ]*\([^;{}]*\) \{$", re.MULTILINE)
# Each use of `LOAD_DATA` takes room of the stack where nothing is optimised.
_BRANCH = re.compile(r"\b(?:if|goto|switch|LOAD_DATA)\b|\bvar_L\d+: ")
_MACRO = """\
#ifdef __clang__
#define GUEST_STRAIGHT __attribute__((optnone, noinline))
#else
#define GUEST_STRAIGHT __attribute__((optimize("O0"), noinline))
#endif

"""


def unoptimised(text: str, longest: int = LONGEST) -> str:
    """C of wasm2c's whose long functions without branches the compiler leaves as they are.

    >>> print(*unoptimised("void f(int a) {\\n  go();\\n}\\n", 3).splitlines()[-3:])
    GUEST_STRAIGHT void f(int a) {   go(); }
    """
    if len(text) < longest:
        return text
    parts, at = [], 0
    for head in _HEAD.finditer(text):
        end = text.find("\n}\n", head.end())
        if end - head.end() > longest and not _BRANCH.search(text, head.end(), end):
            parts += [text[at : head.start()], "GUEST_STRAIGHT "]
            at = head.start()
    return "".join([_MACRO, *parts, text[at:]]) if parts else text
