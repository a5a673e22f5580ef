"""One limit on the sum of a guest's memory, as the several limits that the library knows.

The library bounds each memory and each table by itself, and their numbers. A module's memories
and tables are known before it starts, so the sum can be divided among them.
"""

from __future__ import annotations

from wherever.errors import LimitReached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

PAGE = 65536
_TABLE_SLOT = 16
"""Bytes that one table element may cost, at most."""

_GROWING_TABLES_SHARE = 8
"""Tables that can grow share one part in so many of the whole."""


class Budget:
    """What the library is told: bytes a memory, elements a table, and how many of each.

    `binding`: these limits come before any maximum that the guest declares itself, so whatever
    is refused to it is refused by them.
    """

    __slots__ = ("binding", "elements", "instances", "memories", "memory", "tables")

    def __init__(
        self,
        memory: int,
        elements: int,
        instances: int,
        tables: int,
        memories: int,
        binding: bool = False,
    ) -> None:
        self.memory = memory
        self.elements = elements
        self.instances = instances
        self.tables = tables
        self.memories = memories
        self.binding = binding


def divide(limit: int, facts: Sequence[dict[str, Any]], guards: int = 0) -> Budget:
    """The budget of a store in which code with these facts is instantiated once each.

    Args:
        limit: bytes for all memories and tables together.
        facts: of each module or component that goes in (`wasm.facts`).
        guards: modules of ours that go in beside them.

    Raises:
        LimitReached: what the guest declares to need at its start is more than `limit`.
    """
    memories: list[tuple[int, int | None]] = []
    maxima: list[int | None] = []
    tables: list[tuple[int, int | None]] = []
    instances = 8 * guards + 7
    for fact in facts:
        nested = "core_" if fact["kind"] == "component" else ""
        for low, high, shared, _, imported, page in fact[nested + "memories"]:
            if imported:
                continue
            top = None if high is None else high * page
            # Nobody counts how a shared memory grows, so all it may become is taken at once.
            memories.append((top if shared and top is not None else low * page, top))
            if not shared:
                maxima.append(top)
        for low, high, imported in fact[nested + "tables"]:
            if not imported:
                tables.append((low, high))
        if "gc" in fact["features"] or "exceptions" in fact["features"]:
            memories.append((0, None))
        instances += 1 + fact["instances"] + fact["modules"] + fact["components"]
        instances += fact.get("core_instances", 0)

    fixed = sum(low for low, high in tables if high == low)
    growing = [(low, high) for low, high in tables if high != low]
    elements = max((low for low, _ in tables), default=0)
    spent = fixed * _TABLE_SLOT
    if growing:
        share = limit // _GROWING_TABLES_SHARE // _TABLE_SLOT
        elements = max(elements, _level(share, [high for _, high in growing]))
        spent += sum(min(elements, elements if high is None else high) for _, high in growing) * 16
    tops = [high for _, high in memories]
    most = _level(limit - spent, tops)
    largest = max((low for low, _ in memories), default=0)
    needed = spent + sum(low for low, _ in memories)
    if most < largest and needed <= limit:
        # One value bounds them all, so what the largest has from the start each other may reach.
        needed = spent + sum(largest if top is None else min(top, largest) for top in tops)
    if needed > limit:
        raise LimitReached(
            "memory",
            f"it needs {needed} bytes of memory to start, and {limit} are allowed",
            f"allow it with --memory {-(-needed // (1 << 20))}m",
        )
    most = most if memories else 0
    binding = all(top is None or top > most for top in maxima) and all(
        high is None or high > elements for _, high in growing
    )
    # Our guards keep their notes in a memory of their own, of a few pages.
    return Budget(
        max(most, 8 * PAGE),
        max(elements, 64),
        instances,
        len(tables) + 2 * guards,
        len(memories) + 2 * guards,
        binding,
    )


def _level(amount: int, tops: Sequence[int | None]) -> int:
    """The largest level at which the sum of `min(top, level)` is within `amount`."""
    left, share = list(tops), amount
    remaining = amount
    while left:
        share = remaining // len(left)
        low = [top for top in left if top is not None and top <= share]
        if not low:
            return share
        remaining -= sum(low)
        left = [top for top in left if top is None or top > share]
    return amount
