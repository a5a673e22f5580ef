"""The canonical ABI's arithmetic, which lies in `wherever.wit.abi`."""

from wherever.wit.abi import (
    MOST_PARAMS,
    SUMS,
    align,
    flat,
    flat_params,
    in_memory,
    payload_at,
    points,
    returns_in_memory,
    size,
    tag_size,
    up,
)

__all__ = [
    "MOST_PARAMS",
    "SUMS",
    "align",
    "flat",
    "flat_params",
    "in_memory",
    "payload_at",
    "points",
    "returns_in_memory",
    "size",
    "tag_size",
    "up",
]
