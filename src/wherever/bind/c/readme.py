"""The README of a C library: how to use it, with a program made of its own types."""

from __future__ import annotations

from wherever.bind.c.header import is_host
from wherever.bind.c.names import NUMBERS
from wherever.bind.c.types import BY_VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.c.header import Header
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface, Type

_TEXT = """\
# {name}

{about}A C library without anything to install beside it. What it does runs in a sandbox: it has
no files, no network, no variables; its memory, its stack and its time have limits; a fault in it is
an error code, and never a crash.

{name} {version}, made by `wherever bind` of {digest}.

## Use it

```console
$ cc main.c -Iinclude lib/lib{own}.a -lm -lpthread -o main
$ cc main.c $(PKG_CONFIG_PATH=lib/pkgconfig pkg-config --cflags --libs {own}) -o main
```

```c
{program}```

`include/{own}.h` says all there is. The sources are in `src`: a compiler of another machine makes
the same library of `src/*.c` with `-O2 -Iinclude -Isrc`.

`src/wasm-rt*.h` and the beginning of `src/guest*` are of WABT (Apache-2.0), with other names;
`src/simde`, where it is there, is of SIMDe (MIT, see `src/simde/COPYING`).

## Rules

- **Handles.** `{own}_open` makes an instance with memory of its own. Threads may each have their
  own, or take turns: a call while another is under way is refused with `{upper}_BUSY`.
- **Errors.** Every call returns 0 or a code; `{own}_error_message` tells more. After
  `{upper}_ARGUMENT` and `{upper}_BUSY` nothing has happened. After any other error the instance is
  over, until `{own}_reset`.
- **Memory.** Nothing has to be freed. What a result points to is there until the next call of the
  handle that gives a result. To have it longer, take it over: `void *kept = {own}_keep(handle);`
  and at last `{own}_free(kept);`.
- **Time.** `timeout_ms` bounds each call; `{own}_interrupt` ends one from another thread.{more}

## Make it again

```console
$ wherever bind {file} --lang c --name {name}
```
"""

_RESOURCES = """
- **Resources.** A resource of the library is a number; `..._drop` gives it up. A number that was
  given up is refused, and never stands for another."""

_CALLBACKS = """
- **Callbacks.** `{own}_imports_t` holds what the library calls. Callbacks fill `result`, with
  memory of `{own}_alloc` or of their own, and return 0; or `{own}_fail(handle, "why")`."""

_PROGRAM = """\
#include <stdio.h>
#include "{own}.h"

int main(void)
{{
    {own}_t *handle;
    {own}_options_t options = {{.size = sizeof options, .timeout_ms = 1000}};
    char message[256];
    if ({own}_open(&options, &handle, message) != 0) {{
        fprintf(stderr, "%s\\n", message);
        return 1;
    }}
{call}    {own}_close(handle);
    return 0;
}}
"""


def text(library: Library, made: Header) -> str:
    """All of it."""
    own = made.names.own
    more = _RESOURCES if any(not is_host(library, kind) for kind in made.drops) else ""
    more += _CALLBACKS.format(own=own) if library.needs else ""
    return _TEXT.format(
        name=library.name,
        own=own,
        upper=own.upper(),
        version=library.version,
        digest=library.digest,
        about=f"{library.description}\n\n" if library.description else "",
        program=_PROGRAM.format(own=own, call=_call(library, made)),
        more=more,
        file=library.path.name,
    )


def _call(library: Library, made: Header) -> str:
    """A call of the first function that has values which can be written down."""
    own = made.names.own
    for interface in library.api:
        for function in interface.functions:
            if function.resource is None and _is_plain(function):
                return _called(made, interface, function, own)
    return ""


def _called(made: Header, interface: Interface, function: Function, own: str) -> str:
    words = ["handle", *(_written(own, made.names.type(kind), kind) for _, kind in function.params)]
    lines, result = [], function.result
    if result is not None:
        lines.append(f"{made.names.type(result)} result;")
        words.append("&result")
    called = f"{made.functions[interface.name, function.core]}({', '.join(words)})"
    lines += [f"if ({called} != 0)", f'    fprintf(stderr, "%s\\n", {own}_error_message(handle));']
    if result is not None:
        shown = _shown(result)
        if shown:
            lines += ["else", f"    printf({shown});"]
    return "".join(f"    {line}\n" for line in lines)


def _is_plain(function: Function) -> bool:
    return all(
        kind.kind in BY_VALUE
        and (kind.kind != "list" or kind.inner.kind == "u8")
        and kind.kind not in ("own", "borrow")
        for _, kind in function.params
    )


def _written(own: str, name: str, kind: Type) -> str:
    if kind.kind == "string":
        return f'{own}_string("Hello")'
    if kind.kind == "list":
        return f'({name}){{(const uint8_t *)"Hello", 5}}'
    return {"bool": "true", "char": "'a'", "f32": "0.5f", "f64": "0.5"}.get(kind.kind, "1")


def _shown(kind: Type) -> str:
    """What printf is given for a result; "" where that is not simple."""
    if kind.kind == "string":
        return '"%s\\n", result.data'
    if kind.kind == "list":
        return '"%zu values\\n", result.length'
    if kind.kind in ("f32", "f64"):
        return '"%g\\n", result'
    if kind.kind in NUMBERS:
        return f'"%ll{"u" if kind.kind[0] == "u" else "d"}\\n", ' + (
            f"({'unsigned ' if kind.kind[0] == 'u' else ''}long long)result"
        )
    return ""
