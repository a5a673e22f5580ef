"""What runs inside a library: calls from outside become calls of the user's functions.

This file is copied into every Python library and imports nothing of ours but what is copied too.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from typing import Any

from wherever.build.python.checks import Unfit
from wherever.build.python.inside import Program, ready, show
from wherever.build.python.values import Shape, Values, found, text_of


class Library:
    """The user's functions and classes, as the tool that makes the component wants them.

    Attributes:
        api: a class with a method for each function.

    Args:
        program: the modules.
        shapes: the types and functions, as `wherever.build.deriving.python` made them.
        made: the module that the tool generated for the interface.
        err: the tool's class for the error of a result.
    """

    def __init__(self, program: Program, shapes: dict[str, Any], made: Any, err: Any) -> None:
        self._program = program
        self._err = err
        self._values = Values(made, shapes["types"])
        self._names = {
            shape[1]: name
            for name, (_, shape, _) in shapes["types"].items()
            if shape[0] == "resource"
        }
        self._begun = False
        self.api: Any = type("Api", (), {})
        for shape in shapes["functions"]:
            self._add(*shape)

    def module(self, name: str) -> types.ModuleType:
        """A module with the classes of objects, where the tool looks for them."""
        made = types.ModuleType(name)
        for each in self._values.classes.values():
            setattr(made, each.__name__, each)
        return made

    def _add(
        self, call: Any, name: str, params: Any, result: Any, failures: Any, told: str
    ) -> None:
        kind, key = call[0], call[1]
        owner = found(key)
        give = self._giving(params)
        back = None if result is None else self._values.out(result)
        known = self._failures(failures)

        def answer(function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
            return self._answer(lambda: give(function, values), back, known, told)

        if kind == "function":
            setattr(self.api, name, lambda _, *values: answer(owner, values))
            return
        made = self._values.classes[self._names[key]]
        if kind == "constructor":

            def construct(own: Any, *values: Any) -> None:
                own._own = self._answer(lambda: give(owner, values), _same, {}, told)

            made.__init__ = construct
        elif kind == "static":
            function = getattr(owner, call[2])
            setattr(made, name, staticmethod(lambda *values: answer(function, values)))
        elif kind == "property":
            last = call[2]
            setattr(made, name, lambda own: answer(lambda: getattr(own._own, last), ()))
        else:
            last = call[2]
            setattr(made, name, lambda own, *values: answer(getattr(own._own, last), values))

    def _giving(self, params: Any) -> Callable[[Callable[..., Any], tuple[Any, ...]], Any]:
        """What calls a function with values of the tool's."""
        each = [
            (own, self._values.into(shape), named, may_lack)
            for own, shape, named, may_lack in params
        ]
        if not any(convert or named or may_lack for _, convert, named, may_lack in each):
            return lambda function, values: function(*values)

        def give(function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
            args: list[Any] = []
            words: dict[str, Any] = {}
            lacking = False
            for (own, convert, named, may_lack), value in zip(each, values, strict=True):
                if may_lack and value is None:
                    lacking = True
                    continue
                got = value if convert is None else convert(value)
                if named or lacking:
                    words[own] = got
                else:
                    args.append(got)
            return function(*args, **words)

        return give

    def _answer(
        self,
        call: Callable[[], Any],
        back: Callable[[Any], Any] | None,
        known: dict[Any, Any],
        told: str,
    ) -> Any:
        if not self._begun:
            self._begun = True
            ready()
        try:
            got = call()
            return None if back is None else back(got)
        except Unfit as unfit:
            self._fall(TypeError(f"{told}: {unfit}"))
        except BaseException as error:
            raise self._expected(error, known) from None
        finally:
            sys.stdout.flush()

    def _expected(self, error: BaseException, known: dict[Any, Any]) -> Any:
        """The result's error of an exception, where it is one of those that were declared."""
        for each in type(error).__mro__:
            if each in known:
                try:
                    return self._err(known[each](error))
                except Unfit as unfit:
                    error.add_note(f"its {unfit}")
                    break
        self._fall(error)
        return error

    def _failures(self, shape: Shape | None) -> dict[Any, Callable[[Any], Any]]:
        """For each class of exceptions, what makes a value of the interface of one."""
        made: dict[Any, Callable[[Any], Any]] = {}
        for at, (key, record) in enumerate(shape[2] if shape else ()):
            write = text_of if record is None else self._values.out(record)
            if shape and shape[1]:
                write = _inside(self._values.case(shape[1], at), write)
            made[found(key)] = write
        return made

    def _fall(self, error: BaseException) -> None:
        """End the whole instance, with the traceback on stderr."""
        show(self._program, error)
        sys.stderr.flush()
        os.abort()


def _same(value: Any) -> Any:
    return value


def _inside(case: Any, write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda error: case(write(error))
