"""Functions of a component as functions of Python: signature, docs, and the call itself."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from wherever.component.broken import Broken
from wherever.component.handles import Scope
from wherever.component.scalars import RANGES
from wherever.engine.nativestack import shortage
from wherever.errors import InputError, ResultError, Trapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from wherever.component.canonical import Codecs
    from wherever.component.functions import Lifted
    from wherever.component.python.outline import Signature
    from wherever.component.python.resources import Leavings
    from wherever.engine.gate import Gate
    from wherever.wit.model import Function

_TEMPLATE = """
def make(_gate, _leavings, _run):
    def {name}({heading}):
        with _gate:
            if _leavings._left:
                _leavings.end()
            return _run(({arguments}))
    return {name}
"""

_CONSTRUCTOR = """
def make(_gate, _leavings, _run):
    def {name}(self, {heading}):
        with _gate:
            if _leavings._left:
                _leavings.end()
            self._representation = _run(({arguments}))._given()
    return {name}
"""

_PLAIN = """
def make(_core, _instance, _check, _busy, _Broken, _broken, _int=int, _float=float):
    def {name}({heading}):
        {checks}
        if _instance.inside:
            _busy()
        try:
            return {result}
        except _Broken as _error:
            _broken(_error)
    return {name}
"""


_BIND = """
def make():
    def {name}({heading}):
        return ({arguments})
    return {name}
"""

_LETTERS = {
    "bool": "b", "f32": "g", "f64": "G", "s8": "a", "u8": "A", "s16": "c", "u16": "C",
    "s32": "d", "u32": "D", "s64": "q", "u64": "Q",
}  # fmt: skip
"""How the accelerator calls the types that it knows."""


class Caller:
    """Makes the functions of one guest.

    Args:
        name: what messages call the guest.
        module: what functions say they belong to.
        gate: the way into it.
        codecs: of Python's values.
        leavings: what the next call ends.
    """

    def __init__(
        self,
        name: str,
        module: str,
        gate: Gate,
        codecs: Codecs,
        leavings: Leavings,
    ) -> None:
        self._guest = name
        self._module = module
        self._gate = gate
        self._codecs = codecs
        self._leavings = leavings

    def function(self, signature: Signature, lifted: Lifted, owner: Any = None) -> Any:
        """A function of Python that calls one of the guest's.

        It raises TypeError, ValueError or OverflowError for arguments that the types do not
        allow, the class of its error where it is a result, and what calls of modules raise.

        Args:
            signature: what it looks like.
            lifted: the guest's function.
            owner: the class of the resource that it belongs to.
        """
        function, name = signature.function, signature.name
        own = name if owner is None else f"{owner.__qualname__}.{name}"
        if function.kind == "constructor":
            own = owner.__qualname__
        if lifted.is_plain and self._gate.fast and _is_direct(function):
            made = self._direct(signature, own, lifted)
        elif lifted.is_plain and _result_kind(function) not in ("s8", "s16", "char"):
            made = self._plain(signature, own, lifted)
        elif function.kind == "constructor":
            run = self._run(signature, own, lifted)
            source = _filled(_CONSTRUCTOR, signature)
            made = _made(source)(self._gate, self._leavings, run)
        else:
            run = self._run(signature, own, lifted)
            made = _made(_filled(_TEMPLATE, signature))(self._gate, self._leavings, run)
        made.__doc__ = signature.docs or None
        made.__module__ = self._module if owner is None else owner.__module__
        made.__qualname__ = name if owner is None else f"{owner.__qualname__}.{name}"
        made.__annotations__ = signature.annotations
        return made

    def _run(
        self, signature: Signature, own: str, lifted: Lifted
    ) -> Callable[[tuple[Any, ...]], Any]:
        function, error = signature.function, signature.error
        codecs = [self._codecs[kind] for _, kind in function.params]
        returned = None if function.result is None else self._codecs[function.result]
        ended = self._ended(own)
        labels = [f"{own}(): {each}" for each, _ in signature.params]

        def run(values: tuple[Any, ...]) -> Any:
            try:
                result = lifted(values, Scope(), codecs, returned, labels)
            except Broken as broken:
                ended(broken)
            if error is None:
                return result
            value = result.value
            if type(result).__name__ == "Ok":
                return value
            raise value if isinstance(value, ResultError) else error(value)

        return run

    def _direct(self, signature: Signature, own: str, lifted: Lifted) -> Any:
        """What the accelerator calls by itself, values checked and all."""
        gate, guest, ended = self._gate, self._guest, self._ended(own)
        function = signature.function
        codecs = [self._codecs[kind] for _, kind in function.params]
        labels = [f"{own}(): {name}" for name, _ in signature.params]

        def failed(error: int, trap: int) -> None:
            try:
                gate.failed(own, error, trap)
            except Broken as broken:
                ended(broken)

        def refuse(position: int, value: Any) -> None:
            if position == -1:
                raise shortage(value, gate.stack)
            if position == -2:
                raise InputError(f"{guest}: {own} was called while another call of it waits")
            try:
                codecs[position].lower(_NO_CALL, value, [])
            except (TypeError, ValueError, OverflowError) as error:
                raise type(error)(f"{labels[position]}: {error}") from None

        bind = _made(_filled(_BIND, signature))()
        result = _result_kind(function)
        made = gate.fast.Function(
            ctypes.string_at(lifted.function.extern.address, 16),
            gate.lock,
            "".join(_LETTERS[kind.kind] for _, kind in function.params),
            _LETTERS[result] if result else "",
            gate.admit,
            gate.finish,
            failed,
            refuse,
            bind,
            True,
        )
        made.__name__ = signature.name
        # What inspects it looks at this in its place.
        made.__wrapped__ = bind
        bind.__annotations__ = signature.annotations
        return made

    def _plain(self, signature: Signature, own: str, lifted: Lifted) -> Callable[..., Any]:
        function, params = signature.function, [name for name, _ in signature.params]
        kinds = [kind.kind for _, kind in function.params]
        checks = []
        for at, (each, kind) in enumerate(zip(params, kinds, strict=True)):
            if kind in RANGES:
                low, high = RANGES[kind]
                checks.append(f"if {each}.__class__ is not _int or not {low} <= {each} <= {high}:")
                checks.append(f"    {each} = _check({at}, {each})")
            elif kind in ("f32", "f64"):
                checks.append(f"if {each}.__class__ is not _float:")
                checks.append(f"    {each} = _check({at}, {each})")
            else:
                checks.append(f"{each} = _check({at}, {each})")
        result = f"_core({', '.join(params)})"
        back = _result_kind(function)
        if back in RANGES and back[0] == "u":
            result += f" & {RANGES[back][1]}"
        elif back == "bool":
            result += " != 0"
        source = _PLAIN.format(
            name=signature.name,
            heading=signature.heading,
            checks="\n        ".join(checks) or "pass",
            result=result,
        )
        codecs = [self._codecs[kind] for _, kind in function.params]
        labels = [f"{own}(): {each}" for each in params]

        def check(at: int, value: Any) -> Any:
            out: list[Any] = []
            try:
                codecs[at].lower(_NO_CALL, value, out)
            except (TypeError, ValueError, OverflowError) as error:
                raise type(error)(f"{labels[at]}: {error}") from None
            return out[0]

        guest = self._guest

        def busy() -> None:
            raise InputError(f"{guest}: {own} was called while another call of it waits")

        made: Callable[..., Any] = _made(source)(
            lifted.core, lifted.instance, check, busy, Broken, self._ended(own)
        )
        return made

    def _ended(self, name: str) -> Callable[[Broken], NoReturn]:
        """Ends the guest for what it did in a call, and raises the error that says so."""
        gate, guest = self._gate, self._guest

        def ended(broken: Broken) -> NoReturn:
            found = Trapped(f"{guest}: {name} {broken}")
            gate.end(f"this guest was ended by an earlier call: {found.what}")
            raise found from None

        return ended


_NO_CALL: Any = None


def _result_kind(function: Function) -> str:
    return function.result.kind if function.result is not None else ""


def _is_direct(function: Function) -> bool:
    kinds = [kind.kind for _, kind in function.params]
    return all(kind in _LETTERS for kind in (*kinds, _result_kind(function) or "bool"))


def _filled(template: str, signature: Signature) -> str:
    arguments = "".join(f"{name}, " for name, _ in signature.params)
    return template.format(name=signature.name, heading=signature.heading, arguments=arguments)


@lru_cache(maxsize=4096)
def _made(source: str) -> Any:
    """What makes a function of that text: each instance of a library makes its own."""
    space: dict[str, Any] = {}
    exec(compile(source, "<a component's function>", "exec", dont_inherit=True), space)
    return space["make"]
