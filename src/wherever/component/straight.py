"""A flat component without detours: imports that go through a table lead straight to their end.

Where all that a pair of jumping and filling modules does is to bring a program's imports to what
is there before it anyway, neither of them has to be instantiated.
"""

from __future__ import annotations

from wherever.component.flat import Flat
from wherever.component.layout import Border, CoreExport, Offered, Step, Wanted, fits
from wherever.wasm.jumps import Fills, Jumps, fills, jumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST = 64 << 10
"""Bytes of a module that is looked at: what only jumps is small."""


def straighten(
    flat: Flat,
    first: Border | None,
    size: Callable[[int], int],
    data: bytes,
    acting: set[int],
) -> None:
    """Leads imports straight to what they come to, and leaves out what is of no more use.

    Args:
        flat: the component; its steps are changed.
        first: the border of calls that need no bridge to say which one is meant.
        size: the size of the module whose bytes begin there.
        data: the component's bytes.
        acting: the steps that have a start function.
    """
    jumping: dict[int, Jumps] = {}
    filling: dict[int, Fills] = {}
    for number, step in enumerate(flat.steps):
        if size(step.start) > _LARGEST:
            continue
        module = memoryview(data)[step.start : step.start + size(step.start)]
        found = jumps(module)
        if found is not None:
            jumping[number] = found
        elif (other := fills(module)) is not None:
            filling[number] = other
    ends = {
        (jumper, name): _end(flat.steps[filler], filling[filler], slot, first)
        for filler in filling
        if (jumper := _table_of(flat.steps[filler], filling[filler], jumping)) is not None
        for name, slot in jumping[jumper].slots.items()
    }
    flat.steps = [_led(step, ends) for step in flat.steps]
    _leave_out(flat, jumping, filling, acting)


def _table_of(step: Step, filled: Fills, jumping: dict[int, Jumps]) -> int | None:
    """The jumping module whose table a filling one fills."""
    table = step.item(*filled.table, "table")
    if isinstance(table, CoreExport) and table.step in jumping:
        return table.step if jumping[table.step].table == table.name else None
    return None


def _end(step: Step, filled: Fills, slot: int, first: Border | None) -> Wanted | None:
    """The function of an interface that a slot is filled with, where it can be had at once."""
    name = filled.slots.get(slot)
    found = None if name is None else step.item(*name, "func")
    if not isinstance(found, Wanted):
        return None
    return found if found.border is None or fits(found.border, first) else None


def _led(step: Step, ends: dict[tuple[int, str], Wanted | None]) -> Step:
    given = {}
    for name, item in step.given.items():
        end = ends.get((item.step, item.name)) if isinstance(item, CoreExport) else None
        given[name] = end or item
    return Step(step.start, given)


def _leave_out(
    flat: Flat, jumping: dict[int, Jumps], filling: dict[int, Fills], acting: set[int]
) -> None:
    """Drops the steps that nothing needs: no export, no other step, and no start function."""
    kept = {each.step for offered in flat.exports.values() for each in _used(offered)} | acting
    while True:
        needed = {
            item.step
            for number in kept
            for item in flat.steps[number].given.values()
            if isinstance(item, CoreExport)
        }
        needed |= {
            each.step
            for number in kept
            for item in flat.steps[number].given.values()
            if isinstance(item, Wanted) and item.border
            for each in (item.border.memory, item.border.realloc)
            if each is not None
        }
        # What fills the table of one that is kept, or may write into its memory.
        needed |= {
            number
            for number, step in enumerate(flat.steps)
            if any(
                isinstance(item, CoreExport) and item.step in kept | needed
                for item in step.given.values()
            )
            and (number not in filling or _table_of(step, filling[number], jumping) in kept)
        }
        if needed <= kept:
            break
        kept |= needed
    flat.left_out = set(range(len(flat.steps))) - kept


def _used(offered: Offered) -> list[CoreExport]:
    """What a function that is exported needs."""
    found = [offered.function, offered.after]
    if offered.border is not None:
        found += [offered.border.memory, offered.border.realloc]
    return [each for each in found if each is not None]
