"""Values of a component as JSON, and as people type them: what `--invoke` and tests take and give.

| type | JSON |
|---|---|
| bool, integers, char, string | themselves |
| f32, f64 | numbers; "nan", "inf" and "-inf" as text |
| list, tuple | arrays; a list of u8 is also text that means its UTF-8, or {"base64": TEXT} |
| record | an object, with WIT's names |
| variant | {"case": value}, or "case" where it has none |
| enum | "case" |
| flags | an array of names |
| option | null or the value; {"some": value} where the value may be null itself |
| result | {"ok": value} or {"err": value} |
| handles | not at all |
"""

from __future__ import annotations

import base64
import binascii
import json
import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.wit.model import Type

_INTEGERS = frozenset(f"{sign}{bits}" for sign in "us" for bits in (8, 16, 32, 64))
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def from_text(kind: Type, text: str) -> Any:
    """A value as it is typed: JSON, or the bare text of a string, char, enum or list of bytes.

    Raises:
        ValueError: it is none of that type; the message says what would be.
    """
    try:
        read = json.loads(text)
    except ValueError:
        if kind.kind in ("string", "char", "enum", "variant", "option") or is_bytes(kind):
            read = text
        else:
            raise ValueError(f"{text[:60]!r} is no JSON; {_expected(kind)}") from None
    if kind.kind in ("string", "char") and not isinstance(read, str):
        read = text
    return from_json(kind, read)


def from_json(kind: Type, value: Any) -> Any:
    """A value in its neutral form, from JSON.

    Raises:
        ValueError: it is none of that type.

    Example:
        >>> from wherever.wit.model import Type
        >>> from_json(Type("option", (("none", None), ("some", Type("u8")))), 7)
        (1, 7)
    """
    name = kind.kind
    if name in _INTEGERS:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif name in ("f32", "f64"):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str) and value.lower() in _FLOATS:
            return _FLOATS[value.lower()]
    elif name == "bool":
        if isinstance(value, bool):
            return value
    elif name in ("string", "char"):
        if isinstance(value, str):
            return value
    elif name == "list":
        return _listed(kind, value)
    elif name == "tuple":
        if isinstance(value, list) and len(value) == len(kind.parts):
            return tuple(
                from_json(each, own) for (_, each), own in zip(kind.fields, value, strict=True)
            )
    elif name == "record":
        return _record(kind, value)
    elif name == "flags":
        return _flags(kind, value)
    elif name == "option":
        return _option(kind, value)
    elif name in ("enum", "variant", "result"):
        return _case(kind, value)
    else:
        raise ValueError("a handle cannot be written as JSON: call it from a program")
    raise ValueError(f"{_said(value)} will not do; {_expected(kind)}")


def to_json(kind: Type, value: Any, of_bytes: Callable[[bytes], Any] = list) -> Any:
    """A value in its neutral form as what `json` writes.

    Args:
        of_bytes: what stands for a list of u8.
    """
    name = kind.kind
    if name in ("f32", "f64"):
        if math.isfinite(value):
            return value
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if is_bytes(kind):
        return of_bytes(bytes(value))
    if name == "list":
        return [to_json(kind.inner, each, of_bytes) for each in value]
    if name == "tuple":
        pairs = zip(kind.fields, value, strict=True)
        return [to_json(each, own, of_bytes) for (_, each), own in pairs]
    if name == "record":
        fields = zip(kind.fields, value, strict=True)
        return {label: to_json(each, own, of_bytes) for (label, each), own in fields}
    if name == "flags":
        return [label for at, (label, _) in enumerate(kind.parts) if value >> at & 1]
    if name == "enum":
        return kind.parts[value][0]
    if name == "option":
        if value[0] == 0:
            return None
        inner = to_json(kind.inner, value[1], of_bytes)
        return {"some": inner} if kind.inner.kind == "option" else inner
    if name in ("variant", "result"):
        label, each = kind.parts[value[0]]
        if each is None:
            return label if name == "variant" else {label: None}
        return {label: to_json(each, value[1], of_bytes)}
    if name in ("own", "borrow"):
        return f"<{kind.inner.name}>"
    return value


def is_bytes(kind: Type | None) -> bool:
    """Whether it is a list of u8."""
    return kind is not None and kind.kind == "list" and kind.inner.kind == "u8"


def _listed(kind: Type, value: Any) -> Any:
    if is_bytes(kind):
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, dict) and set(value) == {"base64"}:
            try:
                return base64.b64decode(value["base64"], validate=True)
            except (binascii.Error, TypeError, ValueError):
                raise ValueError("what stands at base64 is none") from None
        if isinstance(value, list):
            try:
                return bytes(value)
            except (TypeError, ValueError):
                pass
    elif isinstance(value, list):
        return [from_json(kind.inner, each) for each in value]
    raise ValueError(f"{_said(value)} will not do; {_expected(kind)}")


def _record(kind: Type, value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{_said(value)} will not do; {_expected(kind)}")
    unknown = set(value) - {label for label, _ in kind.parts}
    if unknown:
        raise ValueError(f"there is no field {min(unknown)!r}; {_expected(kind)}")
    found = []
    for label, each in kind.fields:
        if label not in value and each.kind != "option":
            raise ValueError(f"the field {label!r} is missing; {_expected(kind)}")
        found.append(from_json(each, value.get(label)))
    return tuple(found)


def _flags(kind: Type, value: Any) -> int:
    labels = [label for label, _ in kind.parts]
    if not isinstance(value, list) or not all(each in labels for each in value):
        raise ValueError(f"{_said(value)} will not do; {_expected(kind)}")
    return sum(1 << labels.index(each) for each in set(value))


def _option(kind: Type, value: Any) -> Any:
    if value is None:
        return 0, None
    if kind.inner.kind == "option":
        if not isinstance(value, dict) or set(value) != {"some"}:
            raise ValueError(f"{_said(value)} will not do; {_expected(kind)}")
        value = value["some"]
    return 1, from_json(kind.inner, value)


def _case(kind: Type, value: Any) -> Any:
    labels = [label for label, _ in kind.parts]
    payload = None
    if isinstance(value, dict) and len(value) == 1:
        ((value, payload),) = value.items()
    if not isinstance(value, str) or value not in labels:
        raise ValueError(f"{_said(value)} will not do; {_expected(kind)}")
    at = labels.index(value)
    if kind.kind == "enum":
        return at
    inner = kind.parts[at][1]
    return at, None if inner is None else from_json(inner, payload)


def _expected(kind: Type) -> str:
    """What a value of the type looks like, by an example."""
    text = json.dumps(example(kind))
    return f"{kind.name or kind.kind} is written like {text[:200]}"


def example(kind: Type) -> Any:
    """A value of the type as JSON, to show what one looks like.

    Example:
        >>> from wherever.wit.model import Type
        >>> example(Type("list", (("", Type("u32")),)))
        [1]
    """
    name = kind.kind
    if name in _INTEGERS:
        return 1
    simple = {"f32": 1.5, "f64": 1.5, "bool": True, "char": "a", "string": "text"}
    if name in simple:
        return simple[name]
    if name == "list":
        return [example(kind.inner)]
    if name == "tuple":
        return [example(each) for _, each in kind.fields]
    if name == "record":
        return {label: example(each) for label, each in kind.fields}
    if name == "flags":
        return [label for label, _ in kind.parts[:2]]
    if name == "option":
        inner = example(kind.inner)
        return {"some": inner} if kind.inner.kind == "option" else inner
    if name in ("enum", "variant", "result"):
        label, each = kind.parts[0]
        if each is None:
            return {label: None} if name == "result" else label
        return {label: example(each)}
    return None


def _said(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
