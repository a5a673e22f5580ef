"""From the exceptions that a docstring names to the error of a result."""

from __future__ import annotations

import ast

from wherever.build.deriving.python import docs, fields
from wherever.build.deriving.python.kinds import is_dataclass, is_failure, is_foreign_failure
from wherever.build.deriving.python.said import Where
from wherever.build.deriving.python.source import Definition
from wherever.build.deriving.python.spelling import spell
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.python.annotations import Reader
    from wherever.build.deriving.python.said import Shape

_MOST_NAMED = 3


def failure(reader: Reader, docstring: str, where: Where) -> tuple[Type, Shape] | None:
    """The error of a function: a text, a record, or a variant of several; None where it has none.

    Raises:
        InputError: something is named that is no exception.
    """
    names = docs.raised(docstring)
    if not names:
        return None
    found = [_one(reader, name, where) for name in names]
    if len(found) == 1:
        _, kind, key, shape = found[0]
        return kind, ("failures", "", ((key, shape),))
    cases = tuple((label, kind) for label, kind, _, _ in found)
    labels = [label for label, _ in cases]
    if len(labels) <= _MOST_NAMED:
        own = "-or-".join(labels)
    else:
        own = f"{spell(where.what.partition('(')[0], where)}-error"
    own = reader.take(own, f"the errors {', '.join(names)}", where)
    made = Type("variant", cases, own, reader.home)
    reader.types.setdefault(own, made)
    reader.shapes.setdefault(own, ("failure",))
    return made, ("failures", own, tuple((key, shape) for _, _, key, shape in found))


def _one(
    reader: Reader, name: str, where: Where
) -> tuple[str, Type, tuple[str, str], Shape | None]:
    """The label, the type, where it is defined, and how it is read, of an exception."""
    meaning = reader.sources.meaning(where.module, name)
    label = spell(name.rpartition(".")[2], where)
    if isinstance(meaning, str) and is_foreign_failure(meaning):
        module, _, last = meaning.rpartition(".")
        return label, Type("string"), (module, last), None
    if not isinstance(meaning, Definition) or not is_failure(reader.sources, meaning):
        raise where.refused(
            f"it says that it raises {name[:60]}, which is no exception here",
            "import it, or check how it is written",
        )
    if isinstance(meaning.node, ast.ClassDef) and is_dataclass(reader.sources, meaning):
        inner = Where(meaning.module, meaning.node.lineno, meaning.name)
        made = fields.record(reader, meaning, "dataclass", label, inner)
        if made.kind.parts:
            said = reader.add(made, f"{meaning.name} ({meaning.place})", inner)
            return label, said.kind, meaning.key, said.shape
    return label, Type("string"), meaning.key, None
