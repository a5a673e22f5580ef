"""Where counted times and sizes fall: edges fine enough for percentiles, round enough for rules."""

from __future__ import annotations

from itertools import accumulate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Round numbers, none more than 14 % above the one before it: a percentile is as exact as that,
# and every bound that people write into alerts (0.005, 0.25, 7.5) is an edge.
_STEPS = "1 1.1 1.2 1.35 1.5 1.65 1.8 2 2.2 2.5 2.75 3 3.3 3.6 4 4.4 5 5.5 6 6.6 7.5 8.2 9".split()

TIMES = [float(f"{step}e{ten}") for ten in range(-5, 3) for step in _STEPS] + [1000.0]
"""Upper edges in seconds, each inside of its bucket; one bucket more holds what is longer."""

CPU_TIMES = [float(f"{step}e{ten}") for ten in range(-5, 2) for step in ("1", "2.5", "5")]
"""Upper edges in seconds for processor time, which needs no percentiles."""

SMALLEST_BIT = 16
SIZES = [float(1 << bit) for bit in range(SMALLEST_BIT, SMALLEST_BIT + 19)]
"""Upper edges in bytes for memory: 64 KiB to 16 GiB."""


def percentile(counts: Sequence[int], share: float) -> float:
    """The time in seconds that `share` of all counted requests did not exceed, or 0.0 for none.

    Args:
        counts: how many fell into each bucket of `TIMES`.
        share: such as 0.99.

    Example:
        >>> counts = [0] * (len(TIMES) + 1)
        >>> counts[TIMES.index(0.005)] = 100
        >>> round(percentile(counts, 0.5), 4)
        0.0047
    """
    total = sum(counts)
    if not total:
        return 0.0
    wanted = share * total
    for index, reached in enumerate(accumulate(counts)):
        if reached >= wanted and counts[index]:
            if index == len(TIMES):
                return TIMES[-1]
            low = TIMES[index - 1] if index else 0.0
            inside = (wanted - (reached - counts[index])) / counts[index]
            return low + (TIMES[index] - low) * inside
    return TIMES[-1]
