"""The Go of calls into a library, and out of it."""

from __future__ import annotations

from wherever.bind.c.types import BY_VALUE
from wherever.bind.go.declared import docs
from wherever.bind.go.spelling import named
from wherever.bind.native.surface import err_of, ok_of, pascal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.go.spelling import Spelling
    from wherever.bind.native.surface import Member, Surface
    from wherever.wit.model import Type

_METHODS = ("Close", "Reset", "Interrupt", "SetTimeout")


class Calling:
    """The calls of one library."""

    def __init__(self, surface: Surface, spelling: Spelling) -> None:
        self.surface = surface
        self.spelling = spelling

    def function(self, member: Member, of: str) -> list[str]:
        """A function of an interface."""
        name = _method(member.function.name)
        begin = "l.begin()" if of == "Library" else "l.library.begin()"
        receiver = "l *Library" if of == "Library" else f"l {of}"
        return self._whole(member, f"func ({receiver}) {name}", name, begin, 0)

    def resource(self, kind: Type) -> list[str]:
        """The struct of a resource of the library."""
        name, number = self.spelling.name(kind), self.surface.ours.index(kind)
        lines = [
            *(docs(name, kind.docs) or [f"// {name} is a resource of the library."]),
            "// It ends when it is closed, or when nobody has it any more.",
            f"type {name} struct {{",
            "\tlibrary *Library",
            "\tid, turn uint64",
            "\tisGone   bool",
            "}",
            "",
        ]
        for member in self.surface.members(kind):
            function = member.function
            if function.kind == "method":
                own = _method(function.name)
                begin = "r.library.begin()"
                lines += self._whole(member, f"func (r *{name}) {own}", own, begin, 1)
            else:
                own = (
                    f"New{name}" if function.kind == "constructor" else name + pascal(function.name)
                )
                own = self.spelling.unique.free(own)
                lines += self._whole(member, f"func {own}", own, "library.begin()", 0)
        return [
            *lines,
            f"// Close ends the {name} in the library.",
            f"func (r *{name}) Close() error {{",
            "\tg, err := r.library.begin()",
            "\tif err != nil {",
            "\t\treturn err",
            "\t}",
            "\tdefer g.end()",
            "\tif r.isGone || r.turn != g.s.turn {",
            "\t\treturn nil",
            "\t}",
            "\tr.gone()",
            f"\treturn g.check(g.s.drop({number}, r.id))",
            "}",
            "",
            f"func (r *{name}) gone() {{",
            "\tr.isGone = true",
            "\truntime.SetFinalizer(r, nil)",
            "}",
            "",
            f"func (r *{name}) lend(g *given) uint64 {{",
            "\tif r == nil || r.isGone || r.library.s != g.s || r.turn != g.s.turn {",
            "\t\tg.fail(missing())",
            "\t\treturn 0",
            "\t}",
            "\treturn r.id",
            "}",
            "",
            f"func (r *{name}) give(g *given) uint64 {{",
            "\tid := r.lend(g)",
            "\tif r != nil {",
            "\t\tg.ours = append(g.ours, r)",
            "\t}",
            "\treturn id",
            "}",
            "",
            f"func take{name}(g *given, id uint64) *{name} {{",
            f"\tr := &{name}{{library: g.s.current, id: id, turn: g.s.turn}}",
            f"\truntime.SetFinalizer(r, func(r *{name}) {{",
            f"\t\tr.library.s.dropLater({number}, r.id, r.turn)",
            "\t})",
            "\treturn r",
            "}",
            "",
        ]

    def drops(self) -> list[str]:
        """What gives up a resource of the library, by its number."""
        lines = ["func (s *state) drop(number int, id uint64) C.int {", "\tswitch number {"]
        for number, kind in enumerate(self.surface.ours):
            called = f"C.{self.surface.drop(kind)}(s.handle, C.uint64_t(id))"
            lines += [f"\tcase {number}:", f"\t\treturn {called}"]
        return [*lines, "\t}", "\treturn 0", "}", ""]

    def _whole(self, member: Member, head: str, own: str, begin: str, skip: int) -> list[str]:
        surface, spelling, function = self.surface, self.spelling, member.function
        params = spelling.params(function, skip)
        if begin == "library.begin()":
            params = ["library *Library", *params]
        result = function.result
        value = ok_of(result) if result is not None and result.kind == "result" else result
        none = "" if value is None else "found, "
        returned = "(err error)"
        if value is not None:
            returned = f"(found {spelling.type(value)}, err error)"
        lines = [
            *docs(own, function.docs),
            f"{head}({', '.join(params)}) {returned} {{",
            f"\tg, err := {begin}",
            "\tif err != nil {",
            f"\t\treturn {none}err",
            "\t}",
            "\tdefer g.end()",
        ]
        passed = ["g.s.handle"]
        for at, (label, kind) in enumerate(function.params):
            given = "r" if skip and at == 0 else named(label)
            if spelling.is_simple(kind):
                passed.append(f"{spelling.c(kind)}({given})")
                continue
            c = spelling.c(kind)
            lines += [f"\tp{at} := room[{c}](g, 1)", f"\t{spelling.give(kind, given, f'(*p{at})')}"]
            passed.append(f"*p{at}" if kind.kind in BY_VALUE else f"p{at}")
        if result is not None:
            lines.append(f"\tc0 := room[{spelling.c(result)}](g, 1)")
            passed.append("c0")
        lines += [
            "\tif g.err != nil {",
            f"\t\treturn {none}g.err",
            "\t}",
            f"\tif err := g.check(C.{surface.called(member)}({', '.join(passed)})); err != nil {{",
            f"\t\treturn {none}err",
            "\t}",
        ]
        if result is None:
            return [*lines, "\treturn nil", "}", ""]
        if result.kind != "result":
            return [*lines, f"\treturn {spelling.take(result, '(*c0)')}, nil", "}", ""]
        err = err_of(result)
        fault = "struct{}{}" if err is None else spelling.take(err, _union(spelling, err))
        lines += [
            "\tif c0.is_err {",
            f"\t\treturn {none}&Failure[{spelling.type(err)}]{{{fault}}}",
            "\t}",
        ]
        if value is None:
            return [*lines, "\treturn nil", "}", ""]
        return [*lines, f"\treturn {spelling.take(value, _union(spelling, value))}, nil", "}", ""]

    def callbacks(self) -> list[str]:
        """The one function that all callbacks go through."""
        members = self.surface.called_back()
        most = max((len(each.function.params) for each in members), default=0)
        lines = [
            f"const mostParams = {most + 1}",
            "",
            "func (g *given) call("
            "number int, args []unsafe.Pointer, result unsafe.Pointer) error {",
            "\tswitch number {",
        ]
        for number, member in enumerate(members):
            lines += [f"\tcase {number}:", *(f"\t\t{line}" for line in self._callback(member))]
        return [*lines, "\t}", '\treturn errors.New("there is no such callback")', "}", ""]

    def _callback(self, member: Member) -> list[str]:
        surface, spelling, function = self.surface, self.spelling, member.function
        words = [
            spelling.take(kind, f"(*(*{spelling.c(kind)})(args[{at}]))")
            for at, (_, kind) in enumerate(function.params)
        ]
        if function.kind == "method":
            called = f"{words[0]}.{pascal(function.name)}({', '.join(words[1:])})"
        else:
            called = f"g.s.imports.{pascal(surface.callback(member))}({', '.join(words)})"
        result = function.result
        if result is None:
            return [f"return {called}"]
        to = f"to := (*{spelling.c(result)})(result)"
        if result.kind != "result":
            return [
                f"got, err := {called}",
                "if err != nil {",
                "\treturn err",
                "}",
                to,
                spelling.give(result, "got", "(*to)"),
                "return nil",
            ]
        ok, err = ok_of(result), err_of(result)
        lines = [f"got, err := {called}" if ok is not None else f"err := {called}", to]
        lines += ["if err != nil {", f"\tvar failure *Failure[{spelling.type(err)}]"]
        lines += ["\tif errors.As(err, &failure) {", "\t\tto.is_err = true"]
        if err is not None:
            place = _union(spelling, err, "to")
            lines.append(f"\t\t{spelling.give(err, 'failure.Value', place)}")
        lines += ["\t\treturn nil", "\t}", "\treturn err", "}"]
        if ok is not None:
            lines.append(spelling.give(ok, "got", _union(spelling, ok, "to")))
        return [*lines, "return nil"]


def _union(spelling: Spelling, kind: Type, base: str = "c0") -> str:
    return f"(*(*{spelling.c(kind)})(unsafe.Pointer(&{base}.value)))"


def _method(name: str) -> str:
    text = pascal(name)
    return f"{text}_" if text in _METHODS else text
