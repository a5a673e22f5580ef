"""Functions of a component as functions of Python: signature, docs, and the call itself."""

from __future__ import annotations

from wherever.component.broken import Broken
from wherever.component.handles import Scope
from wherever.component.python.names import snake
from wherever.component.scalars import RANGES
from wherever.errors import InputError, ResultError, Trapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.component.canonical import Codecs
    from wherever.component.functions import Lifted
    from wherever.component.python.classes import Classes
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

_PLAIN = """
def make(_core, _instance, _check, _busy):
    def {name}({heading}):
        {checks}
        if _instance.inside:
            _busy()
        return {result}
    return {name}
"""


class Caller:
    """Makes the functions of one guest.

    Args:
        name: what messages call the guest.
        gate: the way into it.
        codecs: of Python's values.
        classes: of its types.
        leavings: what the next call ends.
    """

    def __init__(
        self, name: str, gate: Gate, codecs: Codecs, classes: Classes, leavings: Leavings
    ) -> None:
        self._guest = name
        self._gate = gate
        self._codecs = codecs
        self._classes = classes
        self._leavings = leavings

    def function(self, function: Function, lifted: Lifted) -> Callable[..., Any]:
        """A function of Python that calls one of the guest's.

        It raises TypeError, ValueError or OverflowError for arguments that the types do not
        allow, the class of its error where it is a result, and what calls of modules raise.
        """
        name, params = snake(function.name), [snake(each) for each, _ in function.params]
        if lifted.is_plain and _result_kind(function) not in ("s8", "s16", "char"):
            made = self._plain(name, params, function, lifted)
        else:
            source = _TEMPLATE.format(
                name=name, heading=", ".join(params), arguments="".join(f"{p}, " for p in params)
            )
            run = self._run(name, params, function, lifted)
            made = _made(source)(self._gate, self._leavings, run)
        made.__doc__ = function.docs or None
        made.__module__ = self._guest
        hints = {
            each: self._classes.hint(kind)
            for each, (_, kind) in zip(params, function.params, strict=True)
        }
        hints["return"] = self._classes.hint(_given_back(function))
        made.__annotations__ = hints
        return made

    def _run(
        self, name: str, params: list[str], function: Function, lifted: Lifted
    ) -> Callable[[tuple[Any, ...]], Any]:
        codecs = [self._codecs[kind] for _, kind in function.params]
        returned = None if function.result is None else self._codecs[function.result]
        gate, guest = self._gate, self._guest
        labels = [f"{name}(): {each}" for each in params]
        error = None
        if function.result is not None and function.result.kind == "result":
            error = self._classes.error(function.result.parts[1][1])

        def run(values: tuple[Any, ...]) -> Any:
            try:
                result = lifted(values, Scope(), codecs, returned, labels)
            except Broken as broken:
                found = Trapped(f"{guest}: {name} {broken}")
                gate.end(f"this guest was ended by an earlier call: {found.what}")
                raise found from None
            if error is None:
                return result
            value = result.value
            if type(result).__name__ == "Ok":
                return value
            raise value if isinstance(value, ResultError) else error(value)

        return run

    def _plain(
        self, name: str, params: list[str], function: Function, lifted: Lifted
    ) -> Callable[..., Any]:
        kinds = [kind.kind for _, kind in function.params]
        checks = []
        for at, (each, kind) in enumerate(zip(params, kinds, strict=True)):
            if kind in RANGES:
                low, high = RANGES[kind]
                checks.append(f"if {each}.__class__ is not int or not {low} <= {each} <= {high}:")
                checks.append(f"    {each} = _check({at}, {each})")
            elif kind in ("f32", "f64"):
                checks.append(f"if {each}.__class__ is not float:")
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
            name=name,
            heading=", ".join(params),
            checks="\n        ".join(checks) or "pass",
            result=result,
        )
        codecs = [self._codecs[kind] for _, kind in function.params]
        labels = [f"{name}(): {each}" for each in params]

        def check(at: int, value: Any) -> Any:
            out: list[Any] = []
            try:
                codecs[at].lower(_NO_CALL, value, out)
            except (TypeError, ValueError, OverflowError) as error:
                raise type(error)(f"{labels[at]}: {error}") from None
            return out[0]

        guest = self._guest

        def busy() -> None:
            raise InputError(f"{guest}: {name} was called while another call of it waits")

        made: Callable[..., Any] = _made(source)(lifted.core, lifted.instance, check, busy)
        return made


_NO_CALL: Any = None


def _result_kind(function: Function) -> str:
    return function.result.kind if function.result is not None else ""


def _given_back(function: Function) -> Any:
    result = function.result
    return result.parts[0][1] if result is not None and result.kind == "result" else result


def _made(source: str) -> Any:
    space: dict[str, Any] = {}
    exec(compile(source, "<a component's function>", "exec", dont_inherit=True), space)
    return space["make"]
