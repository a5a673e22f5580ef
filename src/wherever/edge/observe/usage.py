"""What each app used since counting began: for bills, for quotas, and for the curious."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from wherever.policy.quantity import format_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.edge.observe.reader import Reader

GB = 1_000_000_000
"""Bytes of a gigabyte, as providers count gigabyte-seconds."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One app's.

    Attributes:
        requests, errors: all, and those that were answered 5xx.
        invocations, cold_starts: guests that ran, and those that started for their request.
        cpu_s: processor time of its guests.
        memory_gb_s: memory of its guests, in gigabytes, times how long they had it.
        bytes_in, bytes_out: of requests and answers, as they go over the wire.
    """

    app: str
    requests: int
    errors: int
    invocations: int
    cold_starts: int
    cpu_s: float
    memory_gb_s: float
    bytes_in: int
    bytes_out: int


HEADINGS = (
    "APP", "REQUESTS", "ERRORS", "COLD", "CPU", "MEMORY", "IN", "OUT",
)  # fmt: skip


def usage(reader: Reader, app: str = "") -> list[Usage]:
    """What the apps used, those with the most processor time first.

    Args:
        reader: of the server's record.
        app: only this one.
    """
    rows = [
        Usage(
            each.name,
            each.requests,
            each.errors,
            each.invocations,
            each.cold,
            round(each.cpu_s, 6),
            round(each.byte_seconds / GB, 6),
            each.bytes_in,
            each.bytes_out,
        )
        for each in reader.apps()
        if (each.name == app if app else each.requests or each.cpu_s)
    ]
    return sorted(rows, key=lambda row: (-row.cpu_s, -row.requests, row.app))


def cells(rows: list[Usage]) -> list[tuple[str, ...]]:
    """Headings and rows for a table."""
    return [
        HEADINGS,
        *(
            (
                row.app,
                f"{row.requests:,}",
                f"{row.errors:,}",
                f"{row.cold_starts:,}",
                f"{row.cpu_s:,.3f} s",
                f"{row.memory_gb_s:,.3f} GB-s",
                format_bytes(row.bytes_in),
                format_bytes(row.bytes_out),
            )
            for row in rows
        ),
    ]


def as_json(reader: Reader, rows: list[Usage]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(reader.since)),
        "apps": [asdict(row) for row in rows],
    }
