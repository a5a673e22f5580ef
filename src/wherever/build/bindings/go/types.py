"""Types of a world in Go, and their codecs."""

from __future__ import annotations

from wherever.build.bindings.go.spelling import codec, go, named, spelt
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Type

_UINT = {1: "uint8", 2: "uint16", 4: "uint32"}


def defined(kind: Type, names: Names) -> list[str]:
    """A named type, and its codec."""
    name = named(kind, names)
    if kind.kind in ("enum", "flags"):
        bits = abi.size(kind)
        values = (1 << at if kind.kind == "flags" else at for at in range(len(kind.parts)))
        return [
            f"type {name} {_UINT[bits]}",
            "",
            "const (",
            *(
                f"\t{name}{spelt(label)} {name} = {value}"
                for (label, _), value in zip(kind.parts, values, strict=True)
            ),
            ")",
            "",
            f"var abiOf{name} = whole[{name}]({bits})",
            "",
        ]
    if kind.kind == "record":
        fields = [
            (spelt(label), go(each, names), codec(each, names)) for label, each in kind.fields
        ]
        lines = [f"type {name} struct {{", *(f"\t{field} {each}" for field, each, _ in fields), "}"]
        places, flats = _places(kind)
        steps = list(zip(fields, places, flats, strict=True))
        return [
            *(*lines, ""),
            *_codec(
                name,
                kind,
                [f"made.{field} = {each}.load(at + {p})" for (field, _, each), p, _ in steps],
                [f"{each}.store(value.{field}, at+{p})" for (field, _, each), p, _ in steps],
                [f"made.{field} = {each}.lift(from[{f}:])" for (field, _, each), _, f in steps],
                [f"{each}.lower(value.{field}, to[{f}:])" for (field, _, each), _, f in steps],
            ),
        ]
    return _variant(kind, name, names)


def _variant(kind: Type, name: str, names: Names) -> list[str]:
    tag, place = f"abiU{8 * abi.tag_size(kind)}", abi.payload_at(kind)
    lines = [f"// {name} is the case that Tag says.", f"type {name} struct {{"]
    lines.append(f"\tTag {_UINT[abi.tag_size(kind)]}")
    cases = [(at, _field(label), each) for at, (label, each) in enumerate(kind.parts)]
    held = [(at, field, each) for at, field, each in cases if each is not None]
    lines += [f"\t{field} {go(each, names)}" for _, field, each in held]
    lines += ["}", "", "const ("]
    lines += [f"\t{name}{spelt(label)} = {at}" for at, (label, _) in enumerate(kind.parts)]

    def chosen(on: str, text: str) -> list[str]:
        found = [f"switch {on} {{"] if held else []
        for at, field, each in held:
            found += [f"case {at}:", "\t" + text.format(field=field, codec=codec(each, names))]
        return [*found, "}"] if held else []

    return [
        *(*lines, ")", ""),
        *_codec(
            name,
            kind,
            [
                f"made.Tag = {tag}.load(at)",
                *chosen("made.Tag", f"made.{{field}} = {{codec}}.load(at + {place})"),
            ],
            [
                f"{tag}.store(value.Tag, at)",
                *chosen("value.Tag", f"{{codec}}.store(value.{{field}}, at+{place})"),
            ],
            [
                f"made.Tag = {tag}.lift(from)",
                *chosen("made.Tag", "made.{field} = {codec}.lift(from[1:])"),
            ],
            [
                f"{tag}.lower(value.Tag, to)",
                *chosen("value.Tag", "{codec}.lower(value.{field}, to[1:])"),
            ],
        ),
    ]


def _field(label: str) -> str:
    return "Tag_" if spelt(label) == "Tag" else spelt(label)


def _codec(name: str, kind: Type, *bodies: list[str]) -> list[str]:
    heads = (
        f"load: func(at uint32) (made {name}) {{",
        f"store: func(value {name}, at uint32) {{",
        f"lift: func(from []uint64) (made {name}) {{",
        f"lower: func(value {name}, to []uint64) {{",
    )
    lines = [
        f"var abiOf{name} = codec[{name}]{{",
        f"\tsize: {abi.size(kind)}, align: {abi.align(kind)}, flat: {len(abi.flat(kind))},",
    ]
    for at, (head, body) in enumerate(zip(heads, bodies, strict=True)):
        back = ["\t\treturn"] if at in (0, 2) else []
        lines += [f"\t{head}", *(f"\t\t{line}" for line in body), *back, "\t},"]
    return [*lines, "}", ""]


def tuple_of(count: int) -> list[str]:
    """Tuples of a length, and their codec."""
    letters = [f"T{at}" for at in range(count)]
    inner = [f"c{at}" for at in range(count)]
    whole = f"Tuple{count}[{', '.join(letters)}]"
    params = ", ".join(f"{c} codec[{t}]" for c, t in zip(inner, letters, strict=True))
    places, flats = ["p0 := uint32(0)"], ["f0 := 0"]
    for at in range(1, count):
        places.append(f"p{at} := up(p{at - 1}+c{at - 1}.size, c{at}.align)")
        flats.append(f"f{at} := f{at - 1} + c{at - 1}.flat")
    last = count - 1
    aligns = ", ".join(f"{each}.align" for each in inner)
    numbers = range(count)
    return [
        f"// Tuple{count} is a tuple of {count}.",
        f"type Tuple{count}[{', '.join(letters)} any] struct {{",
        *(f"\tF{at} T{at}" for at in numbers),
        *("}", ""),
        f"func tuple{count}Of[{', '.join(letters)} any]({params}) codec[{whole}] {{",
        *(f"\t{line}" for line in (*places, *flats)),
        f"\talign := max({aligns})",
        f"\treturn codec[{whole}]{{",
        f"\t\tsize: up(p{last}+c{last}.size, align), align: align, flat: f{last} + c{last}.flat,",
        f"\t\tload: func(at uint32) (made {whole}) {{",
        *(f"\t\t\tmade.F{at} = c{at}.load(at + p{at})" for at in numbers),
        *("\t\t\treturn", "\t\t},"),
        f"\t\tstore: func(value {whole}, at uint32) {{",
        *(f"\t\t\tc{at}.store(value.F{at}, at+p{at})" for at in numbers),
        "\t\t},",
        f"\t\tlift: func(from []uint64) (made {whole}) {{",
        *(f"\t\t\tmade.F{at} = c{at}.lift(from[f{at}:])" for at in numbers),
        *("\t\t\treturn", "\t\t},"),
        f"\t\tlower: func(value {whole}, to []uint64) {{",
        *(f"\t\t\tc{at}.lower(value.F{at}, to[f{at}:])" for at in numbers),
        *("\t\t},", "\t}", "}", ""),
    ]


def _places(kind: Type) -> tuple[list[int], list[int]]:
    """Where fields lie in memory, and which core value each begins with."""
    places, flats = [], []
    place = flat = 0
    for _, each in kind.fields:
        place = abi.up(place, abi.align(each))
        places.append(place)
        flats.append(flat)
        place += abi.size(each)
        flat += len(abi.flat(each))
    return places, flats
