"""From functions and methods to functions of WIT, and how they are called."""

from __future__ import annotations

import ast

from wherever.build.deriving.python import docs, failures
from wherever.build.deriving.python.kinds import lineage
from wherever.build.deriving.python.said import Where, option, shown
from wherever.build.deriving.python.source import Definition, dotted
from wherever.build.deriving.python.spelling import snake, spell, unique
from wherever.wit.model import Function, Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.python.annotations import Reader
    from wherever.build.deriving.python.said import Shape

    Made = tuple[Function, Shape]
    AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


def function(reader: Reader, name: str, definition: Definition) -> Made:
    """A function, and its shape: how it is called and what it takes, gives and raises."""
    node = definition.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    where = Where(definition.module, node.lineno, f"{name}()")
    own = spell(name, where)
    reader.take(own, f"{name}()", where)
    return _made(reader, node, where, own, own, None, ("function", definition.key))


def methods(reader: Reader, definition: Definition) -> list[Made]:
    """What a class offers: its constructor and its public methods, also those it inherits."""
    resource = next(
        kind
        for name, kind in reader.types.items()
        if reader.shapes.get(name) == ("resource", definition.key)
    )
    found: dict[str, tuple[AnyFunction, Definition]] = {}
    for each in lineage(reader.sources, definition):
        assert isinstance(each.node, ast.ClassDef)
        for node in each.node.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                is_public = not node.name.startswith("_") or node.name == "__init__"
                if is_public and not _marks(node) & {"overload", "setter", "deleter"}:
                    found[node.name] = node, each
    first = found.pop("__init__", None)
    is_abstract = any("abstractmethod" in _marks(node) for node, _ in found.values())
    made = [] if is_abstract else [_constructor(reader, definition, resource, first)]
    for name, (node, each) in found.items():
        where = Where(each.module, node.lineno, f"{definition.name}.{name}()", owner=definition)
        made.append(_method(reader, node, where, resource, definition.key))
    names = [each.name for each, _ in made]
    unique(names, names, Where(definition.module, definition.node.lineno, definition.name))
    return made


def _constructor(
    reader: Reader,
    definition: Definition,
    resource: Type,
    found: tuple[AnyFunction, Definition] | None,
) -> Made:
    core = f"[constructor]{resource.name}"
    call = ("constructor", definition.key)
    if found is None:
        made = Function("", core, (), Type("own", (("", resource),)), "constructor", resource)
        return made, (call, "", (), None, None, definition.name)
    node, each = found
    where = Where(each.module, node.lineno, f"{definition.name}()", owner=definition)
    params, shapes = _params(reader, node, where, 1)
    result = Type("own", (("", resource),))
    made = Function("", core, params, result, "constructor", resource, docs.text(node))
    return made, (call, "", shapes, None, None, where.what)


def _method(
    reader: Reader, node: AnyFunction, where: Where, resource: Type, key: tuple[str, str]
) -> Made:
    own = spell(node.name, where)
    marks = _marks(node)
    if marks & {"staticmethod", "classmethod"}:
        core = f"[static]{resource.name}.{own}"
        return _made(reader, node, where, own, core, resource, ("static", key, node.name), marks)
    core = f"[method]{resource.name}.{own}"
    is_value = bool(marks & {"property", "cached_property"})
    call = ("property" if is_value else "method", key, node.name)
    return _made(reader, node, where, own, core, resource, call, marks)


def _made(
    reader: Reader,
    node: AnyFunction,
    where: Where,
    own: str,
    core: str,
    resource: Type | None,
    call: tuple[object, ...],
    marks: frozenset[str] = frozenset(),
) -> Made:
    if isinstance(node, ast.AsyncFunctionDef):
        raise where.refused(
            "an async function cannot be called from outside",
            "write def, and asyncio.run(...) in it",
        )
    is_static = "staticmethod" in marks
    params, shapes = _params(
        reader, node, where, 1 if resource is not None and not is_static else 0
    )
    word = str(call[0]) if resource is not None else "function"
    kind = "method" if word == "property" else word
    if kind == "method" and resource is not None:
        params = (("self", Type("borrow", (("", resource),))), *params)
    result, shape = _result(reader, node, where)
    text = docs.text(node)
    failed = failures.failure(reader, text, where)
    if failed is not None:
        result = Type("result", (("ok", result), ("err", failed[0])))
    made = Function(own, core, params, result, kind, resource, text)
    told = f"{where.module.shown}:{where.line}: {where.what} -> {shown(node.returns)}"
    return made, (call, snake(own), shapes, shape, failed and failed[1], told)


def _params(
    reader: Reader, node: AnyFunction, where: Where, skipped: int
) -> tuple[tuple[tuple[str, Type], ...], tuple[Shape, ...]]:
    given = node.args
    for extra, star in ((given.vararg, "*"), (given.kwarg, "**")):
        if extra is not None:
            raise where.refused(
                f"WIT has no word for {star}{extra.arg}", f"take a list: {extra.arg}: list[str]"
            )
    defaults = dict(
        zip([*given.posonlyargs, *given.args][::-1], given.defaults[::-1], strict=False)
    )
    defaults |= {
        each: value
        for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        if value is not None
    }
    found: list[tuple[str, Type]] = []
    shapes: list[Shape] = []
    named = [*given.posonlyargs, *given.args][skipped:] + given.kwonlyargs
    for each in named:
        inner = Where(where.module, each.lineno, _at(where, each.arg), True, where.owner)
        if each.annotation is None:
            raise inner.refused(
                "it has no type",
                f"write one, as in {each.arg}: str, or call the function _{node.name} where it is"
                " not for others",
            )
        said = reader.some(each.annotation, inner)
        default = defaults.get(each)
        left_out = False
        if default is not None and each not in given.posonlyargs and said.kind.kind != "option":
            said, left_out = option(said), True
        found.append((spell(each.arg, inner), said.kind))
        shapes.append((each.arg, said.shape, each in given.kwonlyargs, left_out))
    unique([name for name, _ in found], [each.arg for each in named], where)
    return tuple(found), tuple(shapes)


def _result(reader: Reader, node: AnyFunction, where: Where) -> tuple[Type | None, Shape | None]:
    if node.returns is None:
        if _gives(node):
            raise where.refused(
                "it does not say what it gives back",
                f"write def {node.name}(...) -> str, or the type that it is",
            )
        return None, None
    name = dotted(node.returns)
    if name and reader.sources.meaning(where.module, name) in ("typing.NoReturn", "typing.Never"):
        return None, None
    if reader.of(node.returns, where) is None:
        return None, None
    said = reader.some(node.returns, where)
    return said.kind, said.shape


def _gives(node: AnyFunction) -> bool:
    """Whether a function gives something back, by what stands in it."""
    queue: list[ast.AST] = list(node.body)
    while queue:
        each = queue.pop()
        if isinstance(each, ast.Return) and each.value is not None:
            if not isinstance(each.value, ast.Constant) or each.value.value is not None:
                return True
        elif isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            queue += ast.iter_child_nodes(each)
    return False


def _at(where: Where, name: str) -> str:
    return f"{where.what[:-2]}({name})"


def _marks(node: AnyFunction) -> frozenset[str]:
    """The last words of a function's decorators."""
    found = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return frozenset(dotted(each).rpartition(".")[2] for each in found)
