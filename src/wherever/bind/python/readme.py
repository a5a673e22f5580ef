"""The README of a package: how to install it, one example of its own, how to make it again."""

from __future__ import annotations

from wherever.component.python.classes import CLASSED, trailing_options
from wherever.component.python.names import camel, snake, spoken, upper
from wherever.component.python.outline import Outline, Signature, Space

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library
    from wherever.wit.model import Type

_DEPTH = 4


def readme(library: Library, outline: Outline) -> str:
    """The text of README.md."""
    module, made = outline.module, _Example(outline)
    lines = [
        f"# {library.name}",
        "",
        *([spoken(library.description), ""] if library.description else []),
        f"WebAssembly in a sandbox, for Python 3.11 and later: {library.name} {library.version},",
        f"`{library.digest[:19]}...`. It runs wherever",
        "[wherever](https://pypi.org/project/wherever/) does.",
        "",
        "```console",
        "$ pip install dist/*.whl",
        "```",
        "",
        "```python",
        *made.lines(),
        "```",
        "",
        "The library sees no files, no network and no variables. You say what a call may use:",
        "",
        "```python",
        f"with {module}.open({'imports=..., ' if outline.imports else ''}timeout=1,"
        ' memory="64m") as lib:',
        "    ...  # lib has what the module has",
        "```",
        "",
        "- A wrong argument is a `TypeError`, `ValueError` or `OverflowError` that names it.",
        "- What the library says went wrong is a `wherever.ResultError`, of a class of its own",
        "  where the error has a type. A limit is `wherever.LimitReached`, a crash",
        "  `wherever.Trapped`.",
    ]
    if not outline.imports:
        lines += [
            f"- After a limit or a crash the next `{module}.FUNCTION` begins anew, with nothing",
            "  that was before; a library of `open` is over.",
        ]
    if outline.methods:
        lines.append(
            "- Objects of the library are freed by `close()`, by `with`, or when let go of."
        )
    if len(outline.spaces) > 1:
        names = ", ".join(f"`{each.module}`" for each in outline.spaces[1:])
        lines.append(f"- Its interfaces are modules: {names}.")
    lines += [
        "",
        "Made by wherever; to make it again:",
        "",
        "```console",
        f"$ wherever bind {_source(library)} --lang python --name {library.name}"
        f" --package-version {library.version}",
        "```",
    ]
    return "\n".join(lines) + "\n"


class _Example:
    """One call with values of the real types."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline

    def lines(self) -> list[str]:
        outline = self._outline
        space, signature = self._chosen()
        imports = [f"import {outline.module}"]
        if space.name and not outline.imports:
            imports = [f"import {space.module}"]
        if not outline.imports:
            return [*imports, "", *self._call(outline.module, space, signature)]
        lines = [
            *imports,
            "",
            "",
            *self._host(),
            "",
            f"lib = {outline.module}.open(imports=Host())",
        ]
        return [*lines, *self._call("lib", space, signature)]

    def _chosen(self) -> tuple[Space, Signature | None]:
        for space in self._outline.spaces:
            for item in space.members.values():
                if isinstance(item, Signature):
                    return space, item
        return self._outline.top, None

    def _call(self, before: str, space: Space, signature: Signature | None) -> list[str]:
        if signature is None:
            name = next((n for n, k in space.kinds.items() if k.kind == "resource"), "")
            return [f"help({before}{name and f'.{name}'})"]
        kinds = [kind for _, kind in signature.function.params]
        given = kinds[: max(trailing_options(kinds), 1)]
        own = f"{before}.{space.name}" if space.name else before
        text = f"{own}.{signature.name}({', '.join(self._value(each, 0) for each in given)})"
        return [text if signature.returns is None else f"answer = {text}"]

    def _host(self) -> list[str]:
        """Something that gives the functions of the first interface that is imported."""
        outline, lines = self._outline, ["class Host:"]
        made = outline.top.members[outline.imports]
        for name, function in vars(made).items():
            if callable(function) and not name.startswith("_"):
                params = [each for each in function.__annotations__ if each != "return"]
                lines.append(f"    def {name}({', '.join(['self', *params])}): ...")
        return lines if len(lines) > 1 else [*lines, f"    ...  # see help({outline.module})"]

    def _value(self, kind: Type | None, depth: int) -> str:
        if kind is None or depth > _DEPTH:
            return "None"
        if kind.kind in CLASSED and kind.name:
            made = self._outline.classes.of(kind)
            name = f"{made.__module__}.{made.__name__}"
            part, inner = kind.parts[0]
            if kind.kind == "record":
                return f"{name}({', '.join(self._field(*each, depth) for each in kind.fields)})"
            if kind.kind == "variant":
                given = "" if inner is None else self._value(inner, depth + 1)
                return f"{name}.{camel(part)}({given})"
            return f"{name}.{upper(part)}"
        match kind.kind:
            case "bool":
                return "True"
            case "f32" | "f64":
                return "1.5"
            case "char":
                return '"a"'
            case "string":
                return '"Hello, world!"'
            case "list":
                inner = kind.inner
                return 'b"Hello"' if inner.kind == "u8" else f"[{self._value(inner, depth + 1)}]"
            case "option":
                return self._value(kind.inner, depth + 1) if depth < 2 else "None"
            case "tuple":
                parts = [self._value(each, depth + 1) for _, each in kind.fields]
                return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
            case "result":
                return f"wherever.Ok({self._value(kind.parts[0][1], depth + 1)})"
            case "own" | "borrow":
                return snake(kind.inner.name)
        return "7"

    def _field(self, name: str, kind: Type, depth: int) -> str:
        return f"{snake(name)}={self._value(kind, depth + 1)}"


def _source(library: Library) -> str:
    """What the library's file is called, where that is a name and no digest."""
    name = library.path.name
    return name if name.endswith(".wasm") else f"{library.name}.wasm"
