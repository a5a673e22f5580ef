"""The README of a crate."""

from __future__ import annotations

from wherever.bind.native import example
from wherever.bind.rust.spelling import method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

_TEXT = """\
# {name} for Rust

{about}A crate without dependencies. What it does runs in a sandbox: it has no files, no network, no
variables; its memory, its stack and its time have limits; a fault in it is an `Error`, and never a
crash. `native/lib` has its code for the machine that this was made on; for others, or without that
folder, `build.rs` compiles the C with `cc`, or with what `CC` names.

{name} {version}, made by `wherever bind` of {digest}.

## Use it

```console
$ cargo add --path bindings/rust
```

```rust
{program}```

`cargo doc --open` shows all there is.

## Rules

- **Instances.** A `Library` is one, with memory of its own; its clones are the same one. Calls of
  several threads take turns; a callback that calls the library which called it gets `Busy`.
- **Errors.** `Error` is what goes wrong around a function: `ErrorKind::Trap`, `Timeout`, `Stack`.
  After most of them the instance is over until `reset()`. A function that returns a result of its
  own gives `Failure::Returned(error)`.
- **Time.** `Options::timeout` bounds each call; `interrupt()` ends one from another thread.
- **Resources** are structs that end in the library when they are dropped, wherever that is.
- **Callbacks** are closures, given by `Imports`. One that panics goes on panicking behind the call.

## Make it again

```console
$ wherever bind {file} --lang rust --name {name}
```
"""

_PROGRAM = """\
use {own}::{{Imports, Library, Options}};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let options = Options::new().timeout(Duration::from_secs(1));
    let library = Library::open(options, Imports::new())?;
{call}    Ok(())
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
    return f'    println!("{{:?}}", library.{below}{method(function.name)}({words})?);\n'


def _written(kind: Type) -> str:
    if kind.kind == "list":
        return 'b"Hello"'
    return {"string": '"Hello"', "bool": "true", "char": "'a'", "f32": "0.5", "f64": "0.5"}.get(
        kind.kind, "1"
    )
