"""Values of a component's types between their neutral form and Python's."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from wherever.component.codec import Codec, said
from wherever.component.python.values import Err, Ok, Some
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]
    """Makes a value of Python's of a neutral one, and the other way round."""


def shaped(
    kind: Type, codec: Codec, out: Callable[[Any], Any], back: Callable[[Any], Any]
) -> Codec:
    """A codec whose values go through `out` when read, and through `back` when written."""
    load, store, lift, lower = codec.load, codec.store, codec.lift, codec.lower
    return Codec(
        kind,
        lambda call, at: out(load(call, at)),
        lambda call, at, value: store(call, at, back(value)),
        lambda call, values: out(lift(call, values)),
        lambda call, value, into: lower(call, back(value), into),
    )


def can_be_none(kind: Type | None) -> bool:
    """Whether a value of the type may be None in Python."""
    return kind is not None and kind.kind == "option"


def option(kind: Type) -> Pair:
    """The value or None; `Some` of it where it may be None itself."""
    if can_be_none(kind.inner):
        return (lambda value: Some(value[1]) if value[0] else None), _of_some
    return (
        lambda value: value[1] if value[0] else None,
        lambda value: (0, None) if value is None else (1, value),
    )


def _of_some(value: Any) -> Any:
    if value is None:
        return 0, None
    if not isinstance(value, Some):
        raise TypeError(f"option: {said(value)} is neither None nor a wherever.Some")
    return 1, value.value


def result() -> Pair:
    """`Ok` or `Err`."""
    return (lambda value: Err(value[1]) if value[0] else Ok(value[1])), _of_result


def _of_result(value: Any) -> Any:
    if isinstance(value, (Ok, Err)):
        return int(isinstance(value, Err)), value.value
    raise TypeError(f"result: {said(value)} is neither a wherever.Ok nor a wherever.Err")


def record_codec(kind: Type, codec: Codec, made: Any, names: Sequence[str]) -> Codec:
    """A codec of a dataclass."""
    found = shaped(kind, codec, *record(made, names))
    if codec.numbers is not None and len(names) > 1:
        found.rows = codec.numbers, attrgetter(*names), made
    return found


def record(made: Any, names: Sequence[str]) -> Pair:
    """A dataclass; what has the same attributes or keys is taken too."""
    get = attrgetter(*names)
    alone = len(names) == 1

    def back(value: Any) -> Any:
        try:
            found = get(value)
        except AttributeError:
            if isinstance(value, dict) and set(value) == set(names):
                return tuple([value[name] for name in names])
            raise TypeError(f"{said(value)} is no {made.__name__}") from None
        return (found,) if alone else found

    return lambda value: made(*value), back


def variant(made: Any, names: Sequence[str]) -> Pair:
    """One of the classes of its cases; the class itself stands for a case without a value.

    A case of another library's variant does, too, where name and cases are the same.
    """
    cases = [getattr(made, name) for name in names]
    holds = ["value" in each.__annotations__ for each in cases]
    numbers = {each: at for at, each in enumerate(cases)}
    told = {each.__qualname__: at for at, each in enumerate(cases)}

    def of_another(kind: type) -> int | None:
        number = told.get(kind.__qualname__)
        theirs = [getattr(kind, name, None) for name in names]
        held = [isinstance(each, type) and "value" in each.__annotations__ for each in theirs]
        is_same = number is not None and theirs[number] is kind and held == holds
        return number if is_same and _parts(kind.__mro__[1]) == _parts(made) else None

    def out(value: Any) -> Any:
        number, inner = value
        return cases[number](inner) if holds[number] else cases[number]()

    def back(value: Any) -> Any:
        number = numbers.get(type(value))
        if number is None:
            if isinstance(value, type) and value in numbers and not holds[numbers[value]]:
                return numbers[value], None
            number = of_another(type(value))
        if number is None:
            raise TypeError(f"{said(value)} is no case of {made.__name__}")
        return number, value.value if holds[number] else None

    return out, back


def _parts(made: Any) -> list[str]:
    """The names of a variant's cases, in their order."""
    return [name for name, each in vars(made).items() if isinstance(each, type)]


def enum(made: Any) -> Pair:
    """A member; that of another library's enum does, too, where name and members are the same."""
    members = list(made)
    return members.__getitem__, _number_of(made)


def flags(made: Any) -> Pair:
    """Members together; those of another library's flags do, too, as they do for enums."""
    return made, _number_of(made)


def _number_of(made: Any) -> Callable[[Any], int]:
    def back(value: Any) -> int:
        if not isinstance(value, made) and not _is_twin(type(value), made):
            raise TypeError(f"{said(value)} is no {made.__name__}")
        number: int = value.value
        return number

    return back


def _is_twin(kind: Any, made: Any) -> bool:
    """Whether it is the class that another library has for the same enum or flags."""
    return (
        type(kind) is type(made)
        and kind.__bases__ == made.__bases__
        and kind.__name__ == made.__name__
        and list(kind.__members__) == list(made.__members__)
    )
