"""Values that Python has no word for: a `some` of a `none`, and results that are no function's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Some(Generic[T]):
    """An option that is there, where what it holds may be None itself.

    Example:
        >>> Some(None) == None, Some(None) == Some(None)
        (False, True)
    """

    value: T


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """A result that went well, inside of another value."""

    value: T


@dataclass(frozen=True, slots=True)
class Err(Generic[T]):
    """A result that did not go well, inside of another value."""

    value: T
