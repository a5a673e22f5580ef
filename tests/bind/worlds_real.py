"""The worlds that wit-bindgen tests itself with, side against side, with Python in between.

Each world has a guest that exports an interface, and one that imports it, calls what it has, and
asserts what comes back; the first asserts what comes in. Both are loaded here, and the one is given
to the other as what it imports: every value goes out of a guest into Python, and from there into
the next, and the assertions of both are those of their own authors. What the functions were called
with is then given to the same guest by `wasmtime.component`, whose answers have to be the same.

`scripts/conformance bindings` runs these. Each case is a name, and what went wrong or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from types import ModuleType
from typing import Any

import wherever
from tests.bind.worlds import guests
from tests.component.oracle import Oracle
from wherever.component.python.outline import Signature
from wherever.wit.model import Function, Type

PAIR = {"test": {}, "runner": {"": "test"}}
CHAINS: dict[str, dict[str, dict[str, str]]] = {
    "resource-import-and-export": {
        "leaf-thing": {},
        "leaf-toplevel": {"test": "leaf-thing"},
        "intermediate": {"test": "leaf-thing", "toplevel-import": "leaf-toplevel.toplevel_export"},
        "runner": {"": "intermediate"},
    },
    "resource_floats": {
        "leaf": {},
        "intermediate": {"test": "leaf.test", "imports": "leaf.imports"},
        "runner": {"test": "leaf.test", "exports": "intermediate", "add": "intermediate.add"},
    },
    "resource_with_lists": {
        "leaf": {},
        "resource-with-lists": {"": "leaf"},
        "runner": {"": "resource-with-lists"},
    },
    "resources": {"leaf": {}, "resources": {"": "leaf"}, "runner": {"": "resources"}},
    "results": {"leaf": {}, "intermediate": {"": "leaf"}, "runner": {"": "intermediate"}},
    "versions": {
        "test": {},
        "runner": {"test:dep/test@0.1.0": "test.test", "test:dep/test@0.2.0": "test.test_"},
    },
}
"""The guests of a world, and what of those before them each is given for what it imports."""

ASYNC = re.compile(r"\basync\b|\bstream<|\bfuture<")
UNCALLED = {
    ("lists", "test"): {"list_param_large", "allocated_bytes"},
    ("resource-import-and-export", "leaf-toplevel"): {"toplevel_export"},
    ("resource-import-and-export", "intermediate"): {"toplevel_export"},
}
"""What no runner calls, or only one of them."""

NO_GUESTS = {"common-types": "its guests are C++'s"}

Call = tuple[str, tuple[Any, ...], Any]


def cases() -> Iterator[tuple[str, str]]:
    """What was tried, and what went wrong with it, or nothing."""
    if not guests.can_be_built():
        print(f"worlds: there is no cargo with the target {guests.TARGET}, so none was tried")
        return
    try:
        guests.prepare()
    except guests.Unbuilt as error:
        yield "worlds", str(error)
        return
    for folder in guests.worlds():
        if folder in NO_GUESTS or ASYNC.search(guests.wit(folder)):
            continue
        chain = CHAINS.get(folder, PAIR)
        for chosen in product(*(guests.languages(folder, world) for world in chain)):
            name = f"worlds/{folder}, {' to '.join(reversed(chosen))}"
            try:
                yield name, met(folder, chain, chosen)
            except (guests.Unbuilt, wherever.WhereverError, TypeError, ValueError) as error:
                yield name, str(error)


def met(folder: str, chain: dict[str, dict[str, str]], chosen: tuple[str, ...]) -> str:
    """What went wrong as the guests of a world called each other, or nothing."""
    there: dict[str, Watched] = {}
    for (world, given), language in zip(chain.items(), chosen, strict=True):
        imports: Any = {name: at(there, path) for name, path in given.items()}
        library = wherever.load(
            guests.guest(folder, world, language), imports=imports.get("", imports), timeout=60
        )
        there[world] = Watched(library)
    there["runner"].run()
    found = []
    for world, language in zip(chain, chosen, strict=True):
        missed = set(there[world].uncalled()) - UNCALLED.get((folder, world), set())
        found += [f"nobody called {name} of {world}" for name in sorted(missed)]
        if not chain[world]:
            found += unlike(folder, world, language, there[world])
    return "; ".join(found)


def at(there: dict[str, Watched], path: str) -> Any:
    """What stands at a path: a guest, one of its interfaces, or a function."""
    world, *names = path.split(".")
    found: Any = there[world]
    for name in names:
        found = getattr(found, name)
    return found


class Watched:
    """A library whose functions tell what they were called with, and what they gave."""

    def __init__(self, library: Any, calls: list[Call] | None = None, own: str = "") -> None:
        self._library, self._own = library, own
        self.calls: list[Call] = [] if calls is None else calls

    def __getattr__(self, name: str) -> Any:
        if name not in self._library.__all__:
            raise AttributeError(name)
        found = getattr(self._library, name)
        if isinstance(found, ModuleType):
            return Watched(found, self.calls, f"{name}.")
        if isinstance(found, type) or not callable(found):
            return found

        def watched(*values: Any) -> Any:
            try:
                result = found(*values)
            except wherever.ResultError as error:
                is_whole = hasattr(error, "__dataclass_fields__")
                told = wherever.Err(error if is_whole else error.value)
                self.calls.append((f"{self._own}{name}", values, told))
                raise
            self.calls.append((f"{self._own}{name}", values, wherever.Ok(result)))
            return result

        return watched

    def uncalled(self) -> list[str]:
        """The functions that nobody has called."""
        outline = self._library.opened.plan.design.outline
        called = {name for name, _, _ in self.calls}
        return [
            path
            for space in outline.spaces
            for name, item in space.members.items()
            if isinstance(item, Signature)
            and (path := f"{space.name}.{name}".lstrip(".")) not in called
        ]

    def signature(self, name: str) -> Any:
        """The function of that name: what WIT says of it, and its interface."""
        found = self._library.opened.plan.design.outline.top
        for each in name.split("."):
            found = found.members[each]
        return found


def unlike(folder: str, world: str, language: str, watched: Watched) -> list[str]:
    """What the same guest answers to the same calls elsewhere, where it is something else."""
    oracles: dict[str, Oracle] = {}
    found = []
    for name, values, gave in watched.calls:
        signature = watched.signature(name)
        function: Function = signature.function
        kinds = [*(kind for _, kind in function.params), function.result]
        if any(has_handles(kind) for kind in kinds if kind is not None):
            continue
        if signature.interface not in oracles:
            wasm = guests.guest(folder, world, language)
            oracles[signature.interface] = Oracle(wasm, signature.interface)
        is_result = function.result is not None and function.result.kind == "result"
        given = gave if is_result else gave.value
        wrong = oracles[signature.interface].differs(function, values, given)
        if wrong:
            found.append(f"{name}{values}: it gives {wrong}")
    return found


def has_handles(kind: Type) -> bool:
    """Whether values of a type hold resources, which only their own instance knows."""
    return kind.kind in ("own", "borrow") or any(
        has_handles(each) for _, each in kind.parts if each is not None
    )
