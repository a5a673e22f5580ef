"""The face: the names a user of the library meets, and what they cost."""

import ast
import doctest
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import wherever

SOURCE = Path(wherever.__file__)


def bare_python(code: str) -> str:
    """Run code in a Python with nothing preloaded, that finds this checkout."""
    where = f"import sys; sys.path.insert(0, {str(SOURCE.parent.parent)!r}); "
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", where + code], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_importing_the_face_loads_nothing_else():
    loaded = bare_python(
        "import json; before = set(sys.modules); import wherever;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    assert json.loads(loaded) == ["wherever"]


def test_an_error_can_be_had_without_the_engine():
    loaded = bare_python(
        "before = set(sys.modules); from wherever import NotFound;"
        "print(sorted(set(sys.modules) - before))"
    )
    assert loaded == "['__future__', 'wherever', 'wherever.errors']\n"


def test_the_table_the_list_and_what_static_tools_see_are_the_same_names():
    tree = ast.parse(SOURCE.read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: statement.module.removeprefix("wherever.")
        for statement in guarded.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert seen == wherever._ROOMS
    assert wherever.__all__ == sorted(wherever._ROOMS)
    assert dir(wherever) == sorted(wherever._ROOMS)


@pytest.mark.parametrize("name", wherever.__all__)
def test_every_name_is_there_and_says_what_it_is(name):
    thing = getattr(wherever, name)
    if callable(thing):
        assert inspect.getdoc(thing)


@pytest.mark.parametrize("name", wherever.__all__)
def test_every_example_runs(name):
    finder = doctest.DocTestFinder(recurse=False)
    face = {name: getattr(wherever, name) for name in wherever.__all__} | {"wherever": wherever}
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    for example in finder.find(getattr(wherever, name), name, globs=face):
        runner.run(example)
    assert runner.failures == 0


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'wherever' has no attribute 'runn'"):
        getattr(wherever, "ru" + "nn")


def test_run_stays_the_function_whatever_is_loaded_of_the_room_of_that_name():
    said = bare_python(
        "import wherever.run.job; from wherever import run; import wherever.run.program;"
        "print(run.__name__, wherever.run is run, sys.modules['wherever.run'].__name__)"
    )
    assert said == "run True wherever.run\n"
