"""How types of a library are declared in Java."""

from __future__ import annotations

from wherever.bind.java.spelling import constant, named
from wherever.bind.native.surface import parts_of, pascal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.java.spelling import Spelling
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Type


def docs(text: str, before: str = "") -> list[str]:
    """Words as a comment that tools read."""
    said = text.strip().replace("*/", "*&#47;").replace("\\u", "&#92;u").splitlines()
    if len(said) == 1:
        return [f"{before}/** {said[0]} */"]
    if not said:
        return []
    return [f"{before}/**", *(f"{before} * {line}".rstrip() for line in said), f"{before} */"]


def declared(surface: Surface, spelling: Spelling, kind: Type) -> list[tuple[str, str]]:
    """The class of a type and its text; none where it needs none."""
    what = kind.kind
    lines: list[str] = []
    if what == "record":
        parts = parts_of(kind)
        params = [f" * @param {named(label)} {note}" for label, _, note in parts if note]
        about = "\n".join([*kind.docs.strip().splitlines(), *(each[3:] for each in params)])
        fields = ", ".join(f"{spelling.type(each)} {named(label)}" for label, each, _ in parts)
        lines = [*docs(about), f"public record {spelling.name(kind)}({fields}) {{}}"]
    elif what in ("enum", "flags"):
        lines = [*docs(kind.docs), f"public enum {spelling.name(kind)} {{"]
        for label, _, note in parts_of(kind):
            lines += [*docs(note, "    "), f"    {constant(label)},"]
        lines.append("}")
    elif what == "variant":
        name = spelling.name(kind)
        lines = [*docs(kind.docs), f"public sealed interface {name} {{"]
        for label, each, note in parts_of(kind):
            held = "" if each is None else f"{spelling.type(each)} value"
            lines += docs(note, "    ")
            lines.append(f"    record {pascal(label)}({held}) implements {name} {{}}")
        lines.append("}")
    elif what == "resource" and surface.is_host(kind):
        lines = [*docs(kind.docs), f"public interface {spelling.name(kind)} {{"]
        for member in surface.members(kind):
            function = member.function
            if function.kind == "method":
                params = spelling.params(function, 1)
                lines += docs(function.docs, "    ")
                lines.append(
                    f"    {spelling.returned(function.result)} {named(function.name)}"
                    f"({', '.join(params)}) throws Exception;"
                )
        lines.append("}")
    return [(spelling.name(kind), "\n".join([*lines, ""]))] if lines else []
