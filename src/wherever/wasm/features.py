"""Which features the baseline compiler refuses."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# In the order in which they are named to a user.
_REFUSED = (
    "tail-call",
    "threads",
    "gc",
    "externref",
    "function-references",
    "exceptions",
    "relaxed-simd",
    "wide-arithmetic",
    "stack-switching",
    "shared-everything-threads",
    "custom-descriptors",
)


def winch_refuses(facts: dict[str, Any]) -> str | None:
    """The first feature in `facts` that the baseline compiler (Winch) does not take, or None.

    The features are those that sections prove: code may still use one that no section names,
    and then compilation fails and the optimising compiler has to do it.
    """
    features = facts["features"]
    for name in _REFUSED:
        if name in features:
            return name
    return None
