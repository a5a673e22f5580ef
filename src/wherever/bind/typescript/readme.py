"""The README of a package: how to install it, one example of its own, how to make it again."""

from __future__ import annotations

import json

from wherever.bind.typescript.entries import names
from wherever.bind.typescript.names import camel, declared
from wherever.bind.typescript.spelling import ARRAYS
from wherever.wit.model import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library
    from wherever.bind.typescript.surface import Class, Named, Surface
    from wherever.wit.model import Type

_DEPTH = 4


def readme(library: Library, surface: Surface) -> str:
    """The text of README.md."""
    has_imports = any(not each.exported for each in surface.groups)
    size = f"{library.digest[:19]}..."
    lines = [
        f"# {library.name}",
        "",
        *([library.description, ""] if library.description else []),
        f"WebAssembly in a sandbox, for Node 20 and later and for browsers: {library.name}"
        f" {library.version}, `{size}`.",
        "",
        "```console",
        "$ npm install file:bindings/typescript",
        "```",
        "",
        "```ts",
        *_example(library, surface, has_imports),
        "```",
        "",
        "Every function answers with a promise: the library runs in a worker, so that a call that",
        "runs on can be ended. `timeout` is in milliseconds, for one call or for all:",
        "",
        "```ts",
        *_limits(library, surface, has_imports),
        "```",
        "",
        f"Without a worker: `import ... from {json.dumps(f'{library.name}/sync')}` has the same"
        " functions, which answer at once and cannot be ended.",
        "",
        "- Errors: `ResultError` (what a function answers when it fails, with its `payload`),",
        "  `LimitError` (`limit` is `timeout` or `memory`), `TrapError`, `ClosedError`. After a",
        "  limit or a trap a library of `open` is over; the functions at the top begin anew by",
        "  themselves.",
        "- The library sees no files, no network and no variables. What it prints goes to the",
        "  console, or to `stdout` and `stderr` of `open`.",
    ]
    if has_imports:
        lines += [
            "- It calls functions of yours, `imports`, which may be asynchronous. The worker waits",
            "  for them in shared memory, which a browser has only on pages that are served with",
            "  `Cross-Origin-Opener-Policy: same-origin` and",
            "  `Cross-Origin-Embedder-Policy: require-corp`; elsewhere use `sync`, with functions",
            "  that answer at once. A function of yours must not wait for the library itself.",
        ]
    if any(group.exported and group.classes for group in surface.groups):
        lines += [
            "- Objects of the library are freed by `close()`, by `using`, or some time after you",
            "  let go of them.",
        ]
    lines += [
        "",
        "Made by [wherever](https://pypi.org/project/wherever/); to make it again:",
        "",
        "```console",
        f"$ wherever bind {library.path.name} --lang typescript -o bindings --name {library.name}",
        "```",
    ]
    return "\n".join(lines) + "\n"


def _example(library: Library, surface: Surface, has_imports: bool) -> list[str]:
    group, function, owner = _chosen(surface)
    if has_imports:
        lines = [*_with_imports(library, surface), "", "const lib = await open({ imports });"]
        return [*lines, *_calls(surface, "lib.", group, function, owner)]
    first = group or (owner.name if owner else function.name)
    renamed = f"{first} as {declared(first)}" if declared(first) != first else first
    lines = [f"import {{ {renamed} }} from {json.dumps(library.name)};", ""]
    return [*lines, *_calls(surface, "", group, function, owner)]


def _limits(library: Library, surface: Surface, has_imports: bool) -> list[str]:
    given = "imports, " if has_imports else ""
    head = f"import {{ open }} from {json.dumps(library.name)};"
    return [
        *(_with_imports(library, surface) if has_imports else [head]),
        "",
        f"const lib = await open({{ {given}timeout: 1000, memory: 256 * 2 ** 20 }});",
        "// lib has everything that the package has: " + ", ".join(names(surface)[:4]),
        "await lib.close();",
    ]


def _with_imports(library: Library, surface: Surface) -> list[str]:
    """Where the host's functions come from is the reader's affair; which they are is told."""
    parts = []
    for group in surface.groups:
        own = [each.name for each in group.functions]
        own += [
            each.name
            for each in group.classes
            if any(one.function.kind != "method" for one in each.functions)
        ]
        if not group.exported and own:
            parts += [f"{group.at}: {{ {', '.join(own)} }}"] if group.at else own
    return [
        f"import {{ open, type Imports }} from {json.dumps(library.name)};",
        "",
        f"declare const imports: Imports; // {{ {', '.join(parts)} }}",
    ]


def _chosen(surface: Surface) -> tuple[str, Named, Class | None]:
    """A function to show: one that can be called with values alone, where there is any."""
    every: list[tuple[str, Named, Class | None]] = []
    for group in surface.groups:
        if group.exported:
            every += [(group.at, each, None) for each in group.functions]
            every += [(group.at, each, one) for one in group.classes for each in one.functions]

    def cost(shown: tuple[str, Named, Class | None]) -> tuple[bool, bool]:
        params = shown[1].function.params
        return any(_has_handle(kind) for _, kind in params), not params

    return min(every, key=cost)


def _has_handle(kind: Type) -> bool:
    return any(each.kind in ("own", "borrow") for each in within([kind]))


def _calls(
    surface: Surface, before: str, group: str, function: Named, owner: Class | None
) -> list[str]:
    made = function.function
    own = group and f"{group}."
    if any(_has_handle(kind) for _, kind in made.params):
        of = f"objects of {owner.name} have" if owner is not None else f"{before}{own} has"
        return [f"// {of} {function.name}(...)"]
    target = f"{owner.name}." if owner is not None else ""
    args = ", ".join(_value(kind, surface, 0) for _, kind in made.params)
    name = function.name if before or own or target else declared(function.name)
    call = f"await {before}{own}{target}{name}({args})"
    result = made.result
    if result is not None and result.kind == "result":
        result = result.parts[0][1]
    return [f"{call};" if result is None else f"const answer = {call};"]


def _value(kind: Type | None, surface: Surface, depth: int) -> str:
    """Some value of a type, as one would write it."""
    if kind is None or depth > _DEPTH:
        return "undefined"

    def inner(part: Type | None) -> str:
        return _value(part, surface, depth + 1)

    match kind.kind:
        case "bool":
            return "true"
        case "u64" | "s64":
            return "7n"
        case "f32" | "f64":
            return "1.5"
        case "char":
            return '"a"'
        case "string":
            return '"Hello, world!"'
        case "list":
            array = ARRAYS.get(kind.inner.kind)
            value = inner(kind.inner)
            return f"{array}.of({value})" if array else f"[{value}]"
        case "option":
            return inner(kind.inner)
        case "record":
            return (
                f"{{ {', '.join(f'{camel(name)}: {inner(part)}' for name, part in kind.parts)} }}"
            )
        case "tuple":
            return f"[{', '.join(inner(part) for _, part in kind.parts)}]"
        case "flags":
            return f"{{ {camel(kind.parts[0][0])}: true }}"
        case "enum":
            return json.dumps(kind.parts[0][0])
        case "variant" | "result":
            name, part = kind.parts[0]
            value = "" if part is None else f", val: {inner(part)}"
            return f"{{ tag: {json.dumps(name)}{value} }}"
        case "own" | "borrow":
            return camel(kind.inner.name)
    return "7"
