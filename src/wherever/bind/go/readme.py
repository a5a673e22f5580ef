"""The README of a Go package."""

from __future__ import annotations

from wherever.bind.native import example
from wherever.bind.native.surface import pascal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Surface
    from wherever.wit.model import Function, Type

_TEXT = """\
# {name} for Go

{about}A package that needs cgo, a C compiler, and nothing else. What it does runs in a sandbox:
it has no files, no network, no variables; its memory, its stack and its time have limits; a fault
in it is an `*Error`, and never a crash. `lib` has its code for the machine that this was made on;
on others cgo compiles the C.

{name} {version}, made by `wherever bind` of {digest}.

## Use it

```console
$ go mod edit -require=example.com/{own}@v0.0.0 -replace=example.com/{own}=PATH/OF/THIS/FOLDER
```

```go
{program}```

`go doc -all` shows all there is.

## Rules

- **Instances.** A `Library` is one, with memory of its own. Calls of several goroutines take turns;
  a callback that calls the library which called it gets `ErrBusy`.
- **Errors.** `errors.Is(err, {own}.ErrTimeout)` asks what went wrong around a function. After most
  of them the instance is over until `Reset`. A function that returns a result of its own gives a
  `*Failure[E]`, with the error in `Value`.
- **Time.** `Options.Timeout` bounds each call; `Interrupt` ends one from another goroutine.
- **Resources** end when they are closed, or when nobody has them any more.
- **Callbacks** are members of `Imports`. An error that is no `*Failure` ends the call and comes out
  of it; so does a panic.

## Make it again

```console
$ wherever bind {file} --lang go --name {name}
```
"""

_PROGRAM = """\
package main

import (
	"fmt"
	"log"
	"time"

	"example.com/{own}"
)

func main() {{
	library, err := {own}.Open({own}.Options{{Timeout: time.Second}}, {own}.Imports{{}})
	if err != nil {{
		log.Fatal(err)
	}}
	defer library.Close()
{call}}}
"""


def program(surface: Surface) -> str:
    """A program that calls a function of the library."""
    return example.program(_PROGRAM, surface, _line)


def text(surface: Surface) -> str:
    """All of it."""
    return example.filled(_TEXT, surface, program(surface))


def _line(scope: str, function: Function) -> str:
    below = f"{pascal(scope)}()." if scope else ""
    words = ", ".join(_written(kind) for _, kind in function.params)
    return f"\tfmt.Println(library.{below}{pascal(function.name)}({words}))\n"


def _written(kind: Type) -> str:
    if kind.kind == "list":
        return '[]byte("Hello")'
    return {"string": '"Hello"', "bool": "true", "char": "'a'"}.get(kind.kind, "1")
