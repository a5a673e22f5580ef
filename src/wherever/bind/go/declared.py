"""How types of a library are declared in Go."""

from __future__ import annotations

from wherever.bind.go.spelling import field, named
from wherever.bind.native.surface import parts_of, pascal
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.go.spelling import Spelling
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Type


def docs(name: str, text: str, before: str = "") -> list[str]:
    """Words as a comment; Go's begin with what they are about."""
    said = text.strip().splitlines()
    if said and name:
        said[0] = f"{name}: {said[0]}"
    return [f"{before}// {line}".rstrip() for line in said]


def type_of(surface: Surface, spelling: Spelling, kind: Type) -> list[str]:
    """The lines that declare a type; none where it needs none."""
    what = kind.kind
    if what == "record":
        name = spelling.name(kind)
        lines = [*docs(name, kind.docs), f"type {name} struct {{"]
        for label, each, note in parts_of(kind):
            lines += [*docs("", note, "\t"), f"\t{field(label)} {spelling.type(each)}"]
        return [*lines, "}", ""]
    if what in ("enum", "flags"):
        return _numbers(spelling, kind)
    if what == "variant":
        return _variant(spelling, kind)
    if what == "resource" and surface.is_host(kind):
        name = spelling.name(kind)
        lines = [*docs(name, kind.docs), f"type {name} interface {{"]
        for member in surface.members(kind):
            function = member.function
            if function.kind == "method":
                params = ", ".join(spelling.params(function, 1))
                lines += docs("", function.docs, "\t")
                lines.append(
                    f"\t{pascal(function.name)}({params}) {spelling.returned(function.result)}"
                )
        return [*lines, "}", ""]
    return []


def _numbers(spelling: Spelling, kind: Type) -> list[str]:
    name = spelling.name(kind)
    lines = [*docs(name, kind.docs), f"type {name} uint{8 * abi.size(kind)}", "", "const ("]
    for at, (constant, (_, _, note)) in enumerate(
        zip(spelling.parts[kind], parts_of(kind), strict=True)
    ):
        value = at if kind.kind == "enum" else f"{1 << at:#x}"
        lines += [*docs("", note, "\t"), f"\t{constant} {name} = {value}"]
    lines += [")", ""]
    if kind.kind == "enum":
        words = ", ".join(f'"{label}"' for label, _ in kind.parts)
        lines += [
            f"func (e {name}) String() string {{",
            f"\tnames := [...]string{{{words}}}",
            "\tif int(e) < len(names) {",
            "\t\treturn names[e]",
            "\t}",
            '\treturn "?"',
            "}",
            "",
        ]
    return lines


def _variant(spelling: Spelling, kind: Type) -> list[str]:
    name, cases = spelling.name(kind), spelling.parts[kind]
    lines = docs(name, kind.docs) or [f"// {name} is one of these:"]
    lines += [f"// {', '.join(cases)}.", f"type {name} interface{{ is{name}() }}", ""]
    for case, (_, each, note) in zip(cases, parts_of(kind), strict=True):
        held = "" if each is None else f" Value {spelling.type(each)} "
        lines += [
            *docs(case, note),
            f"type {case} struct{{{held}}}",
            "",
            f"func ({case}) is{name}() {{}}",
            "",
        ]
    return lines


def imports(surface: Surface, spelling: Spelling) -> list[str]:
    """The struct of the callbacks."""
    lines = [
        "// Imports is what the library calls. An error that is no Failure ends the call, and"
        " comes",
        "// out of it; so does a panic.",
        "type Imports struct {",
    ]
    given = []
    for at, member in enumerate(surface.callbacks):
        function, name = member.function, pascal(surface.callback(member))
        params = ", ".join(
            f"{named(label)} {spelling.type(each)}" for label, each in function.params
        )
        lines += docs("", function.docs, "\t")
        lines.append(f"\t{name} func({params}) {spelling.returned(function.result)}")
        given += [f"\tif i.{name} != nil {{", f"\t\tset |= 1 << {at % 64}", "\t}"]
    return [
        *lines,
        "}",
        "",
        "func (i *Imports) given() (set uint64) {",
        *given,
        "\treturn set",
        "}",
        "",
    ]
