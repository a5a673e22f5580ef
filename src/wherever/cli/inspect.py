"""`wherever inspect`: what a program needs and offers, without running it."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from wherever.package.layout import Opened
    from wherever.wasm import Component, Module
    from wherever.wasm.model import Table

    Card = list[tuple[str, str, list[str]]]

HELP = "Show what a program needs and offers, without running it."

LONGEST_LIST = 40
"""Entries of one list that are shown; JSON has all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("what", metavar="WHAT", help="a file, or a name from `wherever programs`")
    parser.add_argument("--wit", action="store_true", help="print its world as WIT")
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Print the permission card of a program, and what its sections say."""
    import os

    from wherever.errors import NotRunnable
    from wherever.run.resolve import resolve

    program = resolve(args.what)
    name = program.name
    try:
        data = _bytes(program.wasm, name)
        recipe = [_bytes(path, path) for path in (program.provide, program.starter) if path]
    finally:
        program.clear()
    if program.is_script:
        name = f"{os.path.basename(program.wasm)}, which runs {name}"
    try:
        if args.wit:
            text = _wit(data, args.json)
        else:
            text = _whole(name, data, recipe, args.json, program.package)
    except NotRunnable as error:
        raise NotRunnable(f"{name}: {error.what}", error.hint) from None
    print(text)
    return 0


def _wit(data: bytes, as_json: bool) -> str:
    from wherever.wasm import world

    text = world(data)
    return _json({"wit": text}) if as_json else text.rstrip("\n")


def _whole(
    name: str, data: bytes, recipe: list[bytes], as_json: bool, package: Opened | None
) -> str:
    from wherever.wasm import read

    found = read(data)
    card = _card(found, recipe)
    if as_json:
        described = _described(name, data, found, card)
        return _json({**described, "package": _package(package, data)} if package else described)
    page = _page(name, found, card)
    return f"{_heading(package, data)}\n\n{page}" if package else page


def _heading(package: Opened, data: bytes) -> str:
    """A package's name, and its permission card: proved, asked for."""
    from wherever.cli.terminal import escape
    from wherever.package.card import card
    from wherever.package.news import news

    manifest = package.manifest
    label = f"{manifest.name or 'a package without a name'} {manifest.version or ''}".rstrip()
    lines = [f"{label}, {package.digest}"]
    if manifest.description:
        lines.append(escape(manifest.description[:200]))
    found = news(package)
    if found is not None and found.wants:
        lines += ["", f"{found.headline()}:", *(f"  {sentence}" for sentence in found.wants)]
    return "\n".join([*lines, "", card(data, manifest).text()])


def _package(package: Opened, data: bytes) -> dict[str, Any]:
    from dataclasses import asdict

    from wherever.package.card import card
    from wherever.package.news import news

    found = news(package)
    return {
        "digest": package.digest,
        "manifest": package.manifest.to_json(),
        "card": [asdict(row) for row in card(data, package.manifest).rows()],
        "wants_more": list(found.wants) if found is not None else [],
    }


def _bytes(path: str, name: str) -> bytes:
    from wherever.engine.source import LARGEST
    from wherever.errors import InputError
    from wherever.wasm import sniff

    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}") from None
    if len(data) > LARGEST:
        raise InputError(f"{name} has more than {LARGEST >> 20} MiB, which nothing here runs")
    if path.endswith(".wat") or sniff(data[:4096]) == "wat":
        from wherever.engine.compile_child import from_text

        return from_text(data, name)
    return data


def _json(value: dict[str, Any]) -> str:
    import json

    return json.dumps(value, indent=2)


# ----- what is known of it


def kind_of(found: Module | Component) -> str:
    """What a program is for, in words, by what it exports."""
    from wherever.wasm.handlers import answers

    exports = {export.name.partition("@")[0] for export in found.exports}
    if not _is_module(found):
        if "wasi:cli/run" in exports:
            return "a component, a command of WASI 0.2"
        if answers(exports):
            return "a component that answers HTTP (wherever serve)"
        return "a component, a library"
    if "_start" in exports:
        return "a module, a command"
    return "a module, a library" + (" (a reactor)" if "_initialize" in exports else "")


def _is_module(found: Module | Component) -> bool:
    from wherever.wasm import Module

    return isinstance(found, Module)


def _modules(found: Module | Component) -> Iterator[Module]:
    from wherever.wasm import Module

    if isinstance(found, Module):
        yield found
        return
    yield from found.modules
    for inner in found.components:
        yield from _modules(inner)


def _card(found: Module | Component, recipe: list[bytes]) -> Card:
    """The permission card of a program together with what its recipe brings for it."""
    from wherever.wasm import reach, read

    wanted = [(i.module, i.name, i.kind, i.type) for i in found.imports]
    given: set[str] = set()
    for helper in map(read, recipe):
        given |= {export.name for export in helper.exports}
        # The program and the other part of its recipe, which are on the card themselves.
        wanted += [
            (i.module, i.name, i.kind, i.type)
            for i in helper.imports
            if i.module not in ("guest", "provide")
        ]
    return reach([entry for entry in wanted if f"{entry[0]}#{entry[1]}" not in given])


def _described(name: str, data: bytes, found: Module | Component, card: Card) -> dict[str, Any]:
    from dataclasses import asdict
    from hashlib import sha256

    inside = not _is_module(found)
    return {
        "name": name,
        "digest": f"sha256:{sha256(data).hexdigest()}",
        "kind": "component" if inside else "module",
        "what": kind_of(found),
        "size": found.size,
        "reach": [
            {"subject": subject, "words": words, "imports": proof} for subject, words, proof in card
        ],
        "imports": [asdict(entry) for entry in found.imports],
        "exports": [asdict(entry) for entry in found.exports],
        "memories": [
            {**asdict(memory), "largest": memory.largest}
            for module in _modules(found)
            for memory in module.memories
            if not (memory.imported and inside)
        ],
        "tables": [
            asdict(table)
            for module in _modules(found)
            for table in module.tables
            if not (table.imported and inside)
        ],
        "features": sorted(found.features),
        "producers": found.producers,
        "modules": len(list(_modules(found))) if inside else 0,
        "sections": [asdict(section) for section in found.sections],
        "customs": [asdict(custom) for custom in found.customs],
    }


# ----- the page for people


def _page(name: str, found: Module | Component, card: Card) -> str:
    from wherever.cli.terminal import escape, table
    from wherever.policy.quantity import format_bytes

    parts = [f"{escape(name)}: {kind_of(found)}, {format_bytes(found.size)}"]
    rows = [(subject, words) for subject, words, _ in card]
    if not rows:
        rows = [("nothing", "it imports nothing that leads out of the box")]
    parts.append("what it can reach, proved by its imports:\n" + table(rows, "  "))
    parts.append("what it needs:\n" + table(list(_needs(found)), "  "))
    for title, lines in (("imports", _imports(found)), ("exports", _exports(found))):
        if lines:
            parts.append(f"{title}:\n" + _listed(lines))
    made_by = [
        (field, ", ".join(f"{tool} {version}".strip() for tool, version in tools))
        for field, tools in found.producers.items()
    ]
    if made_by:
        parts.append("made by:\n" + table(made_by, "  "))
    parts.append("made of:\n" + table(list(_sections(found)), "  "))
    return "\n\n".join(parts)


def _needs(found: Module | Component) -> Iterator[tuple[str, str]]:
    from wherever.policy.quantity import format_bytes

    inside = not _is_module(found)
    for module in _modules(found):
        for memory in module.memories:
            if memory.imported and inside:
                continue
            most = format_bytes(memory.largest)
            if memory.is64 and memory.max is None:
                most = "any size"
            words = f"{format_bytes(memory.min * memory.page_size)} at the start, "
            words += f"may grow to {most}"
            marks = [
                mark
                for mark, is_so in (
                    ("imported", memory.imported),
                    ("shared by threads", memory.shared),
                    ("64-bit", memory.is64),
                )
                if is_so
            ]
            yield "memory", words + (f" ({', '.join(marks)})" if marks else "")
        for table in module.tables:
            if not (table.imported and inside):
                yield "table", f"{table.min} of {table.element}, {_growth(table)}"
    yield "features", ", ".join(sorted(found.features)) or "none beyond WebAssembly 1.0"


def _growth(table: Table) -> str:
    if table.max == table.min:
        return "fixed"
    return f"may grow to {'any number' if table.max is None else table.max}"


def _imports(found: Module | Component) -> list[str]:
    lines: list[str] = []
    modules: dict[str, list[str]] = {}
    for entry in found.imports:
        if entry.module:
            text = entry.name if entry.kind == "func" else f"{entry.name} ({entry.kind})"
            modules.setdefault(entry.module, []).append(text)
        else:
            lines.append(_described_name(entry.name, entry.kind, entry.type, entry.functions))
    lines += [f"{module}: {', '.join(names)}" for module, names in modules.items()]
    return lines


def _exports(found: Module | Component) -> list[str]:
    return [
        _described_name(entry.name, entry.kind, entry.type, entry.functions)
        for entry in found.exports
    ]


def _described_name(name: str, kind: str, text: str, functions: Iterable[tuple[str, str]]) -> str:
    if kind == "instance":
        return ": ".join(filter(None, (name, ", ".join(inner for inner, _ in functions))))
    if kind == "func":
        return f"{name}: {text}"
    return f"{name}: {kind} {text}".rstrip()


def _listed(lines: list[str]) -> str:
    from textwrap import fill

    from wherever.cli.terminal import escape

    shown = [
        fill(escape(line), 96, initial_indent="  ", subsequent_indent="      ",
             break_on_hyphens=False)
        for line in lines[:LONGEST_LIST]
    ]  # fmt: skip
    if len(lines) > LONGEST_LIST:
        shown.append(f"  ... and {len(lines) - LONGEST_LIST} more; --json shows all")
    return "\n".join(shown)


def _sections(found: Module | Component) -> Iterator[tuple[str, str]]:
    from wherever.policy.quantity import format_bytes

    sizes: dict[str, int] = {}
    for section in found.sections:
        if section.name != "custom":
            sizes[section.name] = sizes.get(section.name, 0) + section.size
    for name, size in sizes.items():
        yield name, format_bytes(size)
    for custom in found.customs[:LONGEST_LIST]:
        yield f"custom {custom.name[:60]!r}", format_bytes(custom.size)
    if len(found.customs) > LONGEST_LIST:
        yield "...", f"{len(found.customs) - LONGEST_LIST} more custom sections"
