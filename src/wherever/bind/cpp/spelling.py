"""What types are called in C++, and how values become C and are made of it."""

from __future__ import annotations

import re

from wherever.bind.c.names import NUMBERS, snake, word
from wherever.bind.native.spelling import Declared, is_made_of_parts
from wherever.bind.native.surface import err_of, holds_resource, ok_of
from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

_TAKEN = (
    "Error Failure Ok Err Result View Library Options Imports detail std raise"
    " Trap Interrupted Timeout Stack Memory Invalid Exit Import Ended Busy Argument System"
)

_LOCALS = "call given state found library detail code message".split()
_METHODS = "reset interrupt set_timeout swap make detail detail_open detail_drop".split()


class Spelling(Declared):
    """The C++ of one library's types."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface, _TAKEN)
        self.cases = self.parts_named(("variant",))

    def type(self, kind: Type | None) -> str:
        """A type as values have it."""
        if kind is None:
            return "std::monostate"
        what = kind.kind
        if what in NUMBERS:
            return NUMBERS[what] if what[0] == "f" else f"std::{NUMBERS[what]}"
        if what in PLAIN:
            return {"bool": "bool", "char": "char32_t"}.get(what, "std::string")
        if what in ("own", "borrow"):
            name = self._names[kind.inner]
            return f"std::shared_ptr<{name}>" if self.surface.is_host(kind.inner) else name
        if what == "list":
            return f"std::vector<{self.type(kind.inner)}>"
        if what == "option":
            return f"std::optional<{self.type(kind.inner)}>"
        if what == "result":
            return f"Result<{self.type(ok_of(kind))}, {self.type(err_of(kind))}>"
        if what == "tuple":
            return f"std::tuple<{', '.join(self.type(each) for _, each in kind.fields)}>"
        return self._names[kind]

    def returned(self, kind: Type | None) -> str:
        """A type as functions return it."""
        if kind is not None and kind.kind == "result":
            return self.returned(ok_of(kind))
        return "void" if kind is None else self.type(kind)

    def param(self, kind: Type) -> str:
        """A type as functions take it."""
        what = kind.kind
        if what == "string":
            return "std::string_view"
        if what == "list" and kind.inner.kind in NUMBERS:
            return f"View<{self.type(kind.inner)}>"
        if what in ("enum", "flags") or what in PLAIN:
            return self.type(kind)
        if what == "borrow" and not self.surface.is_host(kind.inner):
            return f"const {self.type(kind)} &"
        if holds_resource(kind) and what != "borrow":
            return self.type(kind)
        return f"const {self.type(kind)} &"

    def params(self, function: Function, skip: int = 0) -> str:
        """Parameters with their names."""
        return ", ".join(
            f"{self.param(kind)} {named(label)}".replace("& ", "&")
            for label, kind in function.params[skip:]
        )

    def give(self, kind: Type, value: str) -> str:
        """The C of a value."""
        what = kind.kind
        if what in NUMBERS or what == "bool":
            return value
        if what in ("enum", "flags", "char"):
            return f"static_cast<{self.surface.c(kind)}>({value})"
        if what == "string":
            return f"given.text({value})"
        if what in ("own", "borrow"):
            if self.surface.is_host(kind.inner):
                return f"given.host({value}, {'true' if what == 'own' else 'false'})"
            if what == "own":
                return f"Access::give(given, std::move({value}))"
            return f"Access::lend(given, {value})"
        moved = f"std::move({value})" if holds_resource(kind) else value
        return f"give_{self.surface.stem(kind)}(given, {moved})"

    def take(self, kind: Type, value: str) -> str:
        """The value of C."""
        what = kind.kind
        if what in NUMBERS or what == "bool":
            return value
        if what in ("enum", "flags", "char"):
            return f"static_cast<{self.type(kind)}>({value})"
        if what == "string":
            return f"text_of({value})"
        if what in ("own", "borrow"):
            if self.surface.is_host(kind.inner):
                name = self._names[kind.inner]
                own = "true" if what == "own" else "false"
                return f"Access::host<{name}>(state, {value}, {own})"
            return f"Access::take<{self.type(kind)}>(state, {value})"
        return f"take_{self.surface.stem(kind)}(state, {value})"

    def functions(self, kind: Type) -> list[str]:
        """The functions that carry values of a type with parts."""
        if not is_made_of_parts(kind):
            return []
        c, stem = self.surface.c(kind), self.surface.stem(kind)
        taken = (
            self.param(kind)
            if kind.kind == "list" and kind.inner.kind in NUMBERS
            else f"{self.type(kind)} &&"
            if holds_resource(kind)
            else f"const {self.type(kind)} &"
        )
        lines = [f"[[maybe_unused]] inline {c} give_{stem}(Given &given, {taken}from)"]
        lines += ["{", "    (void)given;", *(f"    {line}" for line in self._gives(kind, c)), "}"]
        if not self.borrows_ours(kind):
            lines += [
                f"[[maybe_unused]] inline {self.type(kind)} take_{stem}"
                f"(State &state, const {c} &from)",
                "{",
                "    (void)state;",
                *(f"    {line}" for line in self._takes(kind)),
                "}",
            ]
        return [line.replace(">from)", "> from)") for line in lines]

    def _gives(self, kind: Type, c: str) -> list[str]:
        what = kind.kind
        if what == "list":
            inner = kind.inner
            if inner.kind in NUMBERS:
                return [f"return {{given.raw<{self.surface.c(inner)}>(from), from.size()}};"]
            item = "std::move(each)" if holds_resource(inner) else "each"
            loop = "auto &&each" if holds_resource(inner) else "const auto &each"
            if inner.kind == "bool":
                loop = "bool each"
            return [
                f"auto *to = given.room<{self.surface.c(inner)}>(from.size());",
                "std::size_t at = 0;",
                f"for ({loop} : from)",
                f"    to[at++] = {self.give(inner, item if inner.kind != 'own' else 'each')};",
                "return {to, from.size()};",
            ]
        lines = [f"{c} to{{}};"]
        if what == "record":
            lines += [
                f"to.{word(label)} = {self.give(each, f'from.{word(label)}')};"
                for label, each in kind.fields
            ]
        elif what == "tuple":
            lines += [
                f"to.{word(label)} = {self.give(each, f'std::get<{at}>(from)')};"
                for at, (label, each) in enumerate(kind.fields)
            ]
        elif what == "option":
            lines += [
                "to.is_some = from.has_value();",
                "if (from)",
                f"    to.value = {self.give(kind.inner, '*from')};",
            ]
        elif what == "result":
            lines += ["to.is_err = from.index() == 1;"]
            for at, (label, each) in enumerate(kind.parts):
                if each is not None:
                    held = self.give(each, f"std::get<{at}>(from).value")
                    lines += [f"if (from.index() == {at})", f"    to.value.{label} = {held};"]
        else:
            lines += [
                "if (from.valueless_by_exception())",
                f'    throw Error({self.surface.own.upper()}_ARGUMENT, "a variant has no value");',
                "to.tag = static_cast<decltype(to.tag)>(from.index());",
            ]
            for at, (label, each) in enumerate(kind.parts):
                if each is not None:
                    held = self.give(each, f"std::get<{at}>(from).value")
                    lines += [
                        f"if (from.index() == {at})",
                        f"    to.value.{word(label)} = {held};",
                    ]
        return [*lines, "return to;"]

    def _takes(self, kind: Type) -> list[str]:
        what, name = kind.kind, self.type(kind)
        if what == "list":
            inner = kind.inner
            if inner.kind in NUMBERS:
                return [
                    f"return from.length == 0 ? {name}()"
                    f" : {name}(from.data, from.data + from.length);"
                ]
            return [
                f"{name} to;",
                "to.reserve(from.length);",
                "for (std::size_t at = 0; at < from.length; at++)",
                f"    to.push_back({self.take(inner, 'from.data[at]')});",
                "return to;",
            ]
        if what in ("record", "tuple"):
            values = [self.take(each, f"from.{word(label)}") for label, each in kind.fields]
            return [f"return {name}{{{', '.join(values)}}};"]
        if what == "option":
            value = self.take(kind.inner, "from.value")
            return [
                "if (!from.is_some)",
                "    return std::nullopt;",
                f"return {name}(std::in_place, {value});",
            ]
        if what == "result":
            ok, err = (
                "std::monostate{}" if each is None else self.take(each, f"from.value.{label}")
                for label, each in kind.parts
            )
            return [
                "if (from.is_err)",
                f"    return {name}(std::in_place_index<1>,"
                f" Err<{self.type(err_of(kind))}>{{{err}}});",
                f"return {name}(std::in_place_index<0>, Ok<{self.type(ok_of(kind))}>{{{ok}}});",
            ]
        lines = ["switch (from.tag) {"]
        for at, ((label, each), case) in enumerate(zip(kind.parts, self.cases[kind], strict=True)):
            value = "" if each is None else self.take(each, f"from.value.{word(label)}")
            lines += [
                f"case {at}:",
                f"    return {name}(std::in_place_index<{at}>, {case}{{{value}}});",
            ]
        code = f"{self.surface.own.upper()}_INVALID"
        return [*lines, "default:", f'    throw Error({code}, "there is no such case");', "}"]


def named(label: str) -> str:
    """A parameter, as a word that functions do not use themselves."""
    text = word(label)
    return f"{text}_" if text in _LOCALS or re.fullmatch(r"c\d+", text) else text


def method(name: str) -> str:
    """A function, as a word that classes do not use themselves."""
    text = word(name)
    return f"{text}_" if text in _METHODS else text


def constant(label: str) -> str:
    """An enumerator."""
    return word(snake(label))
