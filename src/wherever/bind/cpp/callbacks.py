"""What C calls of a host's objects, in C++."""

from __future__ import annotations

from wherever.bind.c.types import BY_VALUE
from wherever.bind.cpp.spelling import method
from wherever.bind.cpp.types import Types
from wherever.bind.native.surface import err_of, ok_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Member


class Callbacks(Types):
    """Writes what stands between the callbacks of C and the host's objects."""

    def _access(self) -> list[str]:
        lines = [
            "struct Access {",
            "    template <class T> static std::uint64_t lend(Given &given, const T &what)",
            "    {",
            "        if (what.state_.get() != &given.state() || what.turn_ != given.state().turn)",
            "            raise("
            f'{self.surface.own.upper()}_ARGUMENT, "a resource is not there any more");',
            "        return what.id_;",
            "    }",
            "    template <class T> static std::uint64_t give(Given &given, T what)",
            "    {",
            "        std::uint64_t id = lend(given, what);",
            "        given.ours(id, what.turn_, T::drop_);",
            "        what.state_.reset();",
            "        return id;",
            "    }",
            "    template <class T> static T take(State &state, std::uint64_t id); // below",
            "    template <class T>",
            "    static std::shared_ptr<T> host(State &state, void *number, bool own)",
            "    {",
            "        auto found = std::static_pointer_cast<T>(state.lent_as(number));",
            "        if (own)",
            "            state.forget(number);",
            "        return found;",
            "    }",
            "    template <class T> static std::shared_ptr<State> &state(T &of)"
            " { return of.state_; }",
            "    template <class T> static State &live(T &of)",
            "    {",
            "        if (!of.state_)",
            "            raise("
            f'{self.surface.own.upper()}_ARGUMENT, "a resource is not there any more");',
            "        return *of.state_;",
            "    }",
            "};",
        ]
        return lines

    def _trampolines(self) -> list[str]:
        surface = self.surface
        lines = ["struct Trampolines {"]
        for kind in surface.hosts:
            for member in surface.members(kind):
                if member.function.kind == "method":
                    lines += self._trampoline(member)
            lines += [
                f"    static void {surface.drop(kind)}(void *context, void *self) noexcept",
                "    {",
                "        static_cast<State *>(context)->forget(self);",
                "    }",
            ]
        for member in surface.callbacks:
            lines += self._trampoline(member)
        lines += [
            "    static void detail_output(void *context, int stream, const char *data,"
            " std::size_t length) noexcept",
            "    {",
            "        try {",
            "            static_cast<State *>(context)->output(stream,"
            " std::string_view(data, length));",
            "        } catch (...) {",
            "        }",
            "    }",
        ]
        return [*lines, "};"]

    def _trampoline(self, member: Member) -> list[str]:
        surface, spelling, function = self.surface, self.spelling, member.function
        name = surface.callback(member)
        params = []
        for at, (_, kind) in enumerate(function.params):
            c = surface.c(kind)
            params.append(f"{c} p{at}" if kind.kind in BY_VALUE else f"const {c} *p{at}")
        taken = [
            spelling.take(kind, f"p{at}" if kind.kind in BY_VALUE else f"(*p{at})")
            for at, (_, kind) in enumerate(function.params)
        ]
        if function.kind == "method":
            called = f"{taken[0]}->{method(function.name)}({', '.join(taken[1:])})"
        else:
            called = f"state.imports.{name}({', '.join(taken)})"
        result = function.result
        body: list[str]
        if result is None:
            body = [f"{called};"]
        elif result.kind != "result":
            body = [f"auto got = {called};", f"*result = {spelling.give(result, 'got')};"]
        else:
            ok, err = ok_of(result), err_of(result)
            body = ["try {"]
            if ok is None:
                body += [f"    {called};"]
            else:
                body += [
                    f"    auto got = {called};",
                    f"    result->value.ok = {spelling.give(ok, 'got')};",
                ]
            fault = "&" if err is None else "&error"
            body += ["    result->is_err = false;"]
            body += [f"}} catch (Failure<{spelling.type(err)}> {fault}) {{"]
            if err is not None:
                body += [f"    result->value.err = {spelling.give(err, 'error.value')};"]
            body += ["    result->is_err = true;", "}"]
        if result is not None:
            params.append(f"{surface.c(result)} *result")
        heads = ", ".join([f"{surface.own}_t *", "void *context", *params])
        return [
            f"    static int {name}({heads}) noexcept",
            "    {",
            "        State &state = *static_cast<State *>(context);",
            "        try {",
            "            Given given(state, true);",
            *(f"            {line}" for line in body),
            "            return 0;",
            "        } catch (...) {",
            "            return state.failed();",
            "        }",
            "    }",
        ]
