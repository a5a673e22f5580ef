"""What types are called in Go, and how values become C and are made of it."""

from __future__ import annotations

from wherever.bind.c.names import NUMBERS as C_NUMBERS
from wherever.bind.c.names import word
from wherever.bind.native.spelling import Declared, is_made_of_parts
from wherever.bind.native.surface import camel, err_of, ok_of, pascal
from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

NUMBERS = {
    "f32": "float32",
    "f64": "float64",
    **{f"u{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
}
"""Numbers as Go has them."""

_TAKEN = "Error Kind Failure Result Options Imports Library Open ErrClosed"
_KEYWORDS = frozenset(
    "break case chan const continue default defer else fallthrough for func go goto if import"
    " interface map package range return select struct switch type var".split()
)
_LOCALS = frozenset("g l r s err found code unsafe runtime errors fmt sync time cgo atomic".split())


def c_field(label: str) -> str:
    """A member of a C struct, as Go names it."""
    text = word(label)
    return f"_{text}" if text in _KEYWORDS else text


def field(label: str) -> str:
    """A field: Go's own cases, and a letter first."""
    return pascal(label)


def named(label: str) -> str:
    """A parameter, as a word that functions do not use themselves."""
    text = camel(label)
    is_taken = text in _KEYWORDS or text in _LOCALS or text in ("string", "byte", "rune", "any")
    is_ours = text[:1] in ("p", "c") and text[1:].isdigit()
    return f"{text}_" if is_taken or is_ours else text


class Spelling(Declared):
    """The Go of one library's types."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface, _TAKEN)
        self.parts = self.parts_named(("variant", "enum", "flags"))

    def c(self, kind: Type) -> str:
        """The C type, as Go names it."""
        return f"C.{self.surface.c(kind)}"

    def type(self, kind: Type | None) -> str:
        """A type as values have it."""
        if kind is None:
            return "struct{}"
        what = kind.kind
        if what in NUMBERS:
            return NUMBERS[what]
        if what in PLAIN:
            return {"bool": "bool", "char": "rune"}.get(what, "string")
        if what in ("own", "borrow"):
            name = self._names[kind.inner]
            return name if self.surface.is_host(kind.inner) else f"*{name}"
        if what == "list":
            return "[]byte" if kind.inner.kind == "u8" else f"[]{self.type(kind.inner)}"
        if what == "option":
            return f"*{self.type(kind.inner)}"
        if what == "result":
            return f"Result[{self.type(ok_of(kind))}, {self.type(err_of(kind))}]"
        if what == "tuple":
            count = len(kind.parts)
            held = ", ".join(self.type(each) for _, each in kind.fields)
            return f"Tuple{count}[{held}]" if count else "struct{}"
        return self._names[kind]

    def returned(self, kind: Type | None) -> str:
        """What functions return."""
        if kind is not None and kind.kind == "result":
            kind = ok_of(kind)
        return "error" if kind is None else f"({self.type(kind)}, error)"

    def params(self, function: Function, skip: int = 0) -> list[str]:
        """Parameters with their names."""
        return [f"{named(label)} {self.type(kind)}" for label, kind in function.params[skip:]]

    def is_simple(self, kind: Type) -> bool:
        """Whether a value is one number of C."""
        return kind.kind in (*C_NUMBERS, "bool", "char", "enum", "flags")

    def give(self, kind: Type, value: str, place: str) -> str:
        """The statement that puts a value into C."""
        what = kind.kind
        if self.is_simple(kind):
            return f"{place} = {self.c(kind)}({value})"
        if what == "string":
            return f"{place} = g.text({value})"
        if what in ("own", "borrow"):
            if self.surface.is_host(kind.inner):
                own = "true" if what == "own" else "false"
                return f"*(*uintptr)(unsafe.Pointer(&{place})) = g.host({value}, {own})"
            own = "give" if what == "own" else "lend"
            held = f"({value})" if value.startswith("*") else value
            return f"{place} = C.uint64_t({held}.{own}(g))"
        return f"give_{self.surface.stem(kind)}(g, {value}, &{place})"

    def take(self, kind: Type, place: str) -> str:
        """The value of C."""
        what = kind.kind
        if self.is_simple(kind):
            return f"{self.type(kind)}({place})"
        if what == "string":
            return f"textOf({place})"
        if what in ("own", "borrow"):
            name = self._names[kind.inner]
            if self.surface.is_host(kind.inner):
                own = "true" if what == "own" else "false"
                return f"lentAs[{name}](g, unsafe.Pointer({place}), {own})"
            return f"take{name}(g, uint64({place}))"
        return f"take_{self.surface.stem(kind)}(g, &{place})"

    def functions(self, kind: Type) -> list[str]:
        """The functions that carry values of a type with parts."""
        if not is_made_of_parts(kind):
            return []
        c, stem, name = self.c(kind), self.surface.stem(kind), self.type(kind)
        lines = [f"func give_{stem}(g *given, from {name}, to *{c}) {{"]
        lines += [*(f"\t{line}" for line in self._gives(kind)), "}", ""]
        if not self.borrows_ours(kind):
            lines += [f"func take_{stem}(g *given, from *{c}) (to {name}) {{"]
            lines += [*(f"\t{line}" for line in self._takes(kind)), "\treturn to", "}", ""]
        return lines

    def _union(self, base: str, kind: Type) -> str:
        return f"(*(*{self.c(kind)})(unsafe.Pointer(&{base}.value)))"

    def _gives(self, kind: Type) -> list[str]:
        what = kind.kind
        if what == "list":
            inner = kind.inner
            c = self.c(inner)
            if inner.kind in NUMBERS:
                return [f"to.data = (*{c})(raw(g, from))", "to.length = C.size_t(len(from))"]
            return [
                f"data := room[{c}](g, len(from))",
                "for at, each := range from {",
                f"\t{self.give(inner, 'each', 'unsafe.Slice(data, len(from))[at]')}",
                "}",
                "to.data, to.length = data, C.size_t(len(from))",
            ]
        if what == "record":
            return [
                self.give(each, f"from.{field(label)}", f"to.{c_field(label)}")
                for label, each in kind.fields
            ]
        if what == "tuple":
            return [
                self.give(each, f"from.F{at}", f"to.{c_field(label)}")
                for at, (label, each) in enumerate(kind.fields)
            ]
        if what == "option":
            return [
                "if from != nil {",
                "\tto.is_some = true",
                f"\t{self.give(kind.inner, '*from', 'to.value')}",
                "}",
            ]
        if what == "result":
            lines = ["to.is_err = C.bool(from.IsErr)"]
            for mark, name, each in (("!", "Ok", ok_of(kind)), ("", "Err", err_of(kind))):
                if each is not None:
                    given = self.give(each, f"from.{name}", self._union("to", each))
                    lines += [f"if {mark}from.IsErr {{", f"\t{given}", "}"]
            return lines
        lines = ["switch each := from.(type) {"]
        for at, ((_, each), name) in enumerate(zip(kind.parts, self.parts[kind], strict=True)):
            lines += [f"case {name}:", f"\tto.tag = {at}"]
            if each is not None:
                lines.append(f"\t{self.give(each, 'each.Value', self._union('to', each))}")
            else:
                lines.append("\t_ = each")
        fault = f'g.fail(&Error{{ErrArgument, "a {self.name(kind)} is nil"}})'
        return [*lines, "default:", f"\t{fault}", "}"]

    def _takes(self, kind: Type) -> list[str]:
        what = kind.kind
        if what == "list":
            inner = kind.inner
            name, c = self.type(inner), self.c(inner)
            if inner.kind in NUMBERS:
                slices = f"unsafe.Slice((*{name})(unsafe.Pointer(from.data)), from.length)"
                return [
                    f"to = make([]{name}, from.length)",
                    "if from.length != 0 {",
                    f"\tcopy(to, {slices})",
                    "}",
                ]
            return [
                f"to = make([]{name}, 0, from.length)",
                "if from.length != 0 {",
                f"\tfor _, each := range unsafe.Slice((*{c})(from.data), from.length) {{",
                f"\t\tto = append(to, {self.take(inner, 'each')})",
                "\t}",
                "}",
            ]
        if what == "record":
            return [
                f"to.{field(label)} = {self.take(each, f'from.{c_field(label)}')}"
                for label, each in kind.fields
            ]
        if what == "tuple":
            return [
                f"to.F{at} = {self.take(each, f'from.{c_field(label)}')}"
                for at, (label, each) in enumerate(kind.fields)
            ]
        if what == "option":
            value = self.take(kind.inner, "from.value")
            return ["if from.is_some {", f"\teach := {value}", "\tto = &each", "}"]
        if what == "result":
            lines = ["to.IsErr = bool(from.is_err)"]
            for mark, name, each in (("!", "Ok", ok_of(kind)), ("", "Err", err_of(kind))):
                if each is not None:
                    value = self.take(each, self._union("from", each))
                    lines += [f"if {mark}to.IsErr {{", f"\tto.{name} = {value}", "}"]
            return lines
        lines = ["switch from.tag {"]
        for at, ((_, each), name) in enumerate(zip(kind.parts, self.parts[kind], strict=True)):
            value = "" if each is None else self.take(each, self._union("from", each))
            lines += [f"case {at}:", f"\tto = {name}{{{value}}}"]
        return [*lines, "}"]
