"""The fields of dataclasses, named tuples and typed dicts."""

from __future__ import annotations

import ast

from wherever.build.deriving.python import docs
from wherever.build.deriving.python.kinds import lineage
from wherever.build.deriving.python.said import Said, Where, option, written
from wherever.build.deriving.python.source import Definition, dotted
from wherever.build.deriving.python.spelling import snake, spell, unique
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.python.annotations import Reader

_LEFT_OUT = ("typing.ClassVar", "dataclasses.KW_ONLY")


def record(reader: Reader, definition: Definition, style: str, name: str, where: Where) -> Said:
    """The record of a class; it has no parts where the class has no fields.

    Args:
        style: "dataclass", "namedtuple" or "typeddict".
    """
    found: dict[str, tuple[Said, bool, bool, str]] = {}
    for each in lineage(reader.sources, definition):
        node = each.node
        assert isinstance(node, ast.ClassDef)
        told = {**docs.section(docs.text(node), "Args")}
        told |= docs.section(docs.text(node), "Attributes")
        total = not any(word.arg == "total" and _is_false(word.value) for word in node.keywords)
        for at, line in enumerate(node.body):
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                own = line.target.id
                inner = Where(each.module, line.lineno, f"{definition.name}.{own}")
                made = _field(reader, line, style, total, inner)
                if made is not None:
                    found[own] = (*made, note_after(node.body, at) or told.get(own, ""))
    labels = [spell(own, where) for own in found]
    unique(labels, list(found), where)
    parts = tuple(
        (label, said.kind) for label, (said, _, _, _) in zip(labels, found.values(), strict=True)
    )
    shape = tuple(
        (own, snake(label), said.shape, init, optional)
        for label, (own, (said, init, optional, _)) in zip(labels, found.items(), strict=True)
    )
    node = definition.node
    notes = tuple(note for _, _, _, note in found.values())
    kind = Type(
        "record",
        parts,
        name,
        reader.home,
        docs=docs.text(node),
        notes=notes if any(notes) else (),
    )
    runtime = "dict" if style == "typeddict" else f"@{name}"
    return Said(kind, ("record", definition.key, style, shape), runtime)


def note_after(body: list[ast.stmt], at: int) -> str:
    """The text that stands as a line of its own below one, which is how a field is explained."""
    after = body[at + 1] if at + 1 < len(body) else None
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
        note = after.value.value
        return docs.shown(note.strip()) if isinstance(note, str) else ""
    return ""


def _field(
    reader: Reader, line: ast.AnnAssign, style: str, total: bool, where: Where
) -> tuple[Said, bool, bool] | None:
    """What a field says, whether it is given to the constructor, and whether it may be absent."""
    outer = line.annotation
    if isinstance(outer, ast.Constant) and isinstance(outer.value, str):
        outer = written(outer.value, where)
    base = outer.value if isinstance(outer, ast.Subscript) else outer
    word = reader.sources.meaning(where.module, dotted(base)) if dotted(base) else None
    if word in _LEFT_OUT:
        return None
    if word == "dataclasses.InitVar":
        raise where.refused(
            "a value that is only there at the start is no field", "make it an ordinary field"
        )
    optional = style == "typeddict" and not total
    inner = line.annotation
    if isinstance(outer, ast.Subscript) and isinstance(word, str):
        last = word.rpartition(".")[2]
        if last in ("Required", "NotRequired"):
            optional, inner = last == "NotRequired", outer.slice
    said = reader.some(inner, where)
    init = style != "dataclass" or not _is_made_later(line.value)
    return (option(said) if optional else said), init, optional


def _is_made_later(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and any(
        word.arg == "init" and _is_false(word.value) for word in value.keywords
    )


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False
