"""The README of a Java library."""

from __future__ import annotations

from wherever.bind.java.spelling import named
from wherever.bind.native import example
from wherever.bind.native.surface import camel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

_TEXT = """\
# {name} for Java

{about}Classes for Java 17 and newer, without anything to install beside them. What the library does
runs in a sandbox: it has no files, no network, no variables; its memory, its stack and its time
have limits; a fault in it is an exception, and never a crash.

{name} {version}, made by `wherever bind` of {digest}.

## Use it

```console
$ javac -d classes $(find src -name '*.java')
$ jar cf {own}.jar -C classes . -C resources .
$ java -cp {own}.jar Main.java
```

```java
{program}```

The shared library in `resources` is of the machine that this was made on. For another one compile
`native/src/*.c` there (`cc -O2 -fPIC -shared -Iinclude -Isrc`), put it beside the first, or say
`-D{own}.library=/path/to/it`. Java 24 and newer want `--enable-native-access=ALL-UNNAMED`.

## Rules

- **Instances.** A `Library` is one, with memory of its own. Calls of several threads take turns; a
  callback that calls the library which called it gets `LibraryException.Busy`.
- **Errors.** `LibraryException.Trap`, `Timeout`, `Stack` and others tell what went wrong around a
  function; after most of them the instance is over until `reset()`. A result of an error is an
  exception named after the error's type, with the error in `value()`.
- **Time.** `Options.timeout` bounds each call; `interrupt()` ends one from another thread.
- **Resources** are `AutoCloseable`; those that nobody has any more are closed in time.
- **Callbacks** are given by `Imports`. What they throw comes out of the call.
- **Numbers.** `u32` is a `long`, `u64` a `long` without a sign, `u8` and `u16` are `int`.

## Make it again

```console
$ wherever bind {file} --lang java --name {name}
```
"""

_PROGRAM = """\
import {own}.Imports;
import {own}.Library;
import {own}.Options;
import java.time.Duration;

public class Main {{
    public static void main(String[] args) {{
        Options options = new Options().timeout(Duration.ofSeconds(1));
        try (Library library = new Library(options, new Imports())) {{
{call}        }}
    }}
}}
"""


def program(surface: Surface) -> str:
    """A program that calls a function of the library."""
    return example.program(_PROGRAM, surface, _line)


def text(surface: Surface) -> str:
    """All of it."""
    return example.filled(_TEXT, surface, program(surface))


def _line(scope: str, function: Function) -> str:
    below = f"{camel(scope)}()." if scope else ""
    words = ", ".join(_written(kind) for _, kind in function.params)
    call = f"library.{below}{named(function.name)}({words})"
    shown = call if function.result is None else f"System.out.println({call})"
    return f"            {shown};\n"


def _written(kind: Type) -> str:
    if kind.kind == "list":
        return '"Hello".getBytes()'
    return {"string": '"Hello"', "bool": "true", "s8": "(byte) 1", "s16": "(short) 1"}.get(
        kind.kind, "1"
    )
