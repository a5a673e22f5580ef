"""Which core instances a library is made of, and by which of their exports it is called."""

from __future__ import annotations

from dataclasses import dataclass

from wherever.bind.c.machine import Instance, Lifted, Place, machine
from wherever.errors import InputError
from wherever.wasm.reader import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.bind.library import Library

_HINT = "build it from C, C++, Zig, Rust or JavaScript, or bind it in another language"


@dataclass(frozen=True, slots=True)
class Entry:
    """How a function of the component is called.

    Attributes:
        core: the core function.
        post_return: the function to call when the result was read, or None.
    """

    core: Place
    post_return: Place | None


@dataclass(frozen=True, slots=True)
class Linked:
    """The core instances that a library is made of.

    Attributes:
        modules: the bytes of each instance's module, in the order in which they are made.
        instances: what each is given; None where names say enough.
        entries: how each function is called, by interface and core name.
        memory, realloc: what values need, where they need it.
    """

    modules: tuple[bytes, ...]
    instances: tuple[Instance | None, ...]
    entries: dict[tuple[str, str], Entry]
    memory: Place | None
    realloc: Place | None


def linked(library: Library) -> Linked:
    """The core instances of a component.

    One module that has all functions, and of its host wants nothing but WASI and callbacks, stands
    alone: adapters are left out. Otherwise all instances are there, linked as the component says.

    Raises:
        NotRunnable: it is no component, or malformed.
        InputError: it has several memories with values, or strings that are not UTF-8.
    """
    made = machine(library.data)
    entries: dict[tuple[str, str], Entry] = {}
    memories: dict[Any, None] = {}
    reallocs: dict[Any, None] = {}
    for key, lift in _lifts(made.exports).items():
        if not isinstance(lift, Lifted) or not isinstance(lift.core, Place):
            raise InputError(f"{key[1]} is only passed on from what is imported", _HINT)
        if lift.encoding != "utf8" or lift.other:
            told = lift.other or f"strings in {lift.encoding}"
            raise InputError(f"{key[1]} has {told}, which C bindings do not have", _HINT)
        entries[key] = Entry(lift.core, lift.post_return)
        memories[lift.memory] = reallocs[lift.realloc] = None
    memories.pop(None, None)
    reallocs.pop(None, None)
    if len(memories) > 1:
        raise InputError("several memories of this component hold values", _HINT)
    memory, realloc = next(iter(memories), None), next(iter(reallocs), None)
    alone = {entry.core.instance for entry in entries.values()}
    data = library.data
    if len(alone) == 1:
        (number,) = alone
        module = _bytes(data, made.instances[number])
        if _stands_alone(module, library):
            here = {
                key: Entry(Place(0, entry.core.name), _moved(entry.post_return))
                for key, entry in entries.items()
            }
            exports = {each.name for each in read(module).exports}
            if realloc is None and "cabi_realloc" in exports:
                realloc = Place(0, "cabi_realloc")
            if memory is None and "memory" in exports:
                memory = Place(0, "memory")
            return Linked((module,), (None,), here, _moved(memory), _moved(realloc))
    return Linked(
        tuple(_bytes(data, each) for each in made.instances),
        tuple(made.instances),
        entries,
        memory,
        realloc,
    )


def _lifts(exports: dict[str, tuple[str, Any]]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for name, (sort, item) in exports.items():
        if sort == "func":
            found["", name] = item
        elif sort == "instance" and isinstance(item, dict):
            found |= {(name, own): each for own, (kind, each) in item.items() if kind == "func"}
    return found


def _stands_alone(module: bytes, library: Library) -> bool:
    """Whether names say what a module imports, as they do in what `wasm-tools` is given."""
    known = {each.name or "$root" for each in (*library.needs, *library.world.exports)}
    known |= {f"[export]{each.name}" for each in library.world.exports}
    return all(
        each.kind == "func"
        and (
            each.module in known
            or each.module == "wasi_snapshot_preview1"
            or each.module.startswith("wasi:")
        )
        for each in read(module).imports
    )


def _bytes(data: bytes, instance: Instance) -> bytes:
    start, size = instance.module
    return data[start : start + size]


def _moved(place: Place | None) -> Place | None:
    return None if place is None else Place(0, place.name)
