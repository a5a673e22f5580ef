"""What a package answers with, found in its binary, and made ready to be instantiated."""

from __future__ import annotations

import os
from typing import NamedTuple

from wherever.component.broken import Broken
from wherever.component.flat import Flat, NotFlat, flattened
from wherever.component.straight import straighten
from wherever.engine import cache
from wherever.engine.budget import Budget, divide
from wherever.engine.instance import Failed
from wherever.engine.runtime import engine, fits_pool
from wherever.engine.settings import Settings
from wherever.errors import LimitReached, NotRunnable
from wherever.wasi.shimming import Shimmed
from wherever.wasm import facts
from wherever.wasm.cursor import Malformed
from wherever.wasm.defining import definitions
from wherever.wasm.definitions import core_modules
from wherever.wasm.starting import deferred
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.component.layout import Offered
    from wherever.engine.assembly import Assembly
    from wherever.policy.limits import Limits

WASI = "wasi:http/incoming-handler#handle"
PLAIN = "wherever:http/handler#handle"

POOL = 512
"""Guests that one worker has room for at the same time."""

SMALL = 4 << 20
"""Bytes of a component up to which an instance for each request costs little."""

_TOO_NEW = "wasi:http/handler@0.3"


class Loaded(NamedTuple):
    """A handler, ready to be instantiated.

    Attributes:
        kind: `WASI` or `PLAIN`.
        assembly: what makes instances.
        starts: the entries to be called in every new instance before anything else.
        budget: how its memory is bounded.
        is_small: whether an instance for each request costs little.
    """

    kind: str
    assembly: Assembly
    starts: tuple[int, ...]
    budget: Budget
    is_small: bool


def load(name: str, data: bytes, limits: Limits) -> Loaded:
    """The handler in a component; compiled in a process of its own where that is needed.

    Raises:
        NotRunnable: it answers no requests, or in a way that nothing here can run.
        LimitReached: it needs more memory or fuel to begin than it may have.
    """
    try:
        found = definitions(data)
        flat = Flat(found)
    except Malformed as error:
        _explain(name, data)
        raise NotRunnable(f"{name} is {error}", "build it anew") from None
    except Broken as error:
        raise NotRunnable(f"{name} {error}", "build it anew") from None
    except NotFlat as error:
        raise NotRunnable(f"{name} cannot be served: {error.what}", "serve one program") from None
    kind, offered = _handler(name, data, flat)
    sizes = {each.start: each.size for each in core_modules(found)}
    # A start function that asks something must be able to give way, as the call after it does.
    later = {
        start: changed
        for start in {step.start for step in flat.steps}
        if (changed := deferred(data[start : start + sizes[start]])) is not None
    }
    acting = {number for number, step in enumerate(flat.steps) if step.start in later}
    straighten(flat, flat.first(offered), sizes.__getitem__, data, acting)
    plain = Settings(limits.fuel is not None)
    # A clock ends a turn between two instructions, so none may take long.
    settings = Settings(plain.fuel, divided=True)
    artifacts = {
        start: cache.artifact(
            later.get(start) or data[start : start + sizes[start]],
            settings,
            name=name,
            tiers=False,
        )
        for start in {
            step.start for number, step in enumerate(flat.steps) if number not in flat.left_out
        }
    }
    facts_of = [artifact.facts for artifact in artifacts.values()]
    if any(shared for each in facts_of for _, _, shared, _, _, _ in each["memories"]):
        raise NotRunnable(f"{name} shares memory between threads", "build it without threads")
    home = engine(plain, limits.stack, POOL if all(map(fits_pool, facts_of)) else 0)
    codes = {start: home.code(artifact) for start, artifact in artifacts.items()}
    try:
        shimmed = Shimmed(flat, codes, home, plain, offered)
    except NotFlat as error:
        raise NotRunnable(f"{name} cannot be served: {error.what}", "serve one program") from None
    # The guest's own memories make up what it may have; what is ours comes on top. One value
    # bounds every memory of a store, so to count the shim's most would take it from each guest.
    ours = len(shimmed.codes) - len(codes)
    budget = divide(limits.memory, [code.facts for code in codes.values()], ours)
    assembly = shimmed.assembly(limits.fuel or 0)
    _try(name, assembly, budget)
    return Loaded(kind, assembly, shimmed.starts, budget, len(data) <= SMALL)


def _handler(name: str, data: bytes, flat: Flat) -> tuple[str, Offered]:
    found = flat.exports.get(PLAIN)
    if found is not None:
        if found.type.params != _PLAIN.params or found.type.result != _PLAIN.result:
            raise NotRunnable(f"{name} answers by another version of {PLAIN}", "build it anew")
        return PLAIN, found
    found = flat.exports.get(WASI)
    if found is not None:
        if flattened(found.type) != (("i32", "i32"), ()):
            raise NotRunnable(f"{name} answers by an unknown version of {WASI}", "build it anew")
        return WASI, found
    _explain(name, data)
    exports = ", ".join(flat.exports) or "nothing"
    raise NotRunnable(
        f"{name} answers no HTTP requests: it exports {exports}",
        "export wasi:http/incoming-handler, or begin with: wherever new NAME --kind http",
    )


def _explain(name: str, data: bytes) -> None:
    """Says so where it is a handler of a version that the engine cannot run."""
    if any(each.startswith(_TOO_NEW) for each, _, _ in facts(data)["exports"]):
        raise NotRunnable(
            f"{name} answers by wasi:http 0.3, which the engine cannot run yet",
            "build it for wasi:http 0.2",
        )


def _try(name: str, assembly: Assembly, budget: Budget) -> None:
    """Makes one instance, so that what cannot start is known before the first request."""
    try:
        assembly.open(budget).close()
    except Failed as failed:
        if failed.ending.kind == "limit":
            limit = failed.ending.limit
            what = f"{os.path.basename(name)} does not start within its limit of {limit}"
            raise LimitReached(limit, what, f"allow it more {limit}") from None
        raise NotRunnable(
            f"{os.path.basename(name)} does not start: {failed.ending.message}", "build it anew"
        ) from None


def _record(**fields: Type) -> Type:
    return Type("record", tuple((name.rstrip("_"), kind) for name, kind in fields.items()))


_STRING = Type("string")
_BYTES = Type("list", (("", Type("u8")),))
_PAIRS = Type("list", (("", Type("tuple", (("f0", _STRING), ("f1", _STRING)))),))


class _Plain(NamedTuple):
    params: tuple[tuple[str, Type], ...]
    result: Type


_PLAIN = _Plain(
    (
        (
            "request",
            _record(
                method=_STRING,
                scheme=_STRING,
                authority=_STRING,
                target=_STRING,
                client=_STRING,
                headers=_PAIRS,
                params=_PAIRS,
                body=_BYTES,
            ),
        ),
    ),
    _record(status=Type("u16"), headers=_PAIRS, body=_BYTES),
)
"""The type of the plain interface's function: that of `edge/wit/http.wit`."""
