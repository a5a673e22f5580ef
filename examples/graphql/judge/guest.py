"""The library under judgement: instances of it, and what it says as the port's tests know it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graphql.error import GraphQLError, GraphQLSyntaxError
from graphql.language import Source
from graphql.validation.validate import ValidationAbortedError

import wherever

WASM = os.environ["GRAPHQL_JUDGE_WASM"]


class NotApplicable(Exception):
    """A test wants what is no part of the library: a feature of the port alone."""


class Message(str):
    """Text of the library. The port quotes names with ', the library with "."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return NotImplemented
        return str.__eq__(self.replace('"', "'"), other.replace('"', "'"))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __contains__(self, part: object) -> bool:
        return isinstance(part, str) and part.replace('"', "'") in str(self.replace('"', "'"))

    def startswith(self, start: Any, *more: Any) -> bool:
        return self.replace('"', "'").startswith(start.replace('"', "'"), *more)

    def endswith(self, end: Any, *more: Any) -> bool:
        return self.replace('"', "'").endswith(end.replace('"', "'"), *more)

    __hash__ = str.__hash__


class GuestError(Exception):
    """An error of the library that is not one of GraphQL."""

    def __str__(self) -> str:
        return Message(super().__str__())


class GuestTypeError(GuestError, TypeError):
    """What the port raises as a TypeError."""


class GuestRuntimeError(GuestError, RuntimeError):
    """What the port raises as a RuntimeError."""


class Guests:
    """Instances; one is not entered while it waits for its host.

    Attributes:
        calls: how often any was called.
        reasons: why the test that runs is not applicable.
        answer: what the host says to a question of the guest; set by `executing`.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.reasons: list[str] = []
        self.answer: Any = None
        self._free: list[Any] = []

    @contextmanager
    def one(self) -> Iterator[Any]:
        """An instance that waits for nobody."""
        lib = self._free.pop() if self._free else self._made()
        self.calls += 1
        try:
            yield lib
        except (wherever.Trapped, wherever.LimitReached, wherever.InputError):
            raise
        except BaseException:
            self._free.append(lib)
            raise
        else:
            self._free.append(lib)

    def _made(self) -> Any:
        lib = wherever.load(
            WASM,
            imports={"resolve": lambda call: self.answer(call)},
            timeout=60,
            stack="6m",
            memory="1g",
        )
        lib.schemas = {}
        return lib

    def refuse(self, reason: str) -> NotApplicable:
        """Notes why a test is none for the library."""
        self.reasons.append(reason)
        return NotApplicable(reason)


guests = Guests()


def offset(text: str, units: int) -> int:
    """The characters before an offset in JavaScript's units of 16 bits."""
    if text.isascii() or max(text) <= "\uffff":
        return units
    return len(
        text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace")
    )


def error(
    problem: Any, source: Source | None = None, original: Exception | None = None
) -> GraphQLError:
    """The port's error for one of the library's."""
    prefix = "Syntax Error: "
    if source and problem.message.startswith(prefix):
        at = offset(source.body, problem.positions[0])
        syntax = GraphQLSyntaxError(source, at, problem.message.removeprefix(prefix))
        syntax.message = Message(syntax.message)
        syntax.description = Message(syntax.description)
        return syntax
    positions = [offset(source.body, at) for at in problem.positions] if source else []
    kind: type[GraphQLError] = GraphQLError
    if "aborted." in problem.message and not problem.message.startswith("Syntax"):
        kind = ValidationAbortedError
    made = kind(
        Message(problem.message),
        source=source if positions else None,
        positions=positions or None,
        path=json.loads(problem.path) if problem.path else None,
        original_error=original,
        extensions=json.loads(problem.extensions) if problem.extensions else None,
    )
    # The places that count are those that the library reckoned.
    places = [(each.line, each.column) for each in problem.locations]
    if made.locations and places and source and source.body.isascii():
        made.locations = [type(made.locations[0])(*each) for each in places]
    elif not places:
        made.locations = None
    return made
