"""The declarations of a package: what TypeScript, and an editor, know of it."""

from __future__ import annotations

from wherever.bind.typescript.names import ERRORS, camel, declared, free
from wherever.bind.typescript.spelling import definition, docs, indented, is_tagged, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library
    from wherever.bind.typescript.surface import Class, Group, Named, Surface
    from wherever.wit.model import Type

_OPTIONS = """\
/** Settings of one call. */
export interface CallOptions {
  /** Milliseconds that the call may take; then the library is ended with a LimitError. */
  timeout?: number | undefined;
  /** Ends the call, and the library with it. */
  signal?: AbortSignal | undefined;
}
"""

_OPTION = """\
/** An option whose value may itself be undefined. */
export type Option<T> = { tag: "none"; val?: undefined } | { tag: "some"; val: T };
"""


class Declarations:
    """`index.d.ts`, of functions that answer later, or `sync.d.ts`, of those that do at once."""

    def __init__(self, library: Library, surface: Surface, is_async: bool) -> None:
        self._library = library
        self._surface = surface
        self._async = is_async
        self._named = surface.named

    def text(self) -> str:
        """The whole file."""
        exports = [each for each in self._surface.groups if each.exported]
        needs = [each for each in self._surface.groups if not each.exported]
        blocks = [[line] for line in self._head()]
        for group in exports:
            if group.at:
                blocks.append(self._space(group))
                blocks.append(
                    [
                        *docs(group.interface.docs),
                        f"export declare const {declared(group.at)}: {group.space}.Functions;",
                        *self._renamed(group.at),
                    ]
                )
            else:
                blocks += self._top(group)
        blocks += [self._space(group) for group in needs if group.types or group.classes]
        if needs:
            blocks.append(self._imports(needs))
        blocks += [self._open_options(bool(needs)), self._library_object(exports)]
        blocks.append(self._functions_of_ours(bool(needs)))
        found = "\n".join("\n".join(block).rstrip() + "\n" for block in blocks)
        return found + ("\n" + _OPTION if "Option<" in found else "")

    def _head(self) -> list[str]:
        library = self._library
        what = f"{library.description} " if library.description else ""
        lines = [
            '/// <reference lib="esnext.disposable" />\n'
            f"/** {what.replace('*/', '*')}(From {library.name} {library.version},"
            f" {library.digest}.) */",
            f'export {{ {ERRORS} }} from "./runtime/errors.js";',
        ]
        if self._async:
            lines.append(_OPTIONS)
        return lines

    def _types(self, group: Group) -> list[str]:
        lines: list[str] = []
        for name, kind in group.types:
            made = list(definition(name, kind, self._named))
            defined = ("interface ", "type ")
            lines += [f"export {one}" if one.startswith(defined) else one for one in made]
        return lines

    def _top(self, group: Group) -> list[list[str]]:
        blocks = []
        for each in group.functions:
            name = declared(each.name)
            line = f"export declare function {name}{self._signature(each)};"
            if name != each.name:
                line = f"declare function {name}{self._signature(each)};"
            blocks.append([*self._docs(each), line, *self._renamed(each.name)])
        types = self._types(group)
        if types:
            blocks.append(types)
        for one in group.classes:
            blocks.append(self._class(one, True))
            blocks.append([f"export declare const {one.name}: {one.name}Class;"])
        return blocks

    def _renamed(self, name: str) -> list[str]:
        return [f"export {{ {declared(name)} as {name} }};"] if declared(name) != name else []

    def _space(self, group: Group) -> list[str]:
        inner = self._types(group)
        for one in group.classes:
            inner += self._class(one, group.exported)
        if group.exported:
            inner.append("export interface Functions {")
            for each in group.functions:
                method = [*self._docs(each), f"{each.name}{self._signature(each)};"]
                inner += indented(method)
            inner += [f"  readonly {one.name}: {one.name}Class;" for one in group.classes]
            inner.append("}")
        what = docs(group.interface.docs) if not group.exported else []
        return [*what, f"export declare namespace {group.space} {{", *indented(inner), "}"]

    def _class(self, one: Class, exported: bool) -> list[str]:
        optional = "" if exported else "?"
        base = " extends Disposable" if exported else ""
        lines = [*docs(one.type.docs), f"export interface {one.name}{base} {{"]
        for each in one.functions:
            if each.function.kind == "method":
                signature = self._signature(each, exported)
                lines += indented([*self._docs(each), f"{each.name}{signature};"])
        if exported:
            lines += indented(["/** Frees it; it cannot be used afterwards. */", "close(): void;"])
        lines += [f"  [Symbol.dispose]{optional}(): void;", "}"]
        statics = [each for each in one.functions if each.function.kind != "method"]
        if not exported and not statics:
            return lines
        lines.append(f"export interface {one.name}Class {{")
        if exported:
            lines.append(f"  readonly prototype: {one.name};")
            lines.append("  [Symbol.hasInstance](value: unknown): boolean;")
        for each in statics:
            made = f"{each.name}{self._signature(each, exported)};"
            if each.function.kind == "constructor" and not (self._async and exported):
                made = f"new ({self._params(each, exported)}): {one.name};"
            lines += indented([*self._docs(each), made])
        return [*lines, "}"]

    def _imports(self, needs: list[Group]) -> list[str]:
        lines = ["/** What the library calls: given to `open`. */", "export interface Imports {"]
        for group in needs:
            members: list[str] = []
            for each in group.functions:
                members += [*self._docs(each), f"{each.name}{self._signature(each, False)};"]
            for one in group.classes:
                if any(each.function.kind != "method" for each in one.functions):
                    members.append(f"{one.name}: {self._named[one.type]}Class;")
            if not group.at:
                lines += indented(members)
            elif members:
                inner = [*docs(group.interface.docs), f"{group.at}: {{", *indented(members), "};"]
                lines += indented(inner)
        return [*lines, "}"]

    def _open_options(self, has_imports: bool) -> list[str]:
        lines = ["/** Settings of a library. */", "export interface OpenOptions {"]
        if has_imports:
            lines += ["  /** The functions that the library calls. */", "  imports: Imports;"]
        if self._async:
            lines.append("  /** Milliseconds that each call may take. No limit where not given. */")
            lines.append("  timeout?: number | undefined;")
        lines += [
            "  /** Bytes of memory that it may have at most. */",
            "  memory?: number | undefined;",
            "  /** Gets what the library prints; without it that goes to the console. */",
            "  stdout?: ((text: string) => void) | undefined;",
            "  /** Gets what the library prints as errors. */",
            "  stderr?: ((text: string) => void) | undefined;",
            "}",
        ]
        return lines

    def _library_object(self, exports: list[Group]) -> list[str]:
        base = "AsyncDisposable" if self._async else "Disposable"
        lines = [
            "/** A library of your own: with memory, limits and objects that no other has. */",
            f"export interface Library extends {base} {{",
        ]
        for group in exports:
            if group.at:
                lines.append(f"  readonly {group.at}: {group.space}.Functions;")
                continue
            lines += [
                f"  readonly {each.name}: typeof {declared(each.name)};" for each in group.functions
            ]
            lines += [f"  readonly {one.name}: {one.name}Class;" for one in group.classes]
        lines += [
            "  /** Ends it, and calls that have not been answered. */",
            f"  close(): {'Promise<void>' if self._async else 'void'};",
            "}",
        ]
        return lines

    def _functions_of_ours(self, has_imports: bool) -> list[str]:
        optional = "" if has_imports else "?"
        answer = "Promise<Library>" if self._async else "Library"
        return [
            "/** Opens a library of your own; close it when you are done. */",
            f"export declare function open(options{optional}: OpenOptions): {answer};",
            "",
            "/** Settings of the library behind the functions above; it opens anew with them. */",
            "export declare function configure(options: OpenOptions): void;",
        ]

    def _docs(self, each: Named) -> list[str]:
        result = each.function.result
        more: tuple[str, ...] = ()
        if result is not None and result.kind == "result":
            error = result.parts[1][1]
            payload = "" if error is None else f" with a payload of `{text(error, self._named)}`"
            more = (f"@throws {{ResultError}}{payload}",)
        return docs(each.function.docs, more)

    def _signature(self, each: Named, exported: bool = True) -> str:
        function = each.function
        result = function.result
        answer: Type | None = result
        if result is not None and result.kind == "result":
            answer = result.parts[0][1]
        said = text(answer, self._named)
        if self._async:
            said = f"Promise<{said}>" if exported else f"{said} | PromiseLike<{said}>"
        return f"({self._params(each, exported)}): {said}"

    def _params(self, each: Named, exported: bool) -> str:
        function = each.function
        params = function.params[1:] if function.kind == "method" else function.params
        words = []
        for name, kind in params:
            said = text(kind, self._named)
            if exported and kind.kind == "option" and not is_tagged(kind):
                said = f"{text(kind.inner, self._named)} | null | undefined"
            words.append(f"{declared(camel(name))}: {said}")
        if exported and self._async:
            taken = {camel(name) for name, _ in params}
            words.append(f"{free('options', taken)}?: CallOptions")
        return ", ".join(words)
