"""The Go of a library: what its users see, and the C between both."""

from __future__ import annotations

from wherever.bind.c.header import ERRORS
from wherever.bind.go import declared
from wherever.bind.go.calling import Calling
from wherever.bind.native.stub import stub
from wherever.bind.native.surface import pascal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.go.spelling import Spelling
    from wherever.bind.native.surface import Surface

_FLAGS = (
    "-std=gnu11 -O2 -fvisibility=hidden -Werror=frame-larger-than=65536 -Wno-unused"
    " -Wno-ignored-optimization-argument -Wno-unknown-warning-option -I${SRCDIR}"
)

_HEAD = """\
{about}package {own}

/*
#cgo CFLAGS: {flags}
#cgo LDFLAGS: -lm -lpthread
#include <stdlib.h>
#include "{own}.h"
#include "callbacks.h"
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"
)

var _ = errors.As
var _ = runtime.SetFinalizer
var _ = unsafe.Pointer(nil)

// Kind says what kind of thing went wrong; an Error has one.
type Kind int

const (
{kinds}	// ErrClosed: it was closed before.
	ErrClosed Kind = -1
)

func (k Kind) Error() string {{
	switch k {{
{words}	}}
	return "it is closed"
}}
"""

_CALLBACKS_H = """\
/* What stands between the library's callbacks and Go. Made by `wherever bind`. */
#ifndef {upper}_GO_H
#define {upper}_GO_H
#include "{own}.h"

int {own}_go_open(uint64_t memory, uint64_t stack, uint32_t timeout, bool prints, uintptr_t context,
    uint64_t given, {own}_t **handle, char *message);
uintptr_t {own}_go_thread(void);

#endif
"""

_CALLBACKS_C = """\
/* What stands between the library's callbacks and Go. Made by `wherever bind`. */
#include <pthread.h>
#include "callbacks.h"

extern int {own}_go_called(uintptr_t, int, void **, void *);
extern void {own}_go_dropped(uintptr_t, void *);
extern void {own}_go_printed(uintptr_t, int, void *, size_t);

uintptr_t {own}_go_thread(void)
{{
    return (uintptr_t)pthread_self();
}}

static void printed(void *context, int stream, const char *data, size_t length)
{{
    {own}_go_printed((uintptr_t)context, stream, (void *)data, length);
}}

{functions}
int {own}_go_open(uint64_t memory, uint64_t stack, uint32_t timeout, bool prints, uintptr_t context,
    uint64_t given, {own}_t **handle, char *message)
{{
    {own}_imports_t imports = {{.context = (void *)context}};
    {own}_options_t options = {{.size = sizeof options, .memory_limit = memory,
        .stack_limit = stack, .timeout_ms = timeout, .imports = &imports,
        .output = prints ? printed : NULL, .context = (void *)context}};
    (void)given;
{members}    return {own}_open(&options, handle, message);
}}
"""


def callbacks(surface: Surface) -> dict[str, str]:
    """The C files that turn callbacks into one function of Go."""
    own = surface.own
    functions, members = "", ""
    for number, member in enumerate(surface.called_back()):
        name = surface.callback(member)
        hand_on = f"{own}_go_called((uintptr_t)context, {number}, args, {{result}})"
        functions += "\n".join([*stub(surface, member, hand_on), "", ""])
        if member.function.kind == "method":
            members += f"    imports.{name} = on_{name};\n"
        else:
            at = surface.callbacks.index(member)
            members += f"    if (given & (uint64_t)1 << {at % 64})\n"
            members += f"        imports.{name} = on_{name};\n"
    for kind in surface.hosts:
        drop = surface.drop(kind)
        functions += (
            f"static void on_{drop}(void *context, void *self)\n{{\n"
            f"    {own}_go_dropped((uintptr_t)context, self);\n}}\n\n"
        )
        members += f"    imports.{drop} = on_{drop};\n"
    text = _CALLBACKS_C.format(own=own, functions=functions, members=members)
    return {"callbacks.c": text, "callbacks.h": _CALLBACKS_H.format(own=own, upper=own.upper())}


def library(surface: Surface, spelling: Spelling) -> str:
    """The file of the package's own types and functions."""
    told = surface.library
    about = f"Package {surface.own} is {told.name} {told.version}, made by `wherever bind` of\n"
    about += f"{told.digest}.\n" + (f"\n{told.description}\n" if told.description else "")
    kinds, words = "", ""
    for code, (name, meaning) in enumerate(ERRORS[1:], 1):
        text = meaning.format(own=surface.own)
        kinds += f"\t// Err{pascal(name)}: {text}\n\tErr{pascal(name)} Kind = {code}\n"
        words += f'\tcase Err{pascal(name)}:\n\t\treturn "{text}"\n'
    lines = [
        _HEAD.format(
            about="".join(f"// {line}".rstrip() + "\n" for line in about.splitlines()),
            own=surface.own,
            flags=_FLAGS,
            kinds=kinds,
            words=words,
        )
    ]
    calling = Calling(surface, spelling)
    groups: list[str] = []
    for scope, members in surface.scopes():
        if not scope:
            groups += [line for each in members for line in calling.function(each, "Library")]
            continue
        name = spelling.unique.free(pascal(scope))
        groups += [
            f"// {name} has the functions of {scope}.",
            f"type {name} struct{{ library *Library }}",
            "",
            f"// {pascal(scope)} has the functions of {scope}.",
            f"func (l *Library) {pascal(scope)}() {name} {{ return {name}{{l}} }}",
            "",
        ]
        groups += [line for each in members for line in calling.function(each, name)]
    lines += [
        "// Library is one instance, with memory of its own. Calls of several goroutines take",
        "// turns.",
        "type Library struct{ s *state }",
        "",
        *groups,
    ]
    sizes = {len(kind.parts) for kind in surface.types if kind.kind == "tuple" and kind.parts}
    for size in sorted(sizes):
        letters = [f"T{at}" for at in range(size)]
        lines.append(f"// Tuple{size} is {size} values.")
        lines.append(f"type Tuple{size}[{', '.join(letters)} any] struct {{")
        lines += [*(f"\tF{at} {letter}" for at, letter in enumerate(letters)), "}", ""]
    for kind in surface.types:
        lines += declared.type_of(surface, spelling, kind)
    for kind in surface.ours:
        lines += calling.resource(kind)
    lines += calling.drops()
    lines += declared.imports(surface, spelling)
    lines += calling.callbacks()
    for kind in surface.types:
        lines += spelling.functions(kind)
    return "\n".join([*lines, ""])
