"""JSON with one way to write each value, and a reader that takes nothing twofold from strangers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NoReturn

from wherever.errors import InputError

LIMIT = 4 << 20
"""The largest document that is read, in bytes."""

LONGEST_NUMBER = 40
"""Characters of a number that is read."""


def dump(value: object) -> bytes:
    """The bytes of a value: sorted keys, no spaces, UTF-8.

    >>> dump({"b": 1, "a": ["é"]}).decode()
    '{"a":["é"],"b":1}'
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")


def load(data: bytes, where: str) -> dict[str, Any]:
    """The object that a document holds.

    Args:
        data: the document.
        where: what to call it in messages.

    Raises:
        InputError: it is too large, not JSON, not an object, too deep, or an object in it has
            a key twice, which two readers would take in two ways.
    """
    if len(data) > LIMIT:
        raise InputError(f"{where} has {len(data)} bytes, and {LIMIT >> 20} MiB are read at most")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except _Twice as error:
        raise InputError(f"{where} has the key {error} twice") from None
    except RecursionError:
        raise InputError(f"{where} is nested too deep") from None
    except ValueError as error:
        raise InputError(f"{where} is not JSON: {str(error)[:200]}") from None
    if not isinstance(value, dict):
        raise InputError(f"{where} is not a JSON object")
    return value


class _Twice(Exception):
    """An object has a key twice."""


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(ascii(key[:80]))
            seen.add(key)
    return found


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _fraction(text: str) -> float:
    number = float(text) if len(text) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        raise ValueError(f"{text[:LONGEST_NUMBER]} is too large or too long a number")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
