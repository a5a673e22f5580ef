"""What types are called in Java, and how values become C and are made of it."""

from __future__ import annotations

from wherever.bind.c.names import snake
from wherever.bind.java import layout
from wherever.bind.native.spelling import Declared, is_made_of_parts
from wherever.bind.native.surface import camel, err_of, ok_of, pascal
from wherever.wit import abi
from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

_TAKEN = (
    "Library LibraryException Options Imports Native State Given Callbacks Convert Result"
    " ByteBuffer Optional Set List Object String Void Boolean Byte Short Integer Long Float"
    " Double Override Exception RuntimeException Throwable Record Enum EnumSet ArrayList Math"
    " System Thread"
)
_KEYWORDS = frozenset(
    "abstract assert boolean break byte case catch char class const continue default do double else"
    " enum extends false final finally float for goto if implements import instanceof int interface"
    " long native new null package private protected public return short static strictfp super"
    " switch synchronized this throw throws transient true try void volatile while record sealed"
    " permits var yield clone finalize getClass hashCode notify notifyAll toString wait".split()
)
_LOCALS = frozenset("given args found library state close reset interrupt setTimeout".split())

JAVA = {
    "bool": ("boolean", "Boolean"),
    "char": ("int", "Integer"),
    "f32": ("float", "Float"),
    "f64": ("double", "Double"),
    "s8": ("byte", "Byte"),
    "u8": ("int", "Integer"),
    "s16": ("short", "Short"),
    "u16": ("int", "Integer"),
    "s32": ("int", "Integer"),
    "u32": ("long", "Long"),
    "s64": ("long", "Long"),
    "u64": ("long", "Long"),
}
_PUT = {
    "bool": "{b}.put({at}, (byte) ({v} ? 1 : 0))",
    "char": "{b}.putInt({at}, {v})",
    "f32": "{b}.putFloat({at}, {v})",
    "f64": "{b}.putDouble({at}, {v})",
    "s8": "{b}.put({at}, {v})",
    "u8": "{b}.put({at}, (byte) State.in({v}, 255))",
    "s16": "{b}.putShort({at}, {v})",
    "u16": "{b}.putShort({at}, (short) State.in({v}, 65535))",
    "s32": "{b}.putInt({at}, {v})",
    "u32": "{b}.putInt({at}, (int) State.in({v}, 4294967295L))",
    "s64": "{b}.putLong({at}, {v})",
    "u64": "{b}.putLong({at}, {v})",
}
_GET = {
    "bool": "({b}.get({at}) != 0)",
    "char": "{b}.getInt({at})",
    "f32": "{b}.getFloat({at})",
    "f64": "{b}.getDouble({at})",
    "s8": "{b}.get({at})",
    "u8": "({b}.get({at}) & 255)",
    "s16": "{b}.getShort({at})",
    "u16": "({b}.getShort({at}) & 65535)",
    "s32": "{b}.getInt({at})",
    "u32": "({b}.getInt({at}) & 4294967295L)",
    "s64": "{b}.getLong({at})",
    "u64": "{b}.getLong({at})",
}
_BITS = {1: "u8", 2: "u16", 4: "s32"}


def named(label: str) -> str:
    """A field or parameter, as a word that Java leaves free."""
    text = camel(label)
    return f"{text}_" if text in _KEYWORDS or text in _LOCALS or text[:1].isdigit() else text


def constant(label: str) -> str:
    """A constant of an enum."""
    return snake(label).upper()


class Spelling(Declared):
    """The Java of one library's types."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface, _TAKEN)
        self.faults: dict[Type | None, str] = {}

    def fault(self, kind: Type | None) -> str:
        """The exception that carries an error of a type."""
        if kind not in self.faults:
            stem = "Empty" if kind is None else pascal(kind.kind)
            if kind is not None and kind.kind not in PLAIN:
                stem = self._names.get(kind) or pascal(self.surface.stem(kind))
            self.faults[kind] = self.unique.free(f"{stem}Exception")
        return self.faults[kind]

    def type(self, kind: Type | None) -> str:
        """A type as values have it."""
        if kind is not None and kind.kind in JAVA:
            return JAVA[kind.kind][0]
        return self.boxed(kind)

    def boxed(self, kind: Type | None) -> str:
        """A type as an object."""
        if kind is None:
            return "Void"
        what = kind.kind
        if what in JAVA:
            return JAVA[what][1]
        if what == "string":
            return "String"
        if what in ("own", "borrow"):
            return self._names[kind.inner]
        if what == "list":
            inner = kind.inner.kind
            if inner == "u8":
                return "byte[]"
            if inner in JAVA and inner not in ("bool", "char"):
                return f"{JAVA[inner][0]}[]"
            return f"List<{self.boxed(kind.inner)}>"
        if what == "option":
            return f"Optional<{self.boxed(kind.inner)}>"
        if what == "result":
            return f"Result<{self.boxed(ok_of(kind))}, {self.boxed(err_of(kind))}>"
        if what == "tuple":
            held = ", ".join(self.boxed(each) for _, each in kind.fields)
            return f"Tuple{len(kind.parts)}<{held}>" if held else "Tuple0"
        if what == "flags":
            return f"Set<{self._names[kind]}>"
        return self._names[kind]

    def returned(self, kind: Type | None) -> str:
        """What functions return."""
        if kind is not None and kind.kind == "result":
            kind = ok_of(kind)
        return "void" if kind is None else self.type(kind)

    def params(self, function: Function, skip: int = 0) -> list[str]:
        """Parameters with their names."""
        return [f"{self.type(kind)} {named(label)}" for label, kind in function.params[skip:]]

    def give(self, kind: Type, value: str, at: str, b: str = "to") -> str:
        """The statement that puts a value into C."""
        what = kind.kind
        if what in _PUT:
            return _PUT[what].format(b=b, at=at, v=value) + ";"
        if what == "string":
            return f"given.text({value}, {b}, {at});"
        if what == "enum":
            return _PUT[_BITS[abi.size(kind)]].format(b=b, at=at, v=f"{value}.ordinal()") + ";"
        if what == "flags":
            return (
                _PUT[_BITS[abi.size(kind)]].format(b=b, at=at, v=f"(int) Convert.bits({value})")
                + ";"
            )
        if what in ("own", "borrow"):
            if self.surface.is_host(kind.inner):
                own = "true" if what == "own" else "false"
                return f"{b}.putLong({at}, given.host({value}, {own}));"
            return f"{b}.putLong({at}, {value}.{'give' if what == 'own' else 'lend'}(given));"
        if what == "list" and kind.inner.kind in ("u8", "s8"):
            return f"given.bytes({value}, {b}, {at});"
        return f"Convert.give_{self.surface.stem(kind)}(given, {value}, {b}, {at});"

    def take(self, kind: Type, at: str, b: str = "from") -> str:
        """The value of C."""
        what = kind.kind
        if what in _GET:
            return _GET[what].format(b=b, at=at)
        if what == "string":
            return f"State.text({b}, {at})"
        if what == "enum":
            number = _GET[_BITS[abi.size(kind)]].format(b=b, at=at)
            return f"{self._names[kind]}.values()[{number}]"
        if what == "flags":
            number = _GET[_BITS[abi.size(kind)]].format(b=b, at=at)
            return f"Convert.of({self._names[kind]}.class, {number})"
        if what in ("own", "borrow"):
            name = self._names[kind.inner]
            if self.surface.is_host(kind.inner):
                own = "true" if what == "own" else "false"
                return f"(({name}) given.state.lentAs({b}.getLong({at}), {own}))"
            return f"new {name}(given, {b}.getLong({at}))"
        return f"Convert.take_{self.surface.stem(kind)}(given, {b}, {at})"

    def functions(self, kind: Type) -> list[str]:
        """The functions that carry values of a type with parts."""
        if not is_made_of_parts(kind):
            return []
        stem, name = self.surface.stem(kind), self.type(kind)
        lines = [f"static void give_{stem}(Given given, {name} value, ByteBuffer to, int at) {{"]
        lines += [*(f"    {line}" for line in self._gives(kind)), "}"]
        if not self.borrows_ours(kind):
            lines += [f"static {name} take_{stem}(Given given, ByteBuffer from, int at) {{"]
            lines += [*(f"    {line}" for line in self._takes(kind)), "}"]
        return lines

    def _gives(self, kind: Type) -> list[str]:
        what = kind.kind
        if what == "list":
            inner = kind.inner
            if inner.kind in ("u8", "s8"):
                return ["given.bytes(value, to, at);"]
            size = layout.size(inner)
            count = "value.length" if self.type(kind).endswith("[]") else "value.size()"
            return [
                f"Given.Room room = given.room((long) {count} * {size});",
                "int place = room.at();",
                f"for ({self.type(inner)} each : value) {{",
                f"    {self.give(inner, 'each', 'place', 'room.bytes()')}",
                f"    place += {size};",
                "}",
                "to.putLong(at, room.address());",
                f"to.putLong(at + 8, {count});",
            ]
        if what in ("record", "tuple"):
            places = layout.fields([each for _, each in kind.fields])
            return [
                self.give(each, f"value.{self._part(kind, index)}()", f"at + {place}")
                for index, (place, (_, each)) in enumerate(zip(places, kind.fields, strict=True))
            ]
        value_at = layout.value_at(kind)
        if what == "option":
            given = self.give(kind.inner, "value.get()", f"at + {value_at}")
            lines = ["if (value.isPresent()) {", "    to.put(at, (byte) 1);", f"    {given}", "}"]
            return lines
        lines = []
        for at, (label, each) in enumerate(kind.parts):
            case = self.case(kind, label)
            mark = _PUT[_BITS[abi.tag_size(kind)]].format(b="to", at="at", v=str(at))
            lines.append(f"if (value instanceof {case} each) {{")
            lines.append(f"    {mark};")
            if each is not None:
                lines.append(f"    {self.give(each, 'each.value()', f'at + {value_at}')}")
            lines.append("}")
        fault = 'LibraryException.of(LibraryException.ARGUMENT, "a value is null")'
        return [*lines, "if (value == null)", f"    throw {fault};"]

    def case(self, kind: Type, label: str) -> str:
        """The class of a case."""
        if kind.kind == "result":
            held = f"<{self.boxed(ok_of(kind))}, {self.boxed(err_of(kind))}>"
            return f"Result.{pascal(label)}{held}"
        return f"{self._names[kind]}.{pascal(label)}"

    def _part(self, kind: Type, at: int) -> str:
        return f"f{at}" if kind.kind == "tuple" else named(kind.fields[at][0])

    def _takes(self, kind: Type) -> list[str]:
        what, name = kind.kind, self.type(kind)
        if what == "list":
            inner = kind.inner
            size = layout.size(inner)
            lines = [f"ByteBuffer all = State.list(from, at, {size});"]
            if inner.kind in ("u8", "s8"):
                return [*lines, "byte[] to = new byte[all.limit()];", "all.get(to);", "return to;"]
            lines.append("int count = (int) from.getLong(at + 8);")
            value = self.take(inner, f"each * {size}", "all")
            if name.endswith("[]"):
                return [
                    *lines,
                    f"{name} to = new {name[:-2]}[count];",
                    f"for (int each = 0; each < count; each++) to[each] = {value};",
                    "return to;",
                ]
            return [
                *lines,
                f"{name} to = new ArrayList<>(count);",
                f"for (int each = 0; each < count; each++) to.add({value});",
                "return to;",
            ]
        if what in ("record", "tuple"):
            places = layout.fields([each for _, each in kind.fields])
            values = (
                self.take(each, f"at + {place}")
                for place, (_, each) in zip(places, kind.fields, strict=True)
            )
            diamond = f"Tuple{len(kind.parts)}<>" if what == "tuple" and kind.parts else name
            return [f"return new {diamond}({', '.join(values)});"]
        value_at = layout.value_at(kind)
        if what == "option":
            value = self.take(kind.inner, f"at + {value_at}")
            return [f"return from.get(at) != 0 ? Optional.of({value}) : Optional.empty();"]
        number = _GET[_BITS[abi.tag_size(kind)]].format(b="from", at="at")
        lines = [f"switch ({number}) {{"]
        for at, (label, each) in enumerate(kind.parts):
            case = self.case(kind, label)
            empty = "null" if what == "result" else ""
            value = empty if each is None else self.take(each, f"at + {value_at}")
            lines += [f"    case {at}:", f"        return new {case}({value});"]
        fault = 'LibraryException.of(LibraryException.INVALID, "there is no such case")'
        return [*lines, "    default:", f"        throw {fault};", "}"]
