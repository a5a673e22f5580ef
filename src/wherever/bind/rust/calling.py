"""The Rust of calls into a library, and out of it."""

from __future__ import annotations

from wherever.bind.c.types import BY_VALUE
from wherever.bind.native.surface import err_of, ok_of
from wherever.bind.rust.declared import docs
from wherever.bind.rust.ffi import passed
from wherever.bind.rust.spelling import method, named, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Member, Surface
    from wherever.bind.rust.spelling import Spelling
    from wherever.wit.model import Type


class Calling:
    """The calls of one library."""

    def __init__(self, surface: Surface, spelling: Spelling) -> None:
        self.surface = surface
        self.spelling = spelling

    def function(self, member: Member) -> list[str]:
        """A function of an interface."""
        return self._whole(member, ["&self"], 0, "self.state")

    def resource(self, kind: Type) -> list[str]:
        """The struct of a resource of the library."""
        name, drop = self.spelling.name(kind), self.surface.drop(kind)
        lines = [
            *docs(kind.docs),
            f"pub struct {name} {{",
            "    state: Arc<State>,",
            "    id: u64,",
            "    turn: u64,",
            "    is_given: bool,",
            "}",
            "",
            f"impl {name} {{",
        ]
        for member in self.surface.members(kind):
            if member.function.kind == "method":
                lines += self._whole(member, ["&self"], 1, "self.state")
            else:
                lines += self._whole(member, ["library: &Library"], 0, "library.state")
        return [
            *lines,
            f"    fn take(given: &mut Given, id: u64) -> {name} {{",
            "        let turn = given.inner().turn;",
            f"        {name} {{ state: given.state.clone(), id, turn, is_given: false }}",
            "    }",
            "    fn lend(&self, given: &mut Given) -> Result<u64, Error> {",
            "        given.ours(&self.state, self.id, self.turn)",
            "    }",
            "    fn give(mut self, given: &mut Given) -> Result<u64, Error> {",
            "        let id = self.lend(given)?;",
            "        self.is_given = true;",
            f"        given.gave(ffi::{drop}, id, self.turn);",
            "        Ok(id)",
            "    }",
            "}",
            "",
            f"impl Drop for {name} {{",
            "    fn drop(&mut self) {",
            "        if !self.is_given {",
            f"            self.state.drop_later(ffi::{drop}, self.id, self.turn);",
            "        }",
            "    }",
            "}",
            "",
            f"impl std::fmt::Debug for {name} {{",
            "    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {",
            f'        to.write_str("{name}")',
            "    }",
            "}",
            "",
        ]

    def _whole(self, member: Member, first: list[str], skip: int, state: str) -> list[str]:
        spelling, function = self.spelling, member.function
        own = "new" if function.kind == "constructor" else method(function.name)
        params = ", ".join([*first, *spelling.params(function, skip)])
        result = function.result
        lines = [
            *docs(function.docs, "    "),
            f"    pub fn {own}({params}) -> {spelling.returned(result)} {{",
            f"        let mut call = {state}.call()?;",
            "        let given = &mut call.given;",
        ]
        words = []
        for at, (label, kind) in enumerate(function.params):
            value = "self" if skip and at == 0 else named(label)
            lines.append(f"        let c{at} = {spelling.give_param(kind, value)};")
            words.append(f"c{at}" if kind.kind in BY_VALUE else f"&c{at}")
        if result is not None:
            c = spelling.ffi(result)
            lines.append(f"        let mut found: {c} = unsafe {{ std::mem::zeroed() }};")
            words.append("&mut found")
        called = ", ".join(["call.handle()", *words])
        lines += [
            "        // SAFETY: what is given is there until the call is over.",
            f"        let code = unsafe {{ ffi::{self.surface.called(member)}({called}) }};",
            "        call.check(code)?;",
            "        let given = &mut call.given;",
        ]
        if result is None:
            return [*lines, "        Ok(())", "    }"]
        if result.kind != "result":
            return [*lines, f"        Ok({spelling.take(result, 'found')})", "    }"]
        ok, err = ok_of(result), err_of(result)
        good = "()" if ok is None else spelling.take(ok, "found.value.ok")
        bad = "()" if err is None else spelling.take(err, "found.value.err")
        return [
            *lines,
            "        // SAFETY: the library's C says which of both it is.",
            "        unsafe {",
            "            if found.is_err {",
            f"                return Err(Failure::Returned({bad}));",
            "            }",
            f"            Ok({good})",
            "        }",
            "    }",
        ]

    def callbacks(self) -> list[str]:
        """What the library's C calls, and where it is told of that."""
        surface = self.surface
        lines: list[str] = []
        members = []
        for kind in surface.hosts:
            for member in surface.members(kind):
                if member.function.kind == "method":
                    lines += self._callback(member)
                    members.append(
                        f"{word(surface.callback(member))}: Some(on_{surface.callback(member)})"
                    )
            drop = surface.drop(kind)
            lines += [
                f'extern "C" fn on_{drop}(context: *mut c_void, number: *mut c_void) {{',
                "    dropped(context, number);",
                "}",
                "",
            ]
            members.append(f"{word(drop)}: Some(on_{drop})")
        for member in surface.callbacks:
            lines += self._callback(member)
            name = surface.callback(member)
            members.append(
                f"{word(name)}: if imports.{word(name)}.is_some()"
                f" {{ Some(on_{name}) }} else {{ None }}"
            )
        return [
            "fn callbacks(imports: &Imports, context: *mut c_void) -> ffi::Imports {",
            "    ffi::Imports {",
            "        context,",
            *(f"        {each}," for each in members),
            "    }",
            "}",
            "",
            *lines,
        ]

    def _callback(self, member: Member) -> list[str]:
        surface, spelling, function = self.surface, self.spelling, member.function
        name, result = surface.callback(member), function.result
        params = ["handle: *mut ffi::Handle", "context: *mut c_void"]
        lines = []
        for at, (_, kind) in enumerate(function.params):
            params.append(f"c{at}: {passed(spelling, kind)}")
            value = f"c{at}" if kind.kind in BY_VALUE else f"(*c{at})"
            lines.append(f"        let p{at} = {spelling.take(kind, value)};")
        words = [f"p{at}" for at in range(len(function.params))]
        if function.kind == "method":
            called = f"{words[0]}.{method(function.name)}({', '.join(words[1:])})"
        else:
            lines += [
                f"        let Some(callback) = &mut given.inner().imports.{word(name)} else {{",
                '            return Err(Error::said(ErrorKind::Import, "no callback was given"));',
                "        };",
            ]
            called = f"callback({', '.join(words)})"
        lines.append(f"        let got = {called};")
        if result is not None:
            params.append(f"result: *mut {spelling.ffi(result)}")
            lines.append(f"        *result = {spelling.give(result, 'got')};")
        return [
            f'extern "C" fn on_{name}({", ".join(params)}) -> c_int {{',
            "    // SAFETY: the library's C made what it passes, and takes what is given.",
            "    called_back(handle, context, |given| unsafe {",
            *lines,
            "        Ok(())",
            "    })",
            "}",
            "",
        ]
