"""Functions of Python that a guest may call, and what their annotations mean."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, overload

from wherever.engine.memory import Memory
from wherever.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")

i32 = Annotated[int, "i32"]
"""A whole number of 32 bits, signed."""
i64 = Annotated[int, "i64"]
"""A whole number of 64 bits, signed."""
u32 = Annotated[int, "u32"]
"""A whole number of 32 bits, unsigned: a guest's i32, an address for one."""
u64 = Annotated[int, "u64"]
"""A whole number of 64 bits, unsigned: a guest's i64."""
f32 = Annotated[float, "f32"]
"""A number of the precision that guests call f32."""
f64 = Annotated[float, "f64"]
"""A number of the precision that guests call f64, which is Python's own."""

_FITTING = {
    "int": ("i32", "i64"),
    "float": ("f32", "f64"),
    "bool": ("i32",),
    "bytes": ("v128",),
    "i32": ("i32",),
    "i64": ("i64",),
    "u32": ("i32",),
    "u64": ("i64",),
    "f32": ("f32",),
    "f64": ("f64",),
    "": ("i32", "i64", "f32", "f64", "v128"),
}
"""The types of WebAssembly that each annotation can stand for; `""` is for none."""

_MEMORY = "Memory"
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "bool": bool,
    "u32": lambda value: value & 0xFFFFFFFF,
    "u64": lambda value: value & 0xFFFFFFFFFFFFFFFF,
}


class HostFunction(Generic[P, R]):
    """A function of Python, ready to be given to guests; calling it calls the function.

    Attributes:
        function: the function.
        module: the name guests import it from.
        name: the name they import it by.
    """

    def __init__(self, function: Callable[P, R], module: str, name: str) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.module = module
        self.name = name

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<host function {self.module}.{self.name}>"


@overload
def host(function: Callable[P, R], /) -> HostFunction[P, R]: ...


@overload
def host(
    *, module: str = "env", name: str = ""
) -> Callable[[Callable[P, R]], HostFunction[P, R]]: ...


def host(
    function: Callable[P, R] | None = None, /, *, module: str = "env", name: str = ""
) -> HostFunction[P, R] | Callable[[Callable[P, R]], HostFunction[P, R]]:
    """Marks a function as one that guests may import, for `load(..., host=[function])`.

    The guest's import says which types cross; the annotations are checked against it: `int`
    stands for i32 or i64, `float` for f32 or f64, `bool` for i32, `bytes` for v128. `i32`, `i64`,
    `u32`, `u64`, `f32` and `f64` of this package say it exactly. A parameter annotated with
    `Memory` gets the memory of the guest that calls, and is none of the import's parameters.

    Args:
        module: the name guests import it from.
        name: the name they import it by; the function's own if not given.

    Raises:
        InputError: an annotation that stands for nothing a guest has, or an async function.

    Example:
        >>> import wherever
        >>> @wherever.host
        ... def double(number: int) -> int:
        ...     return 2 * number
        >>> text = b'''(module
        ...   (import "env" "double" (func $double (param i32) (result i32)))
        ...   (func (export "four_times") (param $n i32) (result i32)
        ...     (call $double (call $double (local.get $n)))))'''
        >>> wherever.load(text, host=[double]).four_times(10)
        40
    """
    if function is None:
        return lambda given: host_function(given, module, name)
    return host_function(function, module, name)


def host_function(function: Callable[P, R], module: str, name: str = "") -> HostFunction[P, R]:
    """What `host` makes; checks the annotations."""
    made = HostFunction(function, module, name or getattr(function, "__name__", "function"))
    _annotations(function, f"{made.module}.{made.name}")
    return made


class Prepared:
    """A function of Python for one import of one guest's type.

    Attributes:
        name: what messages call it.
        wants_memory: the first argument of `function` gives the memory of the guest when called.
        function: what is called with the decoded values, in the order of the import.
    """

    __slots__ = ("function", "name", "wants_memory")

    def __init__(
        self,
        given: Callable[..., Any],
        name: str,
        params: Sequence[str],
        results: Sequence[str],
    ) -> None:
        function = given.function if isinstance(given, HostFunction) else given
        self.name = name
        self.wants_memory = False
        self.function: Callable[..., Any] = function
        wanted, optional, result = _annotations(function, name)
        if wanted is None:
            return
        surplus = sum(kind not in (_MEMORY, "*") for kind in wanted) - len(params)
        if 0 < surplus <= optional:
            del wanted[len(wanted) - surplus :]
        self._fit(wanted, result, params, results)
        if any(kind == _MEMORY or kind in _CONVERSIONS for kind in wanted):
            self.wants_memory = _MEMORY in wanted
            self.function = _converting(function, wanted, self.wants_memory)

    def _fit(
        self, wanted: list[str], result: str, params: Sequence[str], results: Sequence[str]
    ) -> None:
        text = f"({', '.join(params)}) -> {results[0] if len(results) == 1 else _row(results)}"
        kinds = [kind for kind in wanted if kind != _MEMORY]
        if kinds and kinds[-1] == "*":
            kinds[-1:] = [""] * max(0, len(params) - len(kinds) + 1)
        if len(kinds) != len(params):
            raise InputError(
                f"{self.name} takes {len(kinds)} values, but the guest imports it as {text}",
                "give it a function of as many parameters",
            )
        for kind, type_name in zip(kinds, params, strict=True):
            if type_name not in _FITTING[kind]:
                raise InputError(
                    f"{self.name} takes {kind}, but the guest imports it as {text}",
                    "change the annotation, or the guest",
                )
        if result == "None" and results:
            raise InputError(
                f"{self.name} gives nothing, but the guest imports it as {text}",
                "return a value, or change the annotation",
            )
        if len(results) == 1 and result in _FITTING and results[0] not in _FITTING[result]:
            raise InputError(
                f"{self.name} gives {result}, but the guest imports it as {text}",
                "change the annotation, or the guest",
            )


def _converting(
    function: Callable[..., Any], wanted: list[str], wants_memory: bool
) -> Callable[..., Any]:
    conversions = [_CONVERSIONS.get(kind) for kind in wanted if kind != _MEMORY]
    if wants_memory and wanted[0] == _MEMORY and not any(conversions):
        return lambda memory, *given: function(memory(), *given)
    places = [index for index, kind in enumerate(wanted) if kind == _MEMORY]

    def converted(*given: Any) -> Any:
        memory, values = (given[0], given[1:]) if wants_memory else (None, given)
        row = [
            value if conversion is None else conversion(value)
            for value, conversion in zip(values, conversions, strict=False)
        ]
        row.extend(values[len(row) :])
        for place in places:
            assert memory is not None
            row.insert(place, memory())
        return function(*row)

    return converted


def _annotations(function: Callable[..., Any], name: str) -> tuple[list[str] | None, int, str]:
    """What each parameter stands for, how many have defaults, and what the result stands for.

    None where a function does not say.
    """
    if not callable(function):
        raise InputError(f"{name} is {type(function).__name__}, which cannot be called")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise InputError(
            f"{name} is an async function, and a guest cannot wait for one",
            "give it a plain function; asyncio.run_coroutine_threadsafe can bridge the two",
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None, 0, ""
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception:  # a name that is not to be found here: its text has to do
        hints = dict(getattr(function, "__annotations__", {}))
    wanted = []
    optional = 0
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            wanted.append("*")
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            wanted.append(_kind(hints.get(parameter.name), f"{name}: {parameter.name}"))
            optional += parameter.default is not parameter.empty
        elif parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            raise InputError(f"{name} needs {parameter.name} by name, and guests give no names")
    result = hints.get("return", "")
    if result is None or result is type(None) or result == "None":
        return wanted, optional, "None"
    if "tuple" in str(typing.get_origin(result) or result):
        return wanted, optional, "tuple"
    return wanted, optional, _kind(result or None, f"{name}: its result")


def _kind(hint: Any, where: str) -> str:
    if hint is None or hint is Any or hint is inspect.Parameter.empty:
        return ""
    if hint is Memory:
        return _MEMORY
    extras = getattr(hint, "__metadata__", ())
    text = extras[0] if extras else getattr(hint, "__name__", None) or str(hint)
    short = str(text).rpartition(".")[2]
    if short in _FITTING or short == _MEMORY:
        return short
    raise InputError(
        f"{where} is annotated with {str(text)[:80]}, which no guest has",
        "use int, float, bool, bytes, Memory, or i32, i64, u32, u64, f32, f64 of wherever",
    )


def _row(types: Sequence[str]) -> str:
    return f"({', '.join(types)})"
