"""Texts of function types, read back."""

from __future__ import annotations

from wherever.errors import InputError


def signature(type_text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parameters and results of a core function's type text.

    Raises:
        InputError: the text is not one that this room writes for a core function.

    >>> signature("(i32, (ref null 3)) -> (i64, f64)")
    (('i32', '(ref null 3)'), ('i64', 'f64'))
    >>> signature("() -> i32")
    ((), ('i32',))
    """
    if not type_text.startswith("("):
        raise InputError(f"no function type: {type_text[:80]!r}")
    end = _close(type_text, 0)
    if not type_text.startswith(" -> ", end):
        raise InputError(f"no function type: {type_text[:80]!r}")
    after = type_text[end + 4 :]
    params = _split(type_text[1 : end - 1])
    # `(ref 3)` is one result, `(i32, i32)` is two, `()` is none.
    is_list = after.startswith("(") and not after.startswith("(ref ") and after.endswith(")")
    return params, _split(after[1:-1]) if is_list else _split(after)


def _close(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if not depth:
                return at + 1
    raise InputError(f"no function type: {text[:80]!r}")


def _split(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    parts = []
    depth = begin = 0
    for at, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[begin:at].strip())
            begin = at + 1
    parts.append(text[begin:].strip())
    return tuple(parts)
