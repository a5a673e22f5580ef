"""The README of a C++ library."""

from __future__ import annotations

from wherever.bind.cpp.spelling import method
from wherever.bind.native import example

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

_TEXT = """\
# {name} for C++

{about}A library for C++17 without anything to install beside it. What it does runs in a sandbox: it
has no files, no network, no variables; its memory, its stack and its time have limits; a fault in
it is an exception, and never a crash.

{name} {version}, made by `wherever bind` of {digest}.

## Use it

```console
$ c++ -std=c++17 main.cpp -Iinclude lib/lib{own}.a -lm -lpthread -o main
```

```cpp
{program}```

`include/{own}.hpp` says all there is; below it lies the C library of `include/{own}.h`. On another
machine compile `src/*.c` with a C compiler: `cc -O2 -c src/*.c -Iinclude -Isrc`.

## Rules

- **Instances.** A `Library` is one, with memory of its own. Calls of several threads take turns; a
  callback that calls the library which called it gets `Busy`.
- **Errors.** A result of an error throws `Failure<E>`, with the error in `value`. All else that
  goes wrong is an `Error`: `Trap`, `Timeout`, `Stack`, ... After most of them the instance is over
  until `reset()`.
- **Time.** `Options::timeout` bounds each call; `interrupt()` ends one from another thread.
- **Resources** are classes that can be moved. Their destructors may run anywhere.
- **Callbacks** are members of `Imports`. What they throw comes out of the call.

## Make it again

```console
$ wherever bind {file} --lang cpp --name {name}
```
"""

_SHOWN = "string bool f32 f64 u16 s16 u32 s32 u64 s64".split()
"""Kinds of values that a stream shows as what they are."""

_PROGRAM = """\
#include <iostream>
#include "{own}.hpp"

int main()
{{
    {own}::Options options;
    options.timeout = std::chrono::seconds(1);
    try {{
        {own}::Library library(options);
{call}    }} catch (const std::exception &error) {{
        std::cerr << error.what() << "\\n";
        return 1;
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
    below = f"{method(scope)}()." if scope else ""
    words = ", ".join(_written(kind) for _, kind in function.params)
    call = f"library.{below}{method(function.name)}({words})"
    if function.result is not None and function.result.kind in _SHOWN:
        call = f'std::cout << {call} << "\\n"'
    return f"        {call};\n"


def _written(kind: Type) -> str:
    if kind.kind == "list":
        return 'std::string("Hello")'
    return {"string": '"Hello"', "bool": "true", "char": "U'a'"}.get(kind.kind, "1")
