"""What `wherever.load` gives for a component: names, classes, errors, and what it asks for."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc

import pytest

import wherever
from tests.bind.python.conftest import library
from tests.bind.python.test_stub import SPACES
from tests.build.conftest import kept_tools

__all__ = ["kept_tools", "library"]

ODD = """package lab:odd@1.0.0;
/// Odd ~~~~~~[31mnames.
interface odd {
  variant error { lost, %code(u8), deep(option<option<u8>>) }
  record problem { code: u32, args: list<string>, hint: option<string> }
  enum io-error { no }
  resource thing { constructor(); }
  resource given { }
  close: func(memory: u8);
  stdout: func() -> result<_, error>;
  find: func(int: u8, float: f64, value: option<u8>, from-here: option<string>) -> u8;
  first: func() -> result<u8, problem>;
  second: func() -> result<u8, io-error>;
  give: func() -> given;
}
world library { export odd; }
"""


@pytest.fixture
def odd(library):
    # No tool writes such a docs section, but anybody else may.
    data = library(ODD, "odd").data.replace(b"~~~~~~", b"\\u001b")
    with wherever.load(data) as found:
        yield found


def test_names_that_a_library_has_by_itself_get_an_underscore(odd):
    assert list(odd.exports) == [
        "Error", "Problem", "IoError", "Thing", "Given", "IoErrorException",
        "close_", "stdout_", "find", "first", "second", "give",
    ]  # fmt: skip
    assert odd.exports["Error"] == "class"
    assert odd.stdout == b""
    assert str(inspect.signature(odd.close_)) == "(memory: int) -> None"
    assert odd["find"] is odd.find
    odd.close()
    with pytest.raises(wherever.InputError, match="this guest was closed"):
        odd.find(1, 2.0)


def test_options_at_the_end_need_not_be_given(odd):
    assert str(inspect.signature(odd.find)) == (
        "(int: int, float: float, value: int | None = None, from_here: str | None = None) -> int"
    )
    with pytest.raises(wherever.Trapped):
        odd.find(1, 2.0, from_here="here")


def test_help_shows_all_of_it_and_nothing_that_steers_a_terminal(odd):
    said = pydoc.render_doc(odd, renderer=pydoc.plaintext)
    assert "NAME\n    program - Odd [31mnames.\n" in said
    assert "stdout_() -> None\n        It may raise Error.\n" in said
    assert "\x1b" not in said


def test_errors_have_the_fields_of_their_records(odd):
    error = odd.Problem(7, ["a", "b"])
    assert isinstance(error, wherever.ResultError)
    assert (error.code, error.args_, error.hint) == (7, ["a", "b"], None)
    assert str(error) == "code=7, args_=['a', 'b'], hint=None"
    assert copy.copy(error) == error
    assert copy.deepcopy(odd.Problem(code=7, args_=["a"])) == odd.Problem(7, ["a"])
    assert len({error, copy.copy(error)}) == 2
    assert odd.first.__doc__ == "It may raise Problem."
    assert issubclass(odd.IoErrorException, wherever.ResultError)
    assert str(odd.IoErrorException(odd.IoError.NO)) == "NO"
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        odd.Problem()


def test_cases_are_told_apart_by_class(odd):
    match odd.Error.Deep(wherever.Some(None)):
        case odd.Error.Lost():
            found = "lost"
        case odd.Error.Deep(wherever.Some(value)):
            found = value
    assert found is None
    assert odd.Error.Code(3) == odd.Error.Code(value=3) != odd.Error.Lost()
    assert isinstance(odd.Error.Lost(), odd.Error)


def test_objects_come_from_their_library_only(odd):
    with pytest.raises(TypeError, match="a Given is given by functions of its library only"):
        odd.Given()
    assert str(inspect.signature(odd.Thing)) == "() -> None"
    with pytest.raises(wherever.Trapped):
        odd.Thing()


def test_classes_of_what_cannot_be_imported_cannot_be_pickled(odd):
    with pytest.raises(pickle.PicklingError, match="import of module 'program' failed"):
        pickle.dumps(odd.Problem(1, []))


def test_a_name_that_is_not_there_is_an_attribute_error(odd):
    with pytest.raises(AttributeError, match=r"program.wasm exports no fin; did you mean find\?"):
        odd.fin(1)
    assert not hasattr(odd, "__path__")


# ----- what it asks for


def refused(library, imports):
    with pytest.raises(wherever.NotRunnable) as caught:
        wherever.load(library.data, imports=imports)
    return str(caught.value)


class Log:
    """The functions of one interface, by the names of Python."""

    Sink = object

    @staticmethod
    def log(level, text):
        """Nothing."""

    @staticmethod
    def draw(what, back):
        """Nothing."""


def test_what_is_missing_is_named_with_the_way_to_give_it(library):
    found = library(SPACES)
    assert refused(found, None) == (
        "program.wasm imports lab:many/log@1.0.0.sink, which it was not given;"
        ' give it with imports={"log": {"Sink": ...}}, a class'
    )
    assert refused(found, {"log": Log}) == (
        'program.wasm imports now, which it was not given; give it with imports={"now": ...}'
    )
    assert refused(found, {"log": {"sink": object, "log": print}, "now": print}) == (
        "program.wasm imports lab:many/log@1.0.0.draw, which it was not given;"
        ' give it with imports={"log": {"draw": ...}}'
    )


def test_imports_are_mappings_modules_objects_and_classes(library):
    found = library(SPACES)

    class Whole:
        log = Log

        def now(self):
            return 1

    mapping = {"log": print, "draw": print, "sink": object}
    for imports in (
        Whole(),
        {"log": Log(), "now": print},
        {"lab:many/log": mapping, "now": print},
        {"lab:many/log@1.0.0": Log, "now": print},
    ):
        wherever.load(found.data, imports=imports).close()
