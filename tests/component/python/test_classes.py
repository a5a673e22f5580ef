"""Classes and annotations of types, also of those whose names come to the same."""

from __future__ import annotations

import dataclasses
import doctest
from collections.abc import Sequence

import pytest

from wherever import Err, Ok, Some
from wherever.component.python import classes, names
from wherever.component.python.classes import Classes
from wherever.component.python.outline import Outline
from wherever.wit.model import Function, Interface, Type, World

U8, TEXT = Type("u8"), Type("string")


def many(kind, inner):
    first = (("none", None),) if kind == "option" else ()
    return Type(kind, (*first, ("some", inner)))


@pytest.mark.parametrize(
    ("kind", "result", "parameter"),
    [
        (many("list", U8), bytes, bytes | bytearray | memoryview),
        (many("list", TEXT), list[str], Sequence[str]),
        (many("list", many("list", Type("f32"))), list[list[float]], Sequence[Sequence[float]]),
        (many("option", TEXT), str | None, str | None),
        (many("option", many("option", U8)), Some[int | None] | None, Some[int | None] | None),
        (Type("tuple", (("f0", U8), ("f1", TEXT))), tuple[int, str], tuple[int, str]),
        (Type("result", (("ok", None), ("err", U8))), Ok[None] | Err[int], Ok[None] | Err[int]),
        (None, None, None),
    ],
)
def test_annotations_are_as_one_would_write_them(kind, result, parameter):
    found = Classes({}, ())
    assert (found.hint(kind), found.hint(kind, given=True)) == (result, parameter)


def test_names_that_come_to_the_same_stay_apart():
    found = Classes({}, ())
    labels = tuple((label, U8) for label in ("a1", "a-1", "A1"))
    shape = found.of(Type("variant", labels, "shape"))
    assert [name for name in vars(shape) if name[0] == "A"] == ["A1", "A1_", "A1__"]
    record = found.of(Type("record", labels, "both"))
    assert [each.name for each in dataclasses.fields(record)] == ["a1", "a_1", "a1_"]
    color = found.of(Type("enum", tuple((label, None) for label, _ in labels), "color"))
    assert list(color.__members__) == ["A1", "A_1", "A1_"]
    rights = found.of(Type("flags", tuple((label, None) for label, _ in labels), "rights"))
    assert [each.value for each in rights] == [1, 2, 4]


def test_functions_and_classes_that_come_to_the_same_stay_apart():
    parts = (("a", U8),)
    types = tuple(
        (name, Type("record", parts, name, "lab:odd/api")) for name in ("a1", "a-1", "library")
    )
    params = (("a", U8), ("A", U8))
    functions = tuple(Function(name, name, params, None) for name in ("f", "F", "open", "none"))
    interface = Interface("lab:odd/api", types, functions)
    outline = Outline(World("", (), (interface,)), "odd")
    assert list(outline.top.members) == ["A1", "A1_", "Library", "f", "f_", "open_", "none"]
    assert outline.top.members["f_"].heading == "a, a_"
    assert outline.top.members["A1_"].__name__ == "A1_"


@pytest.mark.parametrize("module", [classes, names])
def test_examples_run(module):
    assert doctest.testmod(module).failed == 0
