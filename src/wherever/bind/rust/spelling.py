"""What types are called in Rust, and how values become C and are made of it."""

from __future__ import annotations

from wherever.bind.c.names import snake
from wherever.bind.native.spelling import Declared, is_made_of_parts
from wherever.bind.native.surface import err_of, holds_resource, ok_of, pascal
from wherever.wit import abi
from wherever.wit.model import PLAIN, within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

_TAKEN = (
    "Error ErrorKind Failure Library Options Imports Self String Vec Option Result Box Ok Err Some"
    " None Arc State Given Call Lent Send Sync Drop Clone Copy Debug PartialEq"
)
_KEYWORDS = frozenset(
    "abstract as async await become box break const continue crate do dyn else enum extern false"
    " final fn for gen if impl in let loop macro match mod move mut override priv pub ref return"
    " self static struct super trait true try type typeof union unsafe unsized use virtual where"
    " while yield".split()
)
_LOCALS = "call given found state ffi library result handle context to".split()
_METHODS = "open reset interrupt set_timeout drop new".split()
NUMBERS = {
    "f32": "f32",
    "f64": "f64",
    **{f"u{bits}": f"u{bits}" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": f"i{bits}" for bits in (8, 16, 32, 64)},
}
"""The types that are the same in Rust and in C."""


def word(label: str) -> str:
    """A field, as a word that Rust leaves free."""
    text = snake(label)
    return f"{text}_" if text in _KEYWORDS or text[:1].isdigit() else text


def named(label: str) -> str:
    """A parameter, as a word that functions do not use themselves."""
    text = word(label)
    return f"{text}_" if text in _LOCALS or (text[:1] == "c" and text[1:].isdigit()) else text


def method(name: str) -> str:
    """A function, as a word that types do not use themselves."""
    text = word(name)
    return f"{text}_" if text in _METHODS else text


class Spelling(Declared):
    """The Rust of one library's types."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface, _TAKEN)

    def ffi(self, kind: Type) -> str:
        """A type as C has it."""
        what = kind.kind
        if what in NUMBERS:
            return NUMBERS[what]
        if what in PLAIN:
            return {"bool": "bool", "char": "u32"}.get(what, "ffi::Str")
        if what == "enum" or what == "flags":
            return f"u{8 * abi.size(kind)}"
        if what in ("own", "borrow"):
            return "*mut c_void" if self.surface.is_host(kind.inner) else "u64"
        return f"ffi::{self.surface.c(kind)}"

    def type(self, kind: Type | None) -> str:
        """A type as values have it."""
        if kind is None:
            return "()"
        what = kind.kind
        if what in NUMBERS:
            return NUMBERS[what]
        if what in PLAIN:
            return {"bool": "bool", "char": "char"}.get(what, "String")
        if what in ("own", "borrow"):
            name = self._names[kind.inner]
            if not self.surface.is_host(kind.inner):
                return name
            return f"Box<dyn {name}>" if what == "own" else f"&dyn {name}"
        if what == "list":
            return f"Vec<{self.type(kind.inner)}>"
        if what == "option":
            return f"Option<{self.type(kind.inner)}>"
        if what == "result":
            return f"Result<{self.type(ok_of(kind))}, {self.type(err_of(kind))}>"
        if what == "tuple":
            return f"({''.join(f'{self.type(each)}, ' for _, each in kind.fields)})"
        return self._names[kind]

    def returned(self, kind: Type | None) -> str:
        """A type as functions return it."""
        if kind is not None and kind.kind == "result":
            return f"Result<{self.type(ok_of(kind))}, Failure<{self.type(err_of(kind))}>>"
        return f"Result<{self.type(kind)}, Error>"

    def param(self, kind: Type) -> str:
        """A type as functions take it."""
        what = kind.kind
        if what == "string":
            return "&str"
        if what == "borrow":
            return self.type(kind) if self.surface.is_host(kind.inner) else f"&{self.type(kind)}"
        if what in ("enum", "flags") or what in PLAIN or holds_resource(kind):
            return self.type(kind)
        if what == "list":
            return f"&[{self.type(kind.inner)}]"
        if what == "option":
            return f"Option<{self.param(kind.inner)}>"
        return f"&{self.type(kind)}"

    def params(self, function: Function, skip: int = 0) -> list[str]:
        """Parameters with their names."""
        return [f"{named(label)}: {self.param(kind)}" for label, kind in function.params[skip:]]

    def give_param(self, kind: Type, value: str) -> str:
        """The C of an argument."""
        if kind.kind == "option" and not holds_resource(kind):
            inner = self.give_param(kind.inner, "each")
            some = f"{self.ffi(kind)} {{ is_some: true, value: {inner} }}"
            return (
                f"match {value} {{ Some(each) => {some}, None => unsafe {{ std::mem::zeroed() }} }}"
            )
        if holds_resource(kind) or kind.kind in PLAIN or kind.kind in ("enum", "flags"):
            return self.give(kind, value, "")
        return f"give_{self.surface.stem(kind)}(given, {value})?"

    def give(self, kind: Type, value: str, by: str = "&") -> str:
        """The C of a value; `by` goes before it where it is not copied."""
        what = kind.kind
        if what in NUMBERS or what == "bool":
            return value
        if what == "enum":
            return f"{value} as {self.ffi(kind)}"
        if what == "flags":
            return f"{value}.0"
        if what == "char":
            return f"{value} as u32"
        if what == "string":
            return f"given.text({by}{value})?"
        if what in ("own", "borrow"):
            if self.surface.is_host(kind.inner):
                held = "Own" if what == "own" else "Borrow"
                return f"given.lend(Lent::{held}({value}))"
            return f"{value}.{'give' if what == 'own' else 'lend'}(given)?"
        by = "" if holds_resource(kind) else by
        return f"give_{self.surface.stem(kind)}(given, {by}{value})?"

    def take(self, kind: Type, value: str) -> str:
        """The value of C."""
        what = kind.kind
        if what in NUMBERS or what == "bool":
            return value
        if what == "enum":
            return f"{self.type(kind)}::of({value})"
        if what == "flags":
            return f"{self.type(kind)}({value})"
        if what == "char":
            return f"char_of({value})"
        if what == "string":
            return f"text_of(&{value})"
        if what in ("own", "borrow"):
            if self.surface.is_host(kind.inner):
                name = self._names[kind.inner]
                taken = "taken" if what == "own" else "lent"
                return f"given.{taken}::<dyn {name}>({value})?"
            return f"{self.type(kind)}::take(given, {value})"
        return f"take_{self.surface.stem(kind)}(given, &{value})?"

    def functions(self, kind: Type) -> list[str]:
        """The functions that carry values of a type with parts."""
        if not is_made_of_parts(kind):
            return []
        c, stem, name = self.ffi(kind), self.surface.stem(kind), self.type(kind)
        taken = name if holds_resource(kind) else f"&{name}"
        if kind.kind == "list" and not holds_resource(kind):
            taken = f"&[{self.type(kind.inner)}]"
        lines = [f"fn give_{stem}(given: &mut Given, from: {taken}) -> Result<{c}, Error> {{"]
        lines += [*(f"    {line}" for line in self._gives(kind, c)), "}"]
        if not any(each.kind == "borrow" for each in within([kind])):
            lines.append(
                f"fn take_{stem}(given: &mut Given, from: &{c}) -> Result<{name}, Error> {{"
            )
            lines += ["    let _ = &given;", *(f"    {line}" for line in self._takes(kind)), "}"]
        return lines

    def _gives(self, kind: Type, c: str) -> list[str]:
        what = kind.kind
        moved = holds_resource(kind)
        if what == "list":
            inner = kind.inner
            if inner.kind in NUMBERS:
                return [f"Ok({c} {{ data: given.raw(from)?, length: from.len() }})"]
            loop = "from.into_iter()" if moved else "from.iter()"
            plain = inner.kind in PLAIN and inner.kind != "string"
            copied = not moved and (plain or inner.kind in ("enum", "flags"))
            each = "*each" if copied else "each"
            value = self.give(inner, f"({each})" if copied else "each", "")
            return [
                "let length = from.len();",
                f"let data = given.room::<{self.ffi(inner)}>(length)?;",
                f"for (at, each) in {loop}.enumerate() {{",
                f"    let value = {value};",
                "    // SAFETY: there is room for as many.",
                "    unsafe { data.add(at).write(value) };",
                "}",
                f"Ok({c} {{ data, length }})",
            ]
        if what == "record":
            body = [
                f"    {word(label)}: {self.give(each, f'from.{word(label)}')},"
                for label, each in kind.fields
            ]
            return [f"Ok({c} {{", *body, "})"]
        if what == "tuple":
            body = [
                f"    {label}: {self.give(each, f'from.{at}')},"
                for at, (label, each) in enumerate(_fields(kind))
            ]
            return [f"Ok({c} {{", *body, "})"]
        each = "each"
        if what == "option":
            value = self._case(kind.inner, moved)
            return [
                "Ok(match from {",
                f"    Some(each) => {c} {{ is_some: true, value: {value} }},",
                "    // SAFETY: it is no value, whose bytes may be anything.",
                "    None => unsafe { std::mem::zeroed() },",
                "})",
            ]
        lines = ["Ok(match from {"]
        for at, (label, part) in enumerate(kind.parts):
            if what == "result":
                case, mark = ("Ok", "Err")[at], f"is_err: {('false', 'true')[at]}"
            else:
                case, mark = f"{self.type(kind)}::{case_name(label)}", f"tag: {at}"
            if part is None:
                each = "(())" if what == "result" else ""
                empty = "..unsafe { std::mem::zeroed() }" if has_value(kind) else ""
                lines += [f"    {case}{each} => {c} {{ {mark}, {empty} }},"]
            else:
                value = self._case(part, moved)
                lines += [
                    f"    {case}(each) => {c} {{ {mark},"
                    f" value: {c}_value {{ {word(label)}: {value} }} }},"
                ]
        return [*lines, "})"]

    def _case(self, kind: Type, moved: bool) -> str:
        plain = kind.kind in PLAIN and kind.kind != "string"
        if not moved and (plain or kind.kind in ("enum", "flags")):
            return self.give(kind, "(*each)", "")
        return self.give(kind, "each", "&" if moved else "")

    def _takes(self, kind: Type) -> list[str]:
        what = kind.kind
        if what == "list":
            inner = kind.inner
            some = "// SAFETY: the library's C made as many."
            slices = "unsafe { slice(from.data, from.length) }"
            if inner.kind in NUMBERS:
                return [some, f"Ok({slices}.to_vec())"]
            value = self.take(inner, "(*each)")
            return [
                "let mut to = Vec::with_capacity(from.length);",
                some,
                f"for each in {slices} {{",
                f"    to.push({value});",
                "}",
                "Ok(to)",
            ]
        if what == "record":
            body = [
                f"    {word(label)}: {self.take(each, f'from.{word(label)}')},"
                for label, each in kind.fields
            ]
            return [f"Ok({self.type(kind)} {{", *body, "})"]
        if what == "tuple":
            values = [self.take(each, f"from.{label}") for label, each in _fields(kind)]
            return [f"Ok(({''.join(f'{each}, ' for each in values)}))"]
        if what == "option":
            value = self.take(kind.inner, "from.value")
            return [f"Ok(if from.is_some {{ Some({value}) }} else {{ None }})"]
        lines = ["// SAFETY: the library's C checked which case it is.", "Ok(unsafe {"]
        mark = "from.is_err as u32" if what == "result" else "from.tag"
        lines.append(f"    match {mark} {{")
        for at, (label, part) in enumerate(kind.parts):
            case = (
                ("Ok", "Err")[at] if what == "result" else f"{self.type(kind)}::{case_name(label)}"
            )
            value = "()" if part is None else self.take(part, f"from.value.{word(label)}")
            held = "" if part is None and what != "result" else f"({value})"
            last = at == len(kind.parts) - 1
            lines.append(f"        {'_' if last else at} => {case}{held},")
        return [*lines, "    }", "})"]


def case_name(label: str) -> str:
    """A case of an enum."""
    text = pascal(label)
    return f"{text}_" if text == "Self" else text


def has_value(kind: Type) -> bool:
    """Whether a sum has room for the value of a case."""
    return any(each is not None for _, each in kind.parts)


def _fields(kind: Type) -> list[tuple[str, Type]]:
    return [(f"f{at}", each) for at, (_, each) in enumerate(kind.fields)]
