"""The Java of a library, by the classes' names; and the C between both."""

from __future__ import annotations

from pathlib import Path

from wherever.bind.c.header import ERRORS
from wherever.bind.c.types import BY_VALUE
from wherever.bind.java import layout
from wherever.bind.java.calling import Calling
from wherever.bind.java.declared import declared, docs
from wherever.bind.native.stub import stub
from wherever.bind.native.surface import camel, pascal
from wherever.bind.native.template import owned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.java.spelling import Spelling
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Type

RUNTIME = Path(__file__).parent / "runtime"

_LIBRARY = """\
/** One instance of the library, with memory of its own. Calls of several threads take turns. */
public final class Library implements AutoCloseable {{
    private static final Cleaner CLEANER = Cleaner.create();
    final State state;
    private final Cleaner.Cleanable cleanable;

    /** Opens one that has no callbacks. */
    public Library() {{
        this(new Options(), new Imports());
    }}

    /** Opens one. */
    public Library(Options options, Imports imports) {{
        state = new State(options, imports);
        cleanable = CLEANER.register(this, state);
    }}

    static Cleaner.Cleanable whenGone(Object what, Runnable then) {{
        return CLEANER.register(what, then);
    }}

    /** Ends it, and its resources. */
    @Override
    public void close() {{
        if (state.lock.isHeldByCurrentThread()) state.run();
        cleanable.clean();
    }}

    /** Begins anew: what the library has in memory, and its resources, are gone. */
    public void reset() {{
        try (Given given = new Given(this)) {{
            int code = Native.control(state.handle, 1);
            state.turn++;
            given.check(code);
        }}
    }}

    /** Ends the call that is under way, from any thread. */
    public void interrupt() {{
        state.interrupt();
    }}

    /** Changes how long a call may take; 0 for as long as it takes. */
    public void setTimeout(java.time.Duration time) {{
        try (Given given = new Given(this)) {{
            given.check(Native.control(state.handle, 3L + State.millis(time)));
        }}
    }}
{functions}}}
"""

_EXCEPTION = """\
/** What went wrong, when it was no error that the library's own functions tell of. */
public class LibraryException extends RuntimeException {{
{codes}    static final int CLOSED = -1;
    private static final long serialVersionUID = 1;

    LibraryException(String message) {{
        super(message);
    }}

    static LibraryException of(int code, String message) {{
        switch (code) {{
{cases}            case CLOSED:
                return new Closed(message);
            default:
                return new LibraryException(message);
        }}
    }}
{classes}
    /** It was closed before. */
    public static final class Closed extends LibraryException {{
        private static final long serialVersionUID = 1;

        Closed(String message) {{
            super(message);
        }}
    }}
}}
"""

_FAULT = """\
/** The error that a function returns; callbacks throw one to return an error. */
public final class {name} extends RuntimeException {{
    private static final long serialVersionUID = 1;
    private final transient {type} value;

    public {name}({type} value) {{
        super(String.valueOf(value));
        this.value = value;
    }}

    /** The error. */
    public {type} value() {{
        return value;
    }}
}}
"""

_RESULT = """\
/** A result as a value, which it is only inside of other values. */
public sealed interface Result<T, E> {
    record Ok<T, E>(T value) implements Result<T, E> {}

    record Err<T, E>(E value) implements Result<T, E> {}
}
"""


def classes(surface: Surface, spelling: Spelling) -> dict[str, str]:
    """The body of each class, without its package and imports."""
    calling = Calling(surface, spelling)
    found = {"LibraryException": _exception(surface)}
    top: list[str] = []
    for scope, members in surface.scopes():
        lines = [line for each in members for line in calling.function(each, bool(scope))]
        if not scope:
            top += lines
            continue
        name = spelling.unique.free(pascal(scope))
        top += [
            "",
            f"    /** The functions of {scope}. */",
            f"    public {name} {camel(scope)}() {{",
            f"        return new {name}(this);",
            "    }",
        ]
        head = [
            f"/** The functions of {scope}. */",
            f"public final class {name} {{",
            "    private final Library library;",
            "",
            f"    {name}(Library library) {{",
            "        this.library = library;",
            "    }",
        ]
        found[name] = "\n".join([*head, *lines, "}", ""])
    functions = "".join(f"{line}\n" for line in top)
    found["Library"] = _LIBRARY.format(functions=functions)
    for kind in surface.types:
        found.update(declared(surface, spelling, kind))
    for kind in surface.ours:
        found[spelling.name(kind)] = "\n".join(calling.resource(kind))
    for size in sorted({len(kind.parts) for kind in surface.types if kind.kind == "tuple"}):
        letters = ", ".join(f"T{at}" for at in range(size))
        fields = ", ".join(f"T{at} f{at}" for at in range(size))
        of = f"<{letters}>" if size else ""
        body = f"/** {size} values. */\npublic record Tuple{size}{of}({fields}) {{}}\n"
        found[f"Tuple{size}"] = body
    if any(kind.kind == "result" for kind in surface.types):
        found["Result"] = _RESULT
    found["Imports"] = "\n".join(calling.imports())
    found["Callbacks"] = "\n".join(calling.callbacks())
    convert = [f"    {line}" for kind in surface.types for line in spelling.functions(kind)]
    found["Convert"] = "\n".join([_CONVERT, *convert, "}", ""])
    return found | {
        name: _FAULT.format(name=name, type=spelling.boxed(fault))
        for fault, name in spelling.faults.items()
    }


_CONVERT = """\
/** Carries values between Java and C. */
final class Convert {
    private Convert() {}

    static long bits(Set<? extends Enum<?>> set) {
        long bits = 0;
        for (Enum<?> each : set) bits |= 1L << each.ordinal();
        return bits;
    }

    static <E extends Enum<E>> Set<E> of(Class<E> type, long bits) {
        Set<E> set = EnumSet.noneOf(type);
        for (E each : type.getEnumConstants()) if ((bits >> each.ordinal() & 1) != 0) set.add(each);
        return set;
    }
"""


def _exception(surface: Surface) -> str:
    codes, cases, each = "", "", ""
    for code, (name, meaning) in enumerate(ERRORS[1:], 1):
        own = pascal(name)
        codes += f"    static final int {name} = {code};\n"
        cases += f"            case {name}:\n                return new {own}(message);\n"
        each += "\n".join(
            [
                "",
                *docs(meaning.format(own=surface.own), "    "),
                f"    public static final class {own} extends LibraryException {{",
                "        private static final long serialVersionUID = 1;",
                "",
                f"        {own}(String message) {{",
                "            super(message);",
                "        }",
                "    }",
                "",
            ]
        )
    return _EXCEPTION.format(codes=codes, cases=cases, classes=each)


def c(surface: Surface) -> str:
    """`java.c`."""
    own = surface.own
    functions, table = _checked(surface), []
    for number, member in enumerate(surface.functions()):
        kinds = [kind for _, kind in member.function.params]
        result = member.function.result
        places, _ = layout.block([*kinds, *([result] if result is not None else [])])
        words = ["h"]
        for kind, place in zip(kinds, places, strict=False):
            by = "*" if kind.kind in BY_VALUE else ""
            words.append(f"{by}(const {surface.c(kind)} *)(const void *)(a + {place})")
        if result is not None:
            words.append(f"({surface.c(result)} *)(void *)(a + {places[-1]})")
        called = f"{surface.called(member)}({', '.join(words)})"
        functions += _function(f"f{number}", own, called)
        table.append(f"    f{number},")
    for number, kind in enumerate(surface.ours):
        called = f"{surface.drop(kind)}(h, *(const uint64_t *)(const void *)a)"
        functions += _function(f"drop{number}", own, called)
        table.append(f"    drop{number},")
    imports = []
    for number, member in enumerate(surface.called_back()):
        name = surface.callback(member)
        functions += stub(
            surface, member, f"call_java(handle, context, {number}, args, {{result}})"
        )
        line = f"    imports.{name} = on_{name};"
        if member.function.kind != "method":
            at = surface.callbacks.index(member)
            imports.append(f"    if ((uint64_t)given >> {at % 64} & 1)")
            line = f"    {line}"
        imports.append(line)
    imports += [f"    imports.{surface.drop(kind)} = drop_java;" for kind in surface.hosts]
    text = (RUNTIME / "java.c").read_text("utf-8").replace("MANGLED", own.replace("_", "_1"))
    return owned(text, own, {"// FUNCTIONS": functions, "// TABLE": table, "// IMPORTS": imports})


def _function(name: str, own: str, called: str) -> list[str]:
    return [
        f"static int {name}({own}_t *h, unsigned char *a)",
        "{",
        "    (void)a;",
        f"    return {called};",
        "}",
    ]


def _checked(surface: Surface) -> list[str]:
    """What Java takes for granted of the structs."""
    plain: list[Type] = [
        kind for kind in surface.types if kind.kind not in ("resource", "own", "borrow")
    ]
    return [
        f'_Static_assert(sizeof({surface.c(kind)}) == {layout.size(kind)}, "the size of a type");'
        for kind in plain
        if layout.size(kind)
    ]
