"""The words of a library's WIT go with the component, and are read with care."""

from wherever.wasm.cursor import Cursor, Work
from wherever.wit.docs import read_docs, section_of
from wherever.wit.model import Function, Interface, Type, World

COUNTS = Type("record", (("words", Type("u32")),), "counts", "a:b/c", "How much.", ("Of them.",))
COUNT = Function("count", "count", (), COUNTS, docs="Counts. Ünïcode.")
WORLD = World("a:b/w", (), (Interface("a:b/c", (("counts", COUNTS),), (COUNT,), "Texts."),))


def read(data):
    return read_docs(Cursor(memoryview(data), 0, len(data), Work()))


def test_docs_come_back_as_they_were_put_in():
    section = section_of(WORLD)
    at = Cursor(memoryview(section), 1, len(section), Work())
    assert (section[0], at.u32()) == (0, at.end - at.pos)
    assert read(section[at.pos :]) == {
        "a:b/c": {
            "": {"docs": "Texts.", "notes": []},
            "count": {"docs": "Counts. Ünïcode.", "notes": []},
            "counts": {"docs": "How much.", "notes": ["Of them."]},
        }
    }


def test_a_world_that_says_nothing_has_no_section():
    silent = Function("f", "f", (), None)
    assert section_of(World("", (), (Interface("i", (), (silent,)),))) == b""


def test_docs_that_are_no_docs_are_nothing():
    for data in (b"", b"[1]", b"{", b'{"a": 1}', b'{"a": {"b": [1]}}', b"[" * 100_000, b"\xff"):
        assert read(data) == {}
    assert read(b'{"a": {"b": {"docs": 1, "notes": {}}}}') == {
        "a": {"b": {"docs": "1", "notes": []}}
    }
