"""A function of a component, called with arguments written as text: `--invoke` of components."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from wherever.component.broken import Broken
from wherever.component.handles import Scope
from wherever.component.jsonvalues import example, from_json, from_text, is_bytes, to_json
from wherever.errors import InputError, NotRunnable, Trapped
from wherever.wit.api import offered
from wherever.wit.text import type_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wherever.run.components import Opened
    from wherever.wit.model import Function, Interface, Type, World


def function(world: World, name: str, guest: str) -> tuple[Interface, Function]:
    """The function of that name: `slug`, `text.slug`, or `acme:text/text@1.0.0#slug`.

    Raises:
        NotRunnable: there is none, or several.
    """
    found = [
        (interface, each)
        for interface in offered(world)
        for each in interface.functions
        if name in _names(interface, each)
    ]
    if len(found) == 1:
        return found[0]
    known = [each.core for interface in offered(world) for each in interface.functions]
    if found:
        ways = ", ".join(f"{interface.name}#{each.core}" for interface, each in found)
        raise NotRunnable(f"{guest} exports {len(found)} functions {name}", f"say which: {ways}")
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known[:20]) or 'none'}"
    raise NotRunnable(f"{guest} exports no function {name}", hint)


def call_with_text(opened: Opened, name: str, words: Sequence[str]) -> tuple[Function, Any]:
    """Calls a function with arguments as they are typed; its result is in the neutral form.

    Raises:
        InputError: the arguments are not what it takes.
        NotRunnable: there is no such function.
        Trapped, LimitReached, GuestError: it did not come back.
    """
    interface, found = function(opened.plan.world, name, opened.plan.name)
    return found, _called(opened, interface, found, _values(found, words, from_text))


def call_with_json(
    opened: Opened, name: str, given: Sequence[Any], wanted: Any
) -> tuple[bool, Any, Any]:
    """Calls a function with values of JSON, and holds its result against another.

    Values are compared as the function's type has them: bytes may be written as numbers, as text
    that means its UTF-8, or as `{"base64": TEXT}`.

    Args:
        wanted: what is to come back, as JSON; None where the function gives nothing.

    Returns:
        Whether it did, and both for people: bytes as text, where they are text.

    Raises:
        InputError, NotRunnable, Trapped, LimitReached, GuestError: as `call_with_text` does.
    """
    interface, found = function(opened.plan.world, name, opened.plan.name)
    result = _called(opened, interface, found, _values(found, given, from_json))
    kind = found.result
    if kind is None:
        return wanted is None, None, wanted
    shown = to_json(kind, result, _as_text)
    try:
        meant = from_json(kind, wanted)
    except ValueError:  # of another type, so it is something else
        return False, shown, wanted
    is_right = to_json(kind, result) == to_json(kind, meant)
    return is_right, shown, to_json(kind, meant, _as_text)


def _as_text(data: bytes) -> Any:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def written(found: Function, result: Any) -> bytes:
    """A result as it is printed: bytes as they are, strings as text, all else as JSON."""
    kind = found.result
    if kind is not None and kind.kind == "result":
        label, inner = kind.parts[result[0]]
        if label == "err":
            return (json.dumps(to_json(kind, result), ensure_ascii=False) + "\n").encode()
        kind, result = inner, result[1]
    if kind is None:
        return b""
    if is_bytes(kind):
        return bytes(result)
    if kind.kind == "string":
        return f"{result}\n".encode()
    return (json.dumps(to_json(kind, result), ensure_ascii=False) + "\n").encode()


def is_error(found: Function, result: Any) -> bool:
    """Whether the function said that it did not go well."""
    return found.result is not None and found.result.kind == "result" and result[0] == 1


def usage(found: Function) -> str:
    """How a function is called, in one line: `slug title: string -> string`."""
    params = " ".join(f"<{label}: {type_text(kind)}>" for label, kind in found.params)
    back = "" if found.result is None else f" -> {type_text(found.result)}"
    return f"{found.core} {params}{back}".replace("  ", " ")


def explained(world: World, name: str, guest: str) -> str:
    """Help for a function, made from its types: what it does, and an example of each argument."""
    _, found = function(world, name, guest)
    lines = [usage(found), *(f"  {line}" for line in found.docs.strip().splitlines())]
    for label, kind in found.params:
        lines.append(f"  {label}: {type_text(kind)}, such as {json.dumps(example(kind))}")
    return "\n".join(lines)


class Absent:
    """What stands for imports that nobody gives: a call of one says so, and ends the guest.

    Args:
        guest: what messages call it.
        name: the function, once it is known.
    """

    def __init__(self, guest: str, name: str = "") -> None:
        self._guest = guest
        self._name = name

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(self._guest, f"{self._name}.{name}".lstrip("."))

    def __call__(self, *_: Any) -> Any:
        raise NotRunnable(
            f"{self._guest} called {self._name}, one of its imports, which nothing gives it here",
            "give it from Python: wherever.load(..., imports=...); or build it into one program"
            " with what has it: wherever compose",
        )


def _values(
    found: Function, given: Sequence[Any], read: Callable[[Type, Any], Any]
) -> tuple[Any, ...]:
    count = len(found.params)
    if len(given) != count:
        noun = "argument" if count == 1 else "arguments"
        raise InputError(f"{found.core} takes {count} {noun}, not {len(given)}", usage(found))
    values = []
    for (label, kind), value in zip(found.params, given, strict=True):
        try:
            values.append(read(kind, value))
        except ValueError as error:
            raise InputError(f"{found.core}: {label}: {error}", usage(found)) from None
    return tuple(values)


def _called(opened: Opened, interface: Interface, found: Function, values: tuple[Any, ...]) -> Any:
    lifted = opened.surface.lifted(interface, found)
    labels = [f"{found.core}: {label}" for label, _ in found.params]
    try:
        with opened.gate:
            return lifted(values, Scope(), labels=labels)
    except Broken as broken:
        raise Trapped(f"{opened.plan.name}: {found.core} {broken}") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(str(error), usage(found)) from None


def _names(interface: Interface, each: Function) -> tuple[str, ...]:
    short = interface.name.rpartition("/")[2].partition("@")[0]
    return (
        each.core,
        each.core.replace("-", "_"),
        f"{short}.{each.core}",
        f"{interface.name}#{each.core}",
        f"{interface.name.partition('@')[0]}#{each.core}",
    )
