"""What the random bytes of a deterministic run grow from."""

from __future__ import annotations

from wherever.errors import InputError


def parse_seed(value: str | bool | int, what: str = "deterministic") -> int:
    """A seed from a whole number, or its text; True and 0 are the same.

    Raises:
        InputError: it is not one.

    Example:
        >>> parse_seed(True), parse_seed(7), parse_seed("0x10")
        (0, 7, 16)
    """
    if value is True:
        return 0
    seed = -1
    if isinstance(value, int):
        seed = value
    elif isinstance(value, str) and len(value) < 100:
        try:
            seed = int(value, 0)
        except ValueError:
            pass
    if not 0 <= seed < 1 << 64:
        shown = repr(value)
        raise InputError(
            f"{what}: {shown if len(shown) < 60 else shown[:60] + '...'} is not a seed",
            "write a whole number below 2 to the power of 64",
        )
    return seed
