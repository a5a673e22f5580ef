"""Values of Python as the library sees them: data as JSON, objects as numbers."""

from __future__ import annotations

import json
from inspect import isawaitable
from math import isfinite
from typing import Any

from graphql.error import GraphQLError
from graphql.pyutils import Undefined, is_iterable

objects: dict[int, Any] = {}
_numbers: dict[int, int] = {}


def number(value: Any) -> int:
    """The number by which an object is known."""
    found = _numbers.get(id(value))
    if found is None:
        found = _numbers[id(value)] = len(objects) + 1
        objects[found] = value
    return found


def written(value: Any, promise: Any = None) -> str:
    """A value as JSON; `promise` gives what can be awaited a number."""
    return json.dumps(plain(value, promise))


def plain(value: Any, promise: Any = None) -> Any:
    if value is None or isinstance(value, (bool, int)) or type(value) is str:
        return value
    if isinstance(value, float):
        name = repr(value).replace("inf", "Infinity").replace("nan", "NaN")
        return value if isfinite(value) else {"$number": name}
    if value is Undefined:
        return {"$nothing": True}
    if promise is not None and isawaitable(value):
        return {"$promise": promise(value)}
    if isinstance(value, Exception):
        return {"$error": failure(value)}
    if is_iterable(value) and not isinstance(value, dict) and not hasattr(value, "_fields"):
        return [plain(each, promise) for each in value]
    return {"$object": number(value)}


def data(value: Any) -> Any:
    """Variables: mappings are data, too."""
    if isinstance(value, dict):
        return {key: data(each) for key, each in value.items()}
    if isinstance(value, list):
        return [data(each) for each in value]
    return plain(value)


def failure(error: Exception) -> dict[str, Any]:
    extensions = getattr(error, "extensions", None)
    message = error.message if isinstance(error, GraphQLError) else str(error)
    return {
        "message": message,
        "extensions": json.dumps(extensions) if extensions else "",
        "original": number(error),
    }


def read(text: str) -> Any:
    return revived(json.loads(text))


def revived(value: Any) -> Any:
    if isinstance(value, list):
        return [revived(each) for each in value]
    if isinstance(value, dict):
        if "$object" in value:
            return objects[value["$object"]]
        if "$number" in value:
            return float(value["$number"])
        if "$nothing" in value:
            return Undefined
        return {key: revived(each) for key, each in value.items()}
    return value
