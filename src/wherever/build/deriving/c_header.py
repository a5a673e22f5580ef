"""The world of a library in C out of its header: its types, its functions, and their calls."""

from __future__ import annotations

from dataclasses import dataclass

from wherever.build.deriving import c_calls, c_names, c_source, derived
from wherever.build.deriving.c_shapes import TAGGED, Shapes, Unsayable
from wherever.build.deriving.c_types import CType, parsed
from wherever.errors import InputError
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wherever.build.deriving.c_calls import Call
    from wherever.build.deriving.c_source import Declared, Source
    from wherever.build.project import Project

ENDINGS = (".h", ".hpp", ".hh", ".hxx")
"""Of headers; all but the first are C++."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A project with the world of its header.

    Attributes:
        project: it, as if the world had been written for it.
        header: the header, below the project's folder.
        calls: the functions, in the header's order.
        ends: resources, each with the struct's pointer, the function that is its end, or "", and
            whether its memory is ours.
        left_out: what others cannot call, in words.
    """

    project: Project
    header: str
    calls: tuple[Call, ...]
    ends: tuple[tuple[Type, str, str, bool], ...]
    left_out: tuple[str, ...]


def of(project: Project) -> Path | None:
    """The header that the world comes from: the one that `[build] wit` names, or the main file's.

    A main file that says itself what it exports, as the canonical ABI has it, is left alone.

    Raises:
        InputError: it is named, and not there.
    """
    build = project.manifest.build
    if build.wit.endswith(ENDINGS):
        path = project.folder / build.wit
        if not path.is_file():
            raise InputError(
                f"{project.name}: [build] wit names {build.wit}, which is not there",
                "check the path",
            )
        if build.world:
            raise InputError(
                f"{project.name}: [build] world names a world of WIT, and wit a header",
                "leave world away: the header's world is called library",
            )
        return path
    if not derived.is_wanted(project) or b"export_name" in project.main.read_bytes():
        return None
    beside = (project.main.with_suffix(ending) for ending in ENDINGS)
    shared = (project.folder / "include" / f"{project.main.stem}{ending}" for ending in ENDINGS)
    return next((path for path in (*beside, *shared) if path.is_file()), None)


def derive(
    project: Project, header: Path, flags: Sequence[str | Path], target: Path, *, is_cpp: bool
) -> Derived:
    """The world of a header.

    Args:
        project: whose it is.
        header: the header.
        flags: what the compiler needs to read it.
        target: the scratch folder of the build.
        is_cpp: it is one of C++, of which only what is `extern "C"` can be called.

    Raises:
        InputError: it declares nothing that others could call.
        BuildFailed: the compiler refused it.
    """
    source = c_source.read(header, project.folder, flags, target, is_cpp=is_cpp)
    found = _Header(source, derived.home(project))
    if not found.calls:
        raise InputError(
            "\n".join(
                (f"{source.path} declares no function that others could call", *found.left())
            ),
            "declare one with types that WIT has",
        )
    functions = [each.function for each in found.calls]
    made = derived.world(project, found.types(), functions, target)
    return Derived(made, source.path, tuple(found.calls), tuple(found.ends()), tuple(found.left()))


class _Header:
    def __init__(self, source: Source, home: str) -> None:
        self._source = source
        self._shapes = Shapes(source, home)
        self._left: dict[tuple[str, str], list[str]] = {}
        self._handles: dict[str, CType] = {}
        self._enders: dict[str, str] = {}
        self._makers: dict[str, str] = {}
        self._stored: set[str] = set()
        self.calls: list[Call] = []
        functions = [each for each in source.declared if self._is_function(each)]
        self._shapes.taken = {derived.kebab(each.name) for each in functions}
        self._find_handles(functions)
        silent = {*self._enders.values(), *self._shapes.ends.values()}
        used: set[str] = set()
        for each in functions:
            if each.name not in silent:
                try:
                    self._add(each, used)
                except Unsayable as error:
                    self._leave(each, error.why, error.instead)

    def _add(self, declared: Declared, used: set[str]) -> None:
        made = c_calls.call(declared, self._shapes, self._makers, used, self._stored)
        self.calls.append(made)

    def types(self) -> list[Type]:
        """The types that the functions use, and what those hold."""
        seen: set[Type] = set()

        def walk(kind: Type | None) -> None:
            if kind is not None and kind not in seen:
                seen.add(kind)
                for _, each in kind.parts:
                    walk(each)

        for each in self.calls:
            for kind in (*(kind for _, kind in each.function.params), each.function.result):
                walk(kind)
        return [kind for kind in self._shapes.named if kind in seen]

    def ends(self) -> Iterable[tuple[Type, str, str, bool]]:
        """The resources among them."""
        used = self.types()
        for at, kind in self._handles.items():
            resource = self._shapes.resources[at]
            if resource in used:
                end = self._enders.get(at, "")
                yield resource, f"{kind.spelled} *", end, at in self._stored

    def left(self) -> list[str]:
        """What is left out, told once for each reason; and what is never freed."""
        path = self._source.path
        said = [
            f"{path}: left out: {', '.join(names)}: {why}; {instead}"
            for (why, instead), names in self._left.items()
        ]
        said += [
            f"{path}: a {resource.name} is never freed; declare"
            f" `void {pointer.rstrip(' *').rpartition(' ')[2]}_free({pointer})`"
            for resource, pointer, end, is_ours in self.ends()
            if not (end or is_ours)
        ]
        return said

    def _leave(self, declared: Declared, why: str, instead: str) -> None:
        self._left.setdefault((why, instead), []).append(f"{declared.name} ({declared.line})")

    def _is_function(self, declared: Declared) -> bool:
        if declared.name.startswith("_") or declared.name == "main":
            return False
        if declared.params is None:
            self._leave(declared, "it is a variable", "write a function that returns it")
        elif not declared.is_c:
            self._leave(declared, "it is a function of C++", 'declare it in extern "C"')
        elif declared.is_old:
            self._leave(declared, "it is deprecated", "call what took its place")
        else:
            return True
        return False

    def _find_handles(self, functions: list[Declared]) -> None:
        """Structs known by a pointer: something makes them, and something else takes them."""
        takers: dict[str, list[Declared]] = {}
        makers: dict[str, list[Declared]] = {}
        spelled: dict[str, CType] = {}
        loose: list[Declared] = []
        for each in functions:
            types = [parsed(param.type, self._source) for param in each.params or ()]
            made = {_made(parsed(each.result, self._source)), *(_made(kind, 1) for kind in types)}
            for kind in made - {None}:
                assert kind is not None
                makers.setdefault(kind.name, []).append(each)
                spelled.setdefault(kind.name, kind)
            for kind in types:
                if kind.kind == "pointer" and kind.target.kind in TAGGED:
                    takers.setdefault(kind.target.name, []).append(each)
            if len(types) == 1 and types[0].kind == "pointer" and each.result == "void":
                target = types[0].target
                if (target.is_char or target.kind == "void") and not target.is_const:
                    loose.append(each)
        for at, taken_by in takers.items():
            ends = [each for each in taken_by if len(each.params or ()) == 1]
            end = max(ends, key=lambda each: c_names.ends(each.name), default=None)
            if end is not None and c_names.ends(end.name):
                self._enders[at] = self._shapes.ends[at] = end.name
        for at, made_by in makers.items():
            others = {each.name for each in takers.get(at, ())} - {self._enders.get(at)}
            record = self._source.records[at]
            is_known = record.is_whole and not record.is_union
            if not is_known or (at in self._enders and others):
                self._handle(at, spelled[at], made_by)
        self._find_filled(functions, takers.keys() - makers.keys())
        end = max(loose, key=lambda each: c_names.ends(each.name), default=None)
        if end is not None and c_names.ends(end.name):
            self._shapes.ends[""] = end.name

    def _find_filled(self, functions: list[Declared], found: Iterable[str]) -> None:
        """Structs that are filled by an `init`, and never handed over by themselves."""
        filled: dict[str, tuple[CType, Declared]] = {}
        values: set[str] = set()
        users: dict[str, int] = {}
        for each in functions:
            types = [parsed(param.type, self._source) for param in each.params or ()]
            values |= {kind.name for kind in (*types, parsed(each.result, self._source))}
            for kind in types[:1]:
                target = kind.target
                if kind.kind == "pointer" and target.kind == "record":
                    users[target.name] = users.get(target.name, 0) + 1
                    if "init" in c_names.words(each.name) and each.result == "void":
                        filled.setdefault(target.name, (target, each))
        for at in sorted(set(found) & filled.keys() - values, key=lambda at: filled[at][1].line):
            kind, each = filled[at]
            if self._source.records[at].is_whole and users[at] > 1 and not kind.is_const:
                self._handle(at, kind, [])
                self._makers[at] = each.name
                self._stored.add(at)

    def _handle(self, at: str, kind: CType, made_by: list[Declared]) -> None:
        self._handles[at] = kind
        name = self._shapes.name(kind)
        docs = self._source.records[at].docs
        resource = Type("resource", (), name, self._shapes.home, docs)
        self._shapes.resources[at] = resource
        self._shapes.named.append(resource)
        makes = [
            each
            for each in made_by
            if c_names.makes(each.name) and _made(parsed(each.result, self._source)) is not None
        ]
        if makes:
            wanted = f"{name.replace('-', '_')}_new"
            best = min(makes, key=lambda each: (each.name.lower() != wanted, each.line))
            self._makers[at] = best.name


def _made(kind: CType, deep: int = 0) -> CType | None:
    """The struct that a result points to, or what a parameter's place is for."""
    for _ in range(deep + 1):
        if kind.kind != "pointer":
            return None
        kind = kind.target
    return kind if kind.kind in TAGGED and not kind.is_const else None
