"""From classes to types of WIT: records, enums, flags, resources, and unions of them."""

from __future__ import annotations

import ast

from wherever.build.deriving.python import docs, fields
from wherever.build.deriving.python.kinds import kind_of
from wherever.build.deriving.python.said import Said, Where
from wherever.build.deriving.python.spelling import spell, unique
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.python.annotations import Reader
    from wherever.build.deriving.python.said import Shape
    from wherever.build.deriving.python.source import Definition

MOST_FLAGS = 32
"""More than these are not taken by what makes the component."""

_MOST_NAMED = 4
"""Parts whose names together make a name for a union without one."""


def define(reader: Reader, definition: Definition, where: Where) -> Said:
    """The type of a class, kept with the reader under its own name.

    Raises:
        InputError: it is no class of values, or WIT has no words for it.
    """
    node = definition.node
    assert isinstance(node, ast.ClassDef)
    name = spell(definition.name, where, is_type=True)
    match kind_of(reader.sources, definition):
        case "enum":
            made = _enum(reader, definition, name, where)
        case "flags":
            made = _flags(reader, definition, name, where)
        case "dataclass" | "namedtuple" | "typeddict" as style:
            made = fields.record(reader, definition, style, name, where)
            if not made.kind.parts:
                return made
        case "class":
            kind = Type("resource", (), name, reader.home, docs=docs.text(node))
            made = Said(kind, ("resource", definition.key), f"@{name}")
            reader.resources.append(definition)
        case "exception":
            raise where.refused(
                "an exception is raised, and not handed over", "name it under Raises: instead"
            )
        case "protocol":
            raise where.refused(
                "a protocol has no values of its own", "name the classes that it stands for: A | B"
            )
        case _:
            raise where.refused(
                "a class with type parameters has no place in WIT",
                "write a class of its own for each",
            )
    return reader.add(made, f"{definition.name} ({definition.place})", where)


def literal(reader: Reader, parts: list[ast.expr], where: Where, name: str) -> Said:
    """The enum that `Literal["a", "b"]` is."""
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    words = [value for value in values if isinstance(value, str)]
    if len(words) != len(parts):
        raise where.refused("only texts can stand in a Literal", "write an Enum, or int")
    cases = [spell(word, where) for word in words]
    unique(cases, words, where)
    own = spell(name, where, is_type=True) if name else _joined(cases, where)
    kind = Type("enum", tuple((case, None) for case in cases), own, reader.home)
    return reader.add(Said(kind, ("literal", tuple(words)), "str"), name or own, where)


def variant(reader: Reader, parts: list[Said], where: Where, name: str) -> Said:
    """The variant of a union of types that can be told apart by their classes."""
    cases: list[tuple[str, Type | None]] = []
    shapes: list[tuple[str, Shape | None]] = []
    for each in parts:
        if each.kind.kind == "borrow":
            raise where.refused(
                "an object cannot stand in a union of parameters", "take it as a parameter alone"
            )
        if any(each.runtime == runtime for runtime, _ in shapes):
            raise where.refused(
                f"two of these types look the same to Python: {each.runtime}",
                "make dataclasses of them, which have a name",
            )
        empty = each.kind.kind == "record" and not each.kind.parts
        label = each.runtime.removeprefix("@")
        cases.append((label, None if empty else each.kind))
        shapes.append((each.runtime, ("empty", each.shape[1]) if empty else each.shape))
    if "int" in dict(shapes) and "float" in dict(shapes):
        raise where.refused(
            "int | float cannot be told apart by who calls", "write float, which takes both"
        )
    own = spell(name, where, is_type=True) if name else _joined([case for case, _ in cases], where)
    kind = Type("variant", tuple(cases), own, reader.home)
    said = Said(kind, ("variant", tuple(shapes)), f"@{own}")
    reader.unions[own] = parts
    return reader.add(said, name or own, where)


def _joined(cases: list[str], where: Where) -> str:
    if len(cases) > _MOST_NAMED:
        raise where.refused(
            f"a choice of {len(cases)} needs a name", "give it one: Name = A | B, and use that"
        )
    return "-or-".join(cases)


def _members(node: ast.ClassDef) -> list[tuple[str, ast.expr, str]]:
    """Names, values and notes of an Enum's members."""
    found = []
    for at, each in enumerate(node.body):
        if isinstance(each, ast.Assign):
            note = fields.note_after(node.body, at)
            found += [
                (target.id, each.value, note)
                for target in each.targets
                if isinstance(target, ast.Name) and not target.id.startswith("_")
            ]
    return found


def _enum(reader: Reader, definition: Definition, name: str, where: Where) -> Said:
    node = definition.node
    assert isinstance(node, ast.ClassDef)
    seen: set[str] = set()
    members = []
    for member in _members(node):
        value = ast.dump(member[1])
        if isinstance(member[1], ast.Constant):
            if value in seen:  # another name of one that is there
                continue
            seen.add(value)
        members.append(member)
    if not members:
        raise where.refused("an Enum without members has no values", "give it some")
    labels = [spell(member, where) for member, _, _ in members]
    unique(labels, [member for member, _, _ in members], where)
    kind = _noted("enum", labels, [note for _, _, note in members], name, reader, node)
    return Said(kind, ("enum", definition.key, tuple(m for m, _, _ in members)), f"@{name}")


def _flags(reader: Reader, definition: Definition, name: str, where: Where) -> Said:
    node = definition.node
    assert isinstance(node, ast.ClassDef)
    members = [(member, note) for member, value, note in _members(node) if _is_bit(value)]
    if not 0 < len(members) <= MOST_FLAGS:
        raise where.refused(
            f"it has {len(members)} flags, and a type of WIT has 1 to {MOST_FLAGS}",
            "write each as auto(), 1, 2, 4 ..., and make two types of more",
        )
    labels = [spell(member, where) for member, _ in members]
    unique(labels, [member for member, _ in members], where)
    kind = _noted("flags", labels, [note for _, note in members], name, reader, node)
    return Said(kind, ("flags", definition.key, tuple(m for m, _ in members)), f"@{name}")


def _is_bit(value: ast.expr) -> bool:
    """Whether a flag is one of its own, and not others together."""
    if isinstance(value, ast.Call):
        return True
    if isinstance(value, ast.Constant) and isinstance(value.value, int):
        return value.value > 0 and value.value & (value.value - 1) == 0
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.LShift)


def _noted(
    word: str, labels: list[str], notes: list[str], name: str, reader: Reader, node: ast.ClassDef
) -> Type:
    kept = tuple(notes) if any(notes) else ()
    parts = tuple((label, None) for label in labels)
    return Type(word, parts, name, reader.home, docs=docs.text(node), notes=kept)
