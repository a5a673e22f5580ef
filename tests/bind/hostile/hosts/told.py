"""How each attack ends in Python: of a component's file, or of the package bound from it.

python told.py FILE.wasm, or python told.py without one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import wherever

LIMITS = {"timeout": 1, "memory": "16m"}


class Sink:
    """What the library writes to."""

    def write(self, text: str) -> int:
        return len(text.encode())


class Host:
    """What the library calls."""

    Sink = Sink

    def note(self, text: str) -> int:
        return len(text.encode())

    def name(self) -> str:
        return "a host"


def how(does: Callable[[], object]) -> str:
    """How a call ends."""
    try:
        return f"not refused: {does()!r:.99}"
    except wherever.LimitReached as error:
        return "out of time" if "timeout" in str(error) else "an error"
    except wherever.WhereverError:
        return "an error"


def ended(lib: Any) -> str:
    """What a call gives after an attack."""
    try:
        return f"goes on: {lib.well('fine')}"
    except wherever.WhereverError:
        return "ended"


def attacks(lib: Any) -> dict[str, Callable[[], object]]:
    """Every attack, by its name."""
    plain = (
        "trap zero spin recurse grow wild-read wild-write wild-call far-string long-string"
        " torn-string surrogate far-list wrapping-list odd-list far-result odd-result inner-string"
        " bomb bad-enum bad-option bad-case bad-variant bad-char half-char forged given-twice"
        " dropped-twice not-there late-call tell-far tell-torn tell-nobody"
    ).split()
    found = {each: getattr(lib, each.replace("-", "_")) for each in plain}
    found["confused"] = lambda: lib.confused(Sink())
    found["kept borrow"] = lambda: lib.kept_borrow(Sink())
    found["late borrow"] = lambda: (lib.lent(Sink()), lib.late_borrow())
    found["owned twice"] = lambda: lib.owned_twice(Sink())
    for number, way in enumerate(("far", "odd", "endless", "trapping", "calling"), 1):
        found[f"{way} room"] = lambda number=number: (lib.sly(number), lib.take([1, 2, 3]))
        if way != "odd":  # which no string can be
            found[f"{way} room for the host"] = lambda number=number: (lib.sly(number), lib.ask())
    found["trapping destructor"] = lambda: lib.Thing(13).close()
    found["endless destructor"] = lambda: lib.Thing(14).close()
    return found


def opened() -> Any:
    """An instance of its own, with the limits that each host sets."""
    if len(sys.argv) > 1:
        return wherever.load(sys.argv[1], imports=Host(), **LIMITS)
    import hostile

    return hostile.open(imports=Host(), **LIMITS)


def main() -> None:
    with opened() as first:
        for name in attacks(first):
            with opened() as lib:
                end = how(attacks(lib)[name])
                # No language's destructors can tell how they ended.
                told = "" if name.endswith("destructor") else f"{end}, "
                after = ended(lib)
            with opened() as other:
                print(f"{name}: {told}{after}, then {other.well('fine')}", flush=True)
        print(f"the first: {first.well('fine')}")


if __name__ == "__main__":
    main()
