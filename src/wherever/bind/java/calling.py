"""The Java of calls into a library, and out of it."""

from __future__ import annotations

from wherever.bind.java import layout
from wherever.bind.java.declared import docs
from wherever.bind.java.spelling import named
from wherever.bind.native.surface import err_of, is_plain_constructor, ok_of, pascal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.java.spelling import Spelling
    from wherever.bind.native.surface import Member, Surface
    from wherever.wit.model import Type


class Calling:
    """The calls of one library."""

    def __init__(self, surface: Surface, spelling: Spelling) -> None:
        self.surface = surface
        self.spelling = spelling
        self._numbers = {surface.called(each): at for at, each in enumerate(surface.functions())}

    def function(self, member: Member, is_below: bool) -> list[str]:
        """A function of an interface."""
        name = named(member.function.name)
        params = ", ".join(self.spelling.params(member.function))
        result = self.spelling.returned(member.function.result)
        head = f"public {result} {name}({params})"
        return self._whole(member, head, "library" if is_below else "this", 0)

    def resource(self, kind: Type) -> list[str]:
        """The class of a resource of the library."""
        name, spelling = self.spelling.name(kind), self.spelling
        number = len(self._numbers) + self.surface.ours.index(kind)
        lines = [
            *docs(kind.docs),
            f"public final class {name} implements AutoCloseable, Given.Gift {{",
            "    private final Library library;",
            "    private final long id, turn;",
            "    private final Gone gone;",
            "    private final Cleaner.Cleanable cleanable;",
            "",
            "    private static final class Gone implements Runnable {",
            "        final State state;",
            "        final long id, turn;",
            "        volatile boolean isGone;",
            "",
            "        Gone(State state, long id, long turn) {",
            "            this.state = state;",
            "            this.id = id;",
            "            this.turn = turn;",
            "        }",
            "",
            "        @Override",
            "        public void run() {",
            f"            if (!isGone) state.dropLater({number}, id, turn);",
            "        }",
            "    }",
            "",
            f"    {name}(Given given, long id) {{",
            "        this(new long[] {id, given.state.turn}, given.state.current);",
            "    }",
            "",
            f"    private {name}(long[] made, Library library) {{",
            "        this.library = library;",
            "        id = made[0];",
            "        turn = made[1];",
            "        gone = new Gone(library.state, id, turn);",
            "        cleanable = Library.whenGone(this, gone);",
            "    }",
        ]
        for member in self.surface.members(kind):
            function = member.function
            if function.kind == "method":
                params = ", ".join(spelling.params(function, 1))
                result = spelling.returned(function.result)
                head = f"public {result} {named(function.name)}({params})"
                lines += self._whole(member, head, "library", 1)
                continue
            params = ", ".join(["Library library", *spelling.params(function)])
            own = "create" if function.kind == "constructor" else named(function.name)
            if is_plain_constructor(function):
                words = ", ".join(["library", *(named(label) for label, _ in function.params)])
                lines += [
                    "",
                    *docs(function.docs, "    "),
                    f"    public {name}({params}) {{",
                    f"        this(make({words}), library);",
                    "    }",
                ]
                lines += self._whole(member, f"private static long[] make({params})", "library", 0)
                continue
            head = f"public static {spelling.returned(function.result)} {own}({params})"
            lines += self._whole(member, head, "library", 0)
        return [
            *lines,
            "",
            "    /** Ends it in the library. */",
            "    @Override",
            "    public void close() {",
            "        cleanable.clean();",
            "    }",
            "",
            "    @Override",
            "    public void gone() {",
            "        gone.isGone = true;",
            "        cleanable.clean();",
            "    }",
            "",
            "    long lend(Given given) {",
            "        if (gone.isGone || given.state != library.state || turn != given.state.turn)",
            "            throw LibraryException.of(",
            '                    LibraryException.ARGUMENT, "a resource is not there any more");',
            "        return id;",
            "    }",
            "",
            "    long give(Given given) {",
            "        given.gift(this);",
            "        return lend(given);",
            "    }",
            "}",
            "",
        ]

    def _whole(self, member: Member, head: str, library: str, skip: int) -> list[str]:
        spelling, function = self.spelling, member.function
        kinds = [kind for _, kind in function.params]
        result = function.result
        places, size = layout.block([*kinds, *([result] if result is not None else [])])
        lines = [
            "",
            *docs(function.docs, "    "),
            f"    {head} {{",
            f"        try (Given given = new Given({library})) {{",
            f"            Given.Room args = given.room({size});",
            "            ByteBuffer to = args.bytes();",
        ]
        for at, (label, kind) in enumerate(function.params):
            value = "this" if skip and at == 0 else named(label)
            lines.append(f"            {spelling.give(kind, value, f'args.at() + {places[at]}')}")
        number = self._numbers[self.surface.called(member)]
        lines.append(f"            given.call({number}, args);")
        if head.startswith("private static long[] make"):
            lines.append(f"            long id = to.getLong(args.at() + {places[-1]});")
            lines.append("            return new long[] {id, given.state.turn};")
        elif result is not None and result.kind == "result":
            ok, err = ok_of(result), err_of(result)
            value_at = places[-1] + layout.value_at(result)
            fault = "null" if err is None else spelling.take(err, f"args.at() + {value_at}", "to")
            lines += [
                f"            if (to.get(args.at() + {places[-1]}) != 0)",
                f"                throw new {spelling.fault(err)}({fault});",
            ]
            if ok is not None:
                value = spelling.take(ok, f"args.at() + {value_at}", "to")
                lines.append(f"            return {value};")
        elif result is not None:
            value = spelling.take(result, f"args.at() + {places[-1]}", "to")
            lines.append(f"            return {value};")
        return [*lines, "        }", "    }"]

    def imports(self) -> list[str]:
        """The class of the callbacks."""
        lines = [
            "/** What the library calls. What a callback throws comes out of the call. */",
            "public final class Imports {",
        ]
        given = []
        for at, member in enumerate(self.surface.callbacks):
            function, name = member.function, self.surface.callback(member)
            params = ", ".join(self.spelling.params(function))
            lines += [
                *docs(function.docs, "    "),
                f"    public interface {pascal(name)} {{",
                f"        {self.spelling.returned(function.result)} call({params})"
                " throws Exception;",
                "    }",
                "",
                f"    {pascal(name)} {named(name)};",
                "",
                *docs(function.docs, "    "),
                f"    public Imports {named(name)}({pascal(name)} callback) {{",
                f"        {named(name)} = callback;",
                "        return this;",
                "    }",
                "",
            ]
            given.append(f"        if ({named(name)} != null) set |= 1L << {at % 64};")
        return [
            *lines,
            "    long given() {",
            "        long set = 0;",
            *given,
            "        return set;",
            "    }",
            "}",
            "",
        ]

    def callbacks(self) -> list[str]:
        """The one function that all callbacks go through."""
        lines = [
            "/** What the library calls, by number. */",
            "final class Callbacks {",
            "    private Callbacks() {}",
            "",
            "    static void call(Given given, int number, long args, long result)"
            " throws Exception {",
            "        Imports imports = given.state.imports;",
            "        switch (number) {",
        ]
        for number, member in enumerate(self.surface.called_back()):
            lines.append(f"            case {number}: {{")
            lines += [f"                {line}" for line in self._callback(member)]
            lines += ["                return;", "            }"]
        return [
            *lines,
            "            default:",
            '                throw new IllegalStateException("there is no such callback");',
            "        }",
            "    }",
            "}",
            "",
        ]

    def _callback(self, member: Member) -> list[str]:
        spelling, function = self.spelling, member.function
        count = len(function.params)
        lines = [f"ByteBuffer all = Native.bytes(args, {8 * count});"] if count else []
        words = []
        for at, (_, kind) in enumerate(function.params):
            size = layout.size(kind)
            lines.append(f"ByteBuffer p{at} = Native.bytes(all.getLong({8 * at}), {size});")
            words.append(spelling.take(kind, "0", f"p{at}"))
        if function.kind == "method":
            called = f"{words[0]}.{named(function.name)}({', '.join(words[1:])})"
        else:
            name = self.surface.callback(member)
            called = f"imports.{named(name)}.call({', '.join(words)})"
        result = function.result
        if result is None:
            return [*lines, f"{called};"]
        lines.append(f"ByteBuffer to = Native.bytes(result, {layout.size(result)});")
        if result.kind != "result":
            return [
                *lines,
                f"{spelling.type(result)} got = {called};",
                spelling.give(result, "got", "0"),
            ]
        ok, err = ok_of(result), err_of(result)
        value_at = str(layout.value_at(result))
        lines.append("try {")
        if ok is None:
            lines.append(f"    {called};")
        else:
            lines.append(f"    {spelling.type(ok)} got = {called};")
            lines.append(f"    {spelling.give(ok, 'got', value_at)}")
        lines.append(f"}} catch ({spelling.fault(err)} error) {{")
        lines.append("    to.put(0, (byte) 1);")
        if err is not None:
            lines.append(f"    {spelling.give(err, 'error.value()', value_at)}")
        return [*lines, "}"]
