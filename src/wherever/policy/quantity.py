"""Sizes and times as people write them: `64m`, `1.5GiB`, `500ms`, `2h`."""

from __future__ import annotations

from wherever.errors import InputError

_BYTES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SECONDS = {"": 1.0, "ms": 0.001, "us": 0.000001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LARGEST = 1 << 62
_LONGEST = 40


def parse_bytes(value: str | float, what: str = "size") -> int:
    """A number of bytes from `64m`, `1.5GiB`, `10kb` or a plain number; units are powers of 1024.

    Args:
        value: what was written.
        what: its name in messages; none where the caller names it.

    Raises:
        InputError: it is not a size, or not a positive one.

    Example:
        >>> parse_bytes("64m"), parse_bytes("1.5 KiB"), parse_bytes(10)
        (67108864, 1536, 10)
    """
    number, unit = _split(value)
    for ending in ("ib", "b"):
        if len(unit) > len(ending) and unit.endswith(ending):
            unit = unit[: -len(ending)]
            break
    factor = _BYTES.get(unit)
    hint = "write it like 64m or 1.5g"
    if number is None or factor is None or number * factor > _LARGEST:
        raise InputError(f"{_named(what)}{value!r} is not a size", hint)
    # Less than a byte would be rounded to none.
    if number * factor < 1:
        raise _too_little(value, what, hint)
    return int(number * factor)


def parse_seconds(value: str | float, what: str = "time") -> float:
    """Seconds from `5`, `0.5s`, `500ms`, `2m`, `1h` or a plain number.

    Raises:
        InputError: it is not a time, or not a positive one.

    Example:
        >>> parse_seconds("500ms"), parse_seconds("2m"), parse_seconds(5)
        (0.5, 120.0, 5.0)
    """
    number, unit = _split(value)
    factor = _SECONDS.get(unit)
    hint = "write it like 5, 500ms or 2m"
    if number is None or factor is None or number * factor > _LARGEST:
        raise InputError(f"{_named(what)}{value!r} is not a time", hint)
    if number <= 0:
        raise _too_little(value, what, hint)
    return number * factor


def parse_count(value: str | float, what: str = "count") -> int:
    """A whole number from `1000`, `1_000`, `10k`, `5m` or `2g`; units are powers of 1000.

    Raises:
        InputError: it is not a whole number, or not a positive one.

    Example:
        >>> parse_count("10k"), parse_count("1_000")
        (10000, 1000)
    """
    number, unit = _split(value)
    factor = {"": 1, "k": 1000, "m": 10**6, "g": 10**9}.get(unit)
    whole = None if number is None or factor is None else number * factor
    hint = "write it like 1000 or 10k"
    if whole is None or abs(whole) > _LARGEST or whole != int(whole):
        raise InputError(f"{_named(what)}{value!r} is not a whole number", hint)
    if whole <= 0:
        raise _too_little(value, what, hint)
    return int(whole)


def format_bytes(count: float) -> str:
    """`count` bytes for a person.

    Example:
        >>> format_bytes(512), format_bytes(67108864), format_bytes(1536)
        ('512 B', '64 MiB', '1.5 KiB')
    """
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    rank = 0
    while count >= 1024 and rank < len(units) - 1:
        count /= 1024
        rank += 1
    return f"{count:.1f}".removesuffix(".0") + f" {units[rank]}"


def _named(what: str) -> str:
    return f"{what}: " if what else ""


def _too_little(value: str | float, what: str, hint: str) -> InputError:
    return InputError(f"{what or 'it'} must be more than 0, and {value!r} is not", hint)


def _split(value: str | float) -> tuple[float | None, str]:
    if isinstance(value, bool):
        return None, ""
    if isinstance(value, (int, float)):
        return (value if abs(value) <= _LARGEST else None), ""
    text = value.strip().lower()
    if not text.isascii() or len(text) > _LONGEST:
        return None, ""
    cut = len(text)
    while cut and text[cut - 1].isalpha():
        cut -= 1
    digits, unit = text[:cut].strip(), text[cut:]
    try:
        number = float(digits) if "." in digits else int(digits)
    except ValueError:
        return None, unit
    return number, unit
