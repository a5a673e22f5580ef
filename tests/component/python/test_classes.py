"""Classes and annotations of types, also of those whose names come to the same."""

from __future__ import annotations

import dataclasses
import doctest
from collections.abc import Sequence

import pytest

from wherever import Err, Ok, Some
from wherever.component.canonical import Codecs
from wherever.component.python import classes, crossing, names
from wherever.component.python.classes import Classes
from wherever.component.python.outline import Outline
from wherever.component.python.surface import _Host
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


def test_what_another_library_calls_the_same_goes_in():
    labels = (("round", U8), ("none", None))
    shape, color = Type("variant", labels, "shape"), Type("enum", (("red", None),), "color")
    rights = Type("flags", (("read", None), ("write", None)), "rights")
    mine, theirs = Classes({}, ()), Classes({}, ())
    back = crossing.variant(mine.of(shape), ["Round", "None_"])[1]
    assert back(theirs.of(shape).Round(7)) == (0, 7)
    assert back(theirs.of(shape).None_()) == (1, None)
    assert crossing.enum(mine.of(color))[1](theirs.of(color).RED) == 0
    assert crossing.flags(mine.of(rights))[1](theirs.of(rights)(3)) == 3


def test_what_another_library_calls_otherwise_stays_out():
    mine, theirs = Classes({}, ()), Classes({}, ())
    shape = Type("variant", (("round", U8), ("none", None)), "shape")
    back = crossing.variant(mine.of(shape), ["Round", "None_"])[1]
    for labels, name in (
        ((("round", TEXT),), "shape"),
        ((("none", None), ("round", U8)), "shape"),
        ((("round", U8), ("none", None)), "form"),
    ):
        other = theirs.of(Type("variant", labels, name))
        with pytest.raises(TypeError, match="is no case of Shape"):
            back(other.Round(7))
    color = Type("enum", (("red", None), ("blue", None)), "color")
    number = crossing.enum(mine.of(color))[1]
    for labels, name in ((("blue", "red"), "color"), (("red", "blue"), "paint")):
        other = theirs.of(Type("enum", tuple((each, None) for each in labels), name))
        with pytest.raises(TypeError, match="is no Color"):
            number(other.RED)


def test_a_host_gives_a_result_that_holds_a_result_as_its_value():
    inner = Type("result", (("ok", None), ("err", TEXT)))
    outer = Type("result", (("ok", inner), ("err", TEXT)))
    codecs = Codecs(lambda kind: None)

    def told(given):
        return _Host(lambda: given, codecs, Function("f", "f", (), outer))()

    assert told(Err("inner")) == Ok(Err("inner"))
    assert told(Ok(None)) == Ok(Ok(None))
    plain = _Host(lambda: Err("outer"), codecs, Function("f", "f", (), inner))
    assert plain() == Err("outer")


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
