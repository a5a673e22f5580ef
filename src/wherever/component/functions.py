"""Functions on the border: a core function as a component's, and the other way round."""

from __future__ import annotations

from wherever.component.broken import Broken
from wherever.component.codec import Call
from wherever.component.handles import Scope as CallScope
from wherever.component.scope import CoreFunction
from wherever.engine import host
from wherever.engine.calls import wrapper
from wherever.engine.instance import Extern
from wherever.engine.values import KINDS
from wherever.engine.window import Window
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from wherever.component.canonical import Codecs
    from wherever.component.scope import Instance, Scope
    from wherever.component.types import FuncType
    from wherever.engine.gate import Gate
    from wherever.wasm.definitions import Options

    class ComponentFunction(Protocol):
        """What a component calls, or gives to be called: values in their neutral form."""

        type: FuncType

        def __call__(self, values: tuple[Any, ...], scope: CallScope) -> Any:
            """Its result. What `scope` lends is the callee's until this returns."""


class Border:
    """What the lifted and lowered functions of one instantiation share.

    Args:
        gate: the way into the store.
        codecs: how values cross, in their neutral form.
    """

    def __init__(self, gate: Gate, codecs: Codecs) -> None:
        self.gate = gate
        self.codecs = codecs

    def core(
        self, function: CoreFunction, params: tuple[str, ...], results: tuple[str, ...], what: str
    ) -> Callable[..., Any]:
        """A core function to call, where it has the types that it must have.

        Raises:
            Broken: it has others.
        """
        if (function.params, function.results) != (params, results):
            raise Broken(f"has a core function of other types for {what}")
        return wrapper(self.gate, function.extern, what, (params, results))

    def call(self, scope: Scope, options: Options, name: str) -> Callable[[Any], Call]:
        """Makes what values need to cross, for a call of `name`."""
        if options.other:
            raise Broken(f"wants {options.other} calls, which nothing here can make")
        view = None
        if options.memory is not None:
            view = Window(self.gate, scope.at("core memory", options.memory))
        realloc = None
        if options.realloc is not None:
            core = scope.at("core func", options.realloc)
            realloc = self.core(core, ("i32",) * 4, ("i32",), f"room for {name}")
        instance, handles, encoding = scope.instance, scope.instance.handles, options.encoding
        room = None if realloc is None else _apart(instance, realloc)
        return lambda lent: Call(view, room, encoding, handles, lent)


def _apart(instance: Instance, function: Callable[..., Any]) -> Callable[..., Any]:
    """Calls what must not call anything outside of the instance."""

    def alone(*values: Any) -> Any:
        instance.may_leave = False
        try:
            return function(*values)
        finally:
            instance.may_leave = True

    return alone


class Lifted:
    """A core function as a function of the component model.

    Attributes:
        type: its type.
        function: the core function.
        core: the core function, as Python calls it.
        instance: what it belongs to.
    """

    def __init__(
        self, border: Border, scope: Scope, core: CoreFunction, kind: FuncType, options: Options
    ) -> None:
        self.type = kind
        self.function = core
        self.instance = scope.instance
        self.codecs = [border.codecs[each] for _, each in kind.params]
        self.returned = None if kind.result is None else border.codecs[kind.result]
        flat = tuple(each for codec in self.codecs for each in codec.flat)
        self._in_memory = len(flat) > abi.MOST_PARAMS
        params = ("i32",) if self._in_memory else flat
        results = () if self.returned is None else self.returned.flat
        self._by_pointer = len(results) > 1
        results = ("i32",) if self._by_pointer else results
        self.core = border.core(core, params, results, "a call")
        self._call = border.call(scope, options, "a call")
        self._after: Callable[..., Any] | None = None
        if options.post_return is not None:
            after = border.core(scope.at("core func", options.post_return), results, (), "the end")
            self._after = _apart(self.instance, after)
        self.is_plain = not (
            self._in_memory or self._by_pointer or self._after or options.other
        ) and all(
            each is None or each.kind in _PLAIN
            for each in (*(own for _, own in kind.params), kind.result)
        )

    def __call__(
        self,
        values: tuple[Any, ...],
        scope: CallScope,
        codecs: Any = None,
        returned: Any = None,
        labels: Any = None,
    ) -> Any:
        """Its result; `codecs` and `returned` stand in for the neutral ones where given.

        Raises:
            TypeError, ValueError, OverflowError: a value is none of its type; the message begins
                with its label.
            Broken: the guest did what the ABI forbids.
        """
        if self.instance.inside:
            raise Broken("was called from outside while a call of it waits")
        self.instance.inside = True
        try:
            call = self._call(scope)
            flat: list[Any] = []
            codecs, returned = codecs or self.codecs, returned or self.returned
            at = 0
            try:
                if self._in_memory:
                    place = _room(call, codecs)
                    flat.append(place[0])
                    for at, codec in enumerate(codecs):
                        codec.store(call, place[at], values[at])
                else:
                    for at, codec in enumerate(codecs):
                        codec.lower(call, values[at], flat)
            except (TypeError, ValueError, OverflowError) as error:
                raise type(error)(f"{labels[at]}: {error}" if labels else str(error)) from None
            given = self.core(*flat)
            result = None
            if returned is not None:
                if self._by_pointer:
                    at = given & 0xFFFFFFFF
                    call.span(at, returned.size, returned.align, "its result")
                    result = returned.load(call, at)
                else:
                    result = returned.lift(call, iter((given,)))
            if self._after is not None:
                self._after(*(() if given is None else (given,)))
            scope.end()
            return result
        finally:
            self.instance.inside = False


_PLAIN = frozenset("bool u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 char".split())


def _places(codecs: list[Any]) -> tuple[list[int], int, int]:
    """Where values lie one after the other; where they end, and what that place is aligned to."""
    end, places = 0, []
    for codec in codecs:
        end = abi.up(end, codec.align)
        places.append(end)
        end += codec.size
    align = max(codec.align for codec in codecs)
    return places, abi.up(end, align), align


def _room(call: Call, codecs: list[Any]) -> list[int]:
    places, size, align = _places(codecs)
    at = call.room(size, align)
    return [at + place for place in places]


def lowered(
    border: Border, scope: Scope, function: ComponentFunction, options: Options, name: str
) -> CoreFunction:
    """A function of the component model as a core function, for the code of an instance."""
    kind, instance = function.type, scope.instance
    codecs = getattr(function, "codecs", None)
    if codecs is None:
        codecs = [border.codecs[each] for _, each in kind.params]
    returned = getattr(function, "returned", None)
    if returned is None and kind.result is not None:
        returned = border.codecs[kind.result]
    flat = tuple(each for codec in codecs for each in codec.flat)
    in_memory = len(flat) > abi.MOST_PARAMS
    params = ("i32",) if in_memory else flat
    results = () if returned is None else returned.flat
    by_pointer = len(results) > 1
    if by_pointer:
        params, results = (*params, "i32"), ()
    begin = border.call(scope, options, name)

    def run(*given: Any) -> Any:
        if not instance.may_leave:
            raise Broken(f"called {name} where it must not call anything")
        lent = CallScope()
        call = begin(lent)
        if in_memory:
            values = _loaded(call, codecs, given[0] & 0xFFFFFFFF)
        else:
            core = iter(given)
            values = tuple([codec.lift(call, core) for codec in codecs])
        # Whoever is called may not call this instance, which waits.
        before, instance.inside = instance.inside, True
        try:
            result = function(values, lent)
        finally:
            instance.inside = before
        lent.end()
        if returned is None:
            return None
        out: list[Any] = [None]
        try:
            if by_pointer:
                at = given[-1] & 0xFFFFFFFF
                call.span(at, returned.size, returned.align, "room for a result")
                returned.store(call, at, result)
            else:
                returned.lower(call, result, out)
        except (TypeError, ValueError, OverflowError) as error:
            raise type(error)(f"{name} gave a result: {error}") from None
        return out[-1]

    kinds = (*(each for _, each in kind.params), *([kind.result] if kind.result else []))
    if not in_memory and not options.other and all(each.kind in _PLAIN for each in kinds):
        run = _plainly(instance, function, codecs, returned, name)
    entry = host.Entry(border.gate, run, name, _letters(params), _letters(results))
    return CoreFunction(Extern(border.gate.store, entry.raw), params, results)


def _plainly(
    instance: Instance, function: ComponentFunction, codecs: list[Any], returned: Any, name: str
) -> Callable[..., Any]:
    """A function of numbers, for which nothing is lent and nothing lies in memory."""
    lifts = [each.lift for each in codecs]
    nothing: Any = None
    lent = CallScope()

    def run(*given: Any) -> Any:
        if not instance.may_leave:
            raise Broken(f"called {name} where it must not call anything")
        core = iter(given)
        values = tuple([lift(nothing, core) for lift in lifts])
        before, instance.inside = instance.inside, True
        try:
            result = function(values, lent)
        finally:
            instance.inside = before
        if returned is None:
            return None
        out: list[Any] = []
        try:
            returned.lower(nothing, result, out)
        except (TypeError, ValueError, OverflowError) as error:
            raise type(error)(f"{name} gave a result: {error}") from None
        return out[0]

    return run


def _loaded(call: Call, codecs: list[Any], at: int) -> tuple[Any, ...]:
    places, size, align = _places(codecs)
    call.span(at, size, align, "its arguments")
    pairs = zip(codecs, places, strict=True)
    return tuple([codec.load(call, at + place) for codec, place in pairs])


def _letters(types: tuple[str, ...]) -> str:
    return "".join(KINDS[each] for each in types)
