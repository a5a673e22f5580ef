"""The C that stands between a world that was derived from a header and the header's functions.

It is C and C++ at once: a header of C++ can only be read as that.
"""

from __future__ import annotations

from dataclasses import replace

from wherever.build.bindings.c.names import word
from wherever.build.deriving.c_shapes import Shape
from wherever.build.zig import tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.header import Header
    from wherever.build.deriving.c_calls import Arg, Call
    from wherever.build.deriving.c_header import Derived
    from wherever.wit.model import Interface, Type

START = tool.GUEST / "adapting.c"


def text(derived: Derived, header: Header, interface: Interface) -> str:
    """The whole file.

    Args:
        derived: the functions.
        header: the world's, which has been written.
        interface: the one that is exported.
    """
    made = _Adapter(header, interface)
    for call in derived.calls:
        made.call(call)
    for resource, pointer, end, is_ours in derived.ends:
        made.end(resource, pointer, end, is_ours)
    start = START.read_text("utf-8").replace("HEADER", derived.header)
    return "\n".join([start, *made.lines, ""])


class _Adapter:
    def __init__(self, header: Header, interface: Interface) -> None:
        self._header = header
        self._names = header.names
        self._interface = interface
        self._made: dict[tuple[str, Shape], str] = {}
        self.lines: list[str] = []

    def end(self, resource: Type, pointer: str, end: str, is_ours: bool) -> None:
        """What happens to a handle that nobody has any more."""
        name = self._names.type(resource)
        body = f"{end}(({pointer})self);" if end else "(void)self;"
        body = f"{body} free(self);" if is_ours else body
        self.lines.append(f"void {name.removesuffix('_t')}_free({name} *self) {{ {body} }}")

    def call(self, call: Call) -> None:
        """The world's function, in the words of the header's.

        Its parameters have names of ours: the header's may be those of its types and functions.
        """
        params = call.function.params
        own = {label: f"given{at}" for at, (label, _) in enumerate(params)}
        args = tuple(replace(each, label=own.get(each.label, "")) for each in call.args)
        renamed = tuple((own[label], kind) for label, kind in params)
        call = replace(call, args=args, function=replace(call.function, params=renamed))
        body: list[str] = []
        passed = [self._arg(at, each, call.args, body) for at, each in enumerate(call.args)]
        called = f"{call.name}({', '.join(passed)})"
        if call.returned:
            cast = f"({call.returned})" if call.returned.endswith("*") else ""
            body.append(f"{call.returned} _r = {cast}{called};")
        else:
            body.append(f"{called};")
        given = [self._result(call, *each) for each in call.results]
        if len(given) == 1:
            body.append(f"return {given[0]};")
        elif given:
            assert call.function.result is not None
            body.append(f"{self._names.type(call.function.result)} _all;")
            body += [f"_all.f{at} = {each};" for at, each in enumerate(given)]
            body.append("return _all;")
        signature = self._header.signature(self._interface, call.function, True)
        self._function(signature, body)

    def _arg(self, at: int, arg: Arg, args: tuple[Arg, ...], body: list[str]) -> str:
        """What C is given; what has to be there first goes to `body`."""
        name, label = f"_v{at}", arg.label
        cast = f"({arg.cast})" if arg.cast else ""
        match arg.mode:
            case "value":
                assert arg.shape is not None
                return f"{cast}{self._in(arg.shape, label)}"
            case "list":
                assert arg.shape is not None
                body.append(f"{arg.c} {name} = {self._in(replace(arg.shape, size=0), label)};")
                length = args[arg.by]
                if length.mode == "length" and length.by != at and not arg.size:
                    other = args[length.by].label  # two lists of one length
                    body += [f"if ({label}.length != {other}.length)", "    __builtin_trap();"]
                if arg.size:
                    body += [f"if ({label}.length != {arg.size})", "    __builtin_trap();"]
            case "storage":
                body.append(f"{arg.c} {name} = ({arg.c})adapt_storage(sizeof *{name});")
            case "room" if arg.size:
                body.append(
                    f"{arg.c} {name} = ({arg.c})adapt_room({arg.size} + 1, sizeof *{name});"
                )
            case "length":
                given = args[arg.by].label
                shape = args[arg.by].shape
                count = f"{given}.length"
                if shape is not None and shape.is_maybe:
                    count = f"({given}.is_some ? {given}.value.length : 0)"
                body += [
                    f"{arg.c} {name} = ({arg.c}){count};",
                    f"if ((size_t){name} != {count})",
                    "    __builtin_trap();",
                ]
            case "both":
                assert arg.shape is not None
                body.append(f"{arg.c} {name} = {self._in(arg.shape, label)};")
            case "room":
                assert arg.shape is not None
                room = args[arg.by].label
                body.append(
                    f"{arg.c} {name} = ({arg.c})adapt_room((size_t){room}, sizeof *{name});"
                )
            case "capacity":
                body.append(f"{arg.c} {name} = {label};")
            case _:
                body += [f"{arg.c} {name};", f"memset(&{name}, 0, sizeof {name});"]
        return f"{cast}&{name}" if arg.is_place else f"{cast}{name}"

    def _result(self, call: Call, shape: Shape, at: int, by: int) -> str:
        value = "_r" if at < 0 else f"_v{at}"
        if by < 0 and shape.kind == "list" and shape.size:
            return self._out(replace(shape, size=0), value, str(shape.size))
        if by < 0:
            if at >= 0 and call.args[at].mode == "both":
                shape = _kept(shape)
            return self._out(shape, value)
        count = f"_v{by}"
        arg = call.args[by]
        if arg.mode == "capacity" and arg.is_place:
            count = f"({count} < {arg.label} ? {count} : {arg.label})"
        return self._out(shape, value, f"(size_t){count}")

    def _function(self, signature: str, body: list[str]) -> None:
        self.lines += [signature, "{", *(f"    {line}" for line in body), "}"]

    def _type(self, shape: Shape) -> str:
        return self._names.type(shape.wit)

    def _in(self, shape: Shape, given: str) -> str:
        """An expression for what C is given; of a list, for its pointer."""
        if shape.kind == "same":
            return given
        if shape.kind == "handle" and not shape.is_maybe:
            return f"({shape.c}){given}"
        if shape.kind == "text" and not shape.is_maybe:
            return f"adapt_text_in({given})"
        return f"{self._converter('in', shape)}({given})"

    def _out(self, shape: Shape, value: str, count: str = "") -> str:
        """An expression for what the world gets of C's value."""
        if shape.kind == "same":
            return value
        cast = f"({shape.c})" if shape.c.endswith("*") else ""
        more = f", {count}" if count else ""
        return f"{self._converter('out', shape)}({cast}{value}{more})"

    def _converter(self, way: str, shape: Shape) -> str:
        key = (way, shape)
        if key not in self._made:
            name = self._made[key] = f"adapt_{way}_{len(self._made) + 1}"
            plain = replace(shape, is_maybe=False, wit=shape.wit.inner) if shape.is_maybe else shape
            make = getattr(self, f"_{way}_{'maybe' if shape.is_maybe else shape.kind}")
            body: list[str] = make(plain if shape.is_maybe else shape)
            c = shape.c or "void *"
            if way == "in":
                head = f"static {c} {name}({self._type(shape)} given)"
            else:
                count = ", size_t count" if shape.kind == "list" else ""
                head = f"static {self._type(shape)} {name}({c} value{count})"
                body = [f"{self._type(shape)} made;", *body, "return made;"]
            self._function(head, body)
        return self._made[key]

    # What C is given: `given` is the world's.

    def _in_maybe(self, shape: Shape) -> list[str]:
        return [f"return given.is_some ? {self._in(shape, 'given.value')} : NULL;"]

    def _in_enum(self, shape: Shape) -> list[str]:
        return [self._table(shape), f"return ({shape.c})values[given];"]

    def _in_flags(self, shape: Shape) -> list[str]:
        return [
            *(self._table(shape), "long long made = 0;"),
            f"for (unsigned i = 0; i < {len(shape.values)}; i++)",
            *("    made |= given >> i & 1 ? values[i] : 0;", f"return ({shape.c})made;"),
        ]

    def _in_pointer(self, shape: Shape) -> list[str]:
        return [
            f"{shape.c} made = ({shape.c})wit_alloc(sizeof *made);",
            f"*made = {self._in(shape.of, 'given')};",
            "return made;",
        ]

    def _in_list(self, shape: Shape) -> list[str]:
        if shape.of.kind == "same":
            return [f"return ({shape.c})given.data;"]
        return [
            f"{shape.c} made = ({shape.c})adapt_room(given.length, sizeof *made);",
            "for (size_t i = 0; i < given.length; i++)",
            f"    made[i] = {self._in(shape.of, 'given.data[i]')};",
            "return made;",
        ]

    def _in_record(self, shape: Shape) -> list[str]:
        body = [f"{shape.c} made;", "memset(&made, 0, sizeof made);"]
        for (label, _), (names, each) in zip(shape.wit.parts, shape.fields, strict=True):
            given, to = f"given.{word(label)}", f"made.{names[0]}"
            if each.kind == "letters":
                body.append(f"adapt_letters_in({given}, {to}, sizeof {to});")
            elif each.kind == "array":
                body += [
                    f"if ({given}.length != {each.size})",
                    "    __builtin_trap();",
                    f"for (size_t i = 0; i < {each.size}; i++)",
                    f"    {to}[i] = {self._in(each.of, f'{given}.data[i]')};",
                ]
            else:
                body.append(f"{to} = {self._in(each, given)};")
            if len(names) > 1:
                count = f"made.{names[1]}"
                body += [
                    f"{count} = {given}.length;",
                    f"if ((size_t){count} != {given}.length)",
                    "    __builtin_trap();",
                ]
        return [*body, "return made;"]

    # What the world gets: `value` is C's, and `made` is to be filled.

    def _out_maybe(self, shape: Shape) -> list[str]:
        count = "count" if shape.kind == "list" else ""
        return [
            *("made.is_some = value != NULL;", "if (made.is_some)"),
            f"    made.value = {self._out(shape, 'value', count)};",
        ]

    def _out_enum(self, shape: Shape) -> list[str]:
        return [
            *(self._table(shape), "unsigned i = 0;"),
            f"while (i < {len(shape.values)} && values[i] != (long long)value)",
            *("    i++;", f"if (i == {len(shape.values)})", "    __builtin_trap();"),
            f"made = ({self._type(shape)})i;",
        ]

    def _out_flags(self, shape: Shape) -> list[str]:
        return [
            *(self._table(shape), "made = 0;"),
            f"for (unsigned i = 0; i < {len(shape.values)}; i++)",
            f"    made |= ({self._type(shape)})((long long)value & values[i] ? 1u << i : 0);",
        ]

    def _out_text(self, shape: Shape) -> list[str]:
        if not shape.is_owned:
            return ["made = adapt_text_out(value);"]
        return ["made = adapt_text_copied(value);", *self._freed(shape)]

    def _out_handle(self, shape: Shape) -> list[str]:
        resource = self._names.type(shape.wit.inner)
        stem = resource.removesuffix("_t")
        return [*_there(), f"made = {stem}_own(({resource} *)value);"]

    def _out_pointer(self, shape: Shape) -> list[str]:
        inner = replace(shape.of, end="free") if shape.is_owned else _kept(shape.of)
        if shape.is_owned and shape.end != "free":  # which frees what is in it as well
            inner = _copied(inner)
        return [*_there(), f"made = {self._out(inner, '*value')};", *self._freed(shape)]

    def _out_list(self, shape: Shape) -> list[str]:
        start = [
            "if (value == NULL && count != 0)",
            "    __builtin_trap();",
            "made.length = count;",
        ]
        inner = shape.of if shape.is_owned else _kept(shape.of)
        if shape.of.kind == "same":
            kept = "adapt_bytes_copied(value, count, sizeof *value)" if shape.is_owned else "value"
            return [*start, f"adapt_set(made.data, {kept});", *self._freed(shape)]
        return [
            *start,
            "adapt_set(made.data, adapt_room(count, sizeof *made.data));",
            "for (size_t i = 0; i < count; i++)",
            f"    made.data[i] = {self._out(inner, 'value[i]')};",
            *self._freed(shape),
        ]

    def _out_record(self, shape: Shape) -> list[str]:
        is_ended = shape.end not in ("", "free")
        body: list[str] = []
        for (label, _), (names, each) in zip(shape.wit.parts, shape.fields, strict=True):
            to, value = f"made.{word(label)}", f"value.{names[0]}"
            each = _copied(each) if is_ended else each
            if each.kind == "letters":
                body.append(f"{to} = adapt_letters_out({value}, sizeof {value});")
            elif each.kind == "array":
                body += [
                    f"{to}.length = {each.size};",
                    f"adapt_set({to}.data, adapt_room({each.size}, sizeof *{to}.data));",
                    f"for (size_t i = 0; i < {each.size}; i++)",
                    f"    {to}.data[i] = {self._out(each.of, f'{value}[i]')};",
                ]
            else:
                count = f"(size_t)value.{names[1]}" if len(names) > 1 else ""
                body.append(f"{to} = {self._out(each, value, count)};")
        return [*body, *([f"{shape.end}(&value);"] if is_ended else [])]

    def _table(self, shape: Shape) -> str:
        values = ", ".join(map(str, shape.values))
        return f"static const long long values[] = {{{values}}};"

    def _freed(self, shape: Shape) -> list[str]:
        return [f"{shape.end}(value);"] if shape.is_owned and shape.end else []


def _there() -> list[str]:
    return ["if (value == NULL)", "    __builtin_trap();"]


def _copied(shape: Shape) -> Shape:
    """The same, copied and left for others to free."""
    fields = tuple((names, _copied(each)) for names, each in shape.fields)
    inner = None if shape.inner is None else _copied(shape.inner)
    return replace(shape, is_owned=True, end="", fields=fields, inner=inner)


def _kept(shape: Shape) -> Shape:
    """The same, of which nothing is ours."""
    fields = tuple((names, _kept(each)) for names, each in shape.fields)
    inner = None if shape.inner is None else _kept(shape.inner)
    return replace(shape, is_owned=False, end="free", fields=fields, inner=inner)
