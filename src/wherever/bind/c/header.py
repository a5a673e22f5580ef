"""The header of a library: what its callers include."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherever.bind.c.names import Names, word
from wherever.bind.c.types import BY_VALUE, comment, definition
from wherever.wit.model import gathered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library
    from wherever.wit.model import Function, Interface, Type

ERRORS = (
    ("OK", "It is done."),
    ("TRAP", "The library did what WebAssembly forbids, or gave up."),
    ("INTERRUPTED", "Somebody called {own}_interrupt."),
    ("TIMEOUT", "The call took longer than it may."),
    ("STACK", "The library called itself too deeply."),
    ("MEMORY", "The library begins with more memory than it may have."),
    ("INVALID", "The library gave what is no value of its type."),
    ("EXIT", "The library exited."),
    ("IMPORT", "A callback failed, is missing, or gave what is no value of its type."),
    ("ENDED", "An earlier call ended the library: {own}_reset begins again."),
    ("BUSY", "Another thread is in a call of this handle, or a callback of its own is."),
    ("ARGUMENT", "An argument is no value of its type. The library was not called."),
    ("SYSTEM", "The system gave no memory, no thread or no random bytes."),
)
"""Codes in their order, and what they mean."""

_COMMON = """\
/* One instance of the library. Many can be open; each serves one call at a time. */
typedef struct {own}_t {own}_t;

/* UTF-8. A string of the library has a 0 behind it, which `length` does not count. */
typedef struct {{
    const char *data;
    size_t length;
}} {own}_string_t;

"""

_CALLS = """\
typedef struct {{
    size_t size;            /* sizeof({own}_options_t) */
    uint64_t memory_limit;  /* bytes of memory; 0 for 1 GiB */
    uint64_t stack_limit;   /* bytes of the thread's stack that a call may use; 0 for 1 MiB */
    uint32_t timeout_ms;    /* how long a call may take; 0 for as long as it takes */
    const {own}_imports_t *imports;  /* callbacks; NULL for none. Copied. */
    /* Gets what the library prints to stdout (1) and stderr (2); NULL drops it. */
    void (*output)(void *context, int stream, const char *data, size_t length);
    void *context;          /* for `output` */
}} {own}_options_t;

/* Opens an instance; `options` may be NULL. Of one that failed nothing is left to be closed,
   and `message`, where it is not NULL, says why. */
{api}int {own}_open(const {own}_options_t *options, {own}_t **handle, char message[256]);
/* Closes it, and frees what its last result points to. Not while a call is under way. */
{api}int {own}_close({own}_t *handle);
/* Begins anew with the same options: what the library has in memory is gone. */
{api}int {own}_reset({own}_t *handle);
/* Ends the call that is under way, from any thread. Without one it does nothing. */
{api}void {own}_interrupt({own}_t *handle);
/* Changes how long a call may take, in milliseconds; 0 for as long as it takes. */
{api}int {own}_set_timeout({own}_t *handle, uint32_t timeout_ms);
/* What went wrong in the last call that failed; there until the next call of the handle. */
{api}const char *{own}_error_message(const {own}_t *handle);
/* The name of an error: "{own_upper}_TRAP". */
{api}const char *{own}_error_name(int error);
/* What a result points to is there until the next call of the handle that gives a result, until
   {own}_reset or {own}_close; or, once this is called, until {own}_free of what it returns. */
{api}void *{own}_keep({own}_t *handle);
{api}void {own}_free(void *kept);
/* For callbacks: memory for what they give, freed when it was taken; NULL where there is none. */
{api}void *{own}_alloc({own}_t *handle, size_t size);
/* For callbacks: says what failed, to be told by {own}_error_message. Returns 1. */
{api}int {own}_fail({own}_t *handle, const char *message);

static inline {own}_string_t {own}_string(const char *text)
{{
    {own}_string_t string = {{text, text == NULL ? 0 : strlen(text)}};
    return string;
}}
"""


@dataclass
class Header:
    """A header, and what its functions are called in it.

    Attributes:
        text: all of it.
        names: what types are called.
        functions: the C name of each function of the library, by interface and core name.
        callbacks: the member of the callbacks, by interface and core name.
        drops: the C name or member that drops a resource.
    """

    names: Names
    text: str = ""
    functions: dict[tuple[str, str], str] = field(default_factory=dict)
    callbacks: dict[tuple[str, str], str] = field(default_factory=dict)
    drops: dict[Type, str] = field(default_factory=dict)


def header(library: Library) -> Header:
    """The header of a library."""
    names = Names(library)
    made = Header(names)
    own, guard = names.own, f"{names.own.upper()}_H"
    about = f"{library.name} {library.version}, {library.digest}"
    lines = [f"/* {about}. Made by `wherever bind`. */", f"#ifndef {guard}", f"#define {guard}", ""]
    lines += [f"#include <{each}.h>" for each in ("stdbool", "stddef", "stdint", "string")]
    lines += ["", "#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    lines += [f"#ifndef {own.upper()}_API", f"#define {own.upper()}_API", "#endif", ""]
    lines += ["/* What every call returns. */", "enum {"]
    for code, (name, meaning) in enumerate(ERRORS):
        lines.append(f"    {own.upper()}_{name} = {code}, /* {meaning.format(own=own)} */")
    lines += ["};", "", _COMMON.format(own=own)]
    for kind in gathered((*library.needs, *library.api)):
        lines += definition(kind, names, is_host(library, kind))
    lines += _imports(library, made)
    lines += [_CALLS.format(own=own, own_upper=own.upper(), api=f"{own.upper()}_API ")]
    for interface in library.api:
        for function in interface.functions:
            key = (interface.name, function.core)
            made.functions[key] = names.function(interface, function)
            lines += comment(function.docs)
            lines.append(f"{own.upper()}_API {signature(made, interface, function)};")
    for kind in resources(library):
        if not is_host(library, kind):
            made.drops[kind] = names.free(f"{names.stem(kind)}_drop")
            lines.append(f"/* Gives up a {kind.name}, which ends it in the library. */")
            lines.append(
                f"{own.upper()}_API int {made.drops[kind]}({own}_t *handle,"
                f" {names.type(kind)} self);"
            )
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "#endif", ""]
    made.text = "\n".join(lines)
    return made


def resources(library: Library) -> list[Type]:
    """The resources of a library and those that it is given, in a fixed order."""
    found = gathered((*library.needs, *library.api))
    return [kind for kind in found if kind.kind == "resource"]


def is_host(library: Library, kind: Type) -> bool:
    """Whether a resource is the host's."""
    return all(each.name != kind.home for each in library.world.exports)


def parameters(made: Header, function: Function, before: str = "") -> list[str]:
    """The parameters of a function, as C declares them."""
    return [
        f"{made.names.type(kind)} {before}{word(label)}"
        if kind.kind in BY_VALUE
        else f"const {made.names.type(kind)} *{before}{word(label)}"
        for label, kind in function.params
    ]


def signature(made: Header, interface: Interface, function: Function, before: str = "") -> str:
    """The head of a function of the library; `before` goes before the names of parameters."""
    name = made.functions[interface.name, function.core]
    params = [f"{made.names.own}_t *handle", *parameters(made, function, before)]
    if function.result is not None:
        params.append(f"{made.names.type(function.result)} *result")
    return f"int {name}({', '.join(params)})"


def _imports(library: Library, made: Header) -> list[str]:
    own = made.names.own
    lines = [
        "/* What the library calls. Each returns 0, or another number to end the library.",
        "   What it is given is there until it returns. `result` it fills. It may not call",
        "   the handle again, and never longjmp or throw. */" if library.needs else "",
    ]
    body = ["void *context;"]
    for interface in library.needs:
        for function in interface.functions:
            member = made.names.field(interface, function)
            made.callbacks[interface.name, function.core] = member
            params = [f"{own}_t *handle", "void *context", *parameters(made, function)]
            if function.result is not None:
                params.append(f"{made.names.type(function.result)} *result")
            body += [*comment(function.docs), f"int (*{member})({', '.join(params)});"]
    for kind in resources(library):
        if is_host(library, kind):
            member = made.names.field_named(f"{kind.name}-drop")
            made.drops[kind] = member
            body += comment(f"The library has no use for a {kind.name} any more.")
            body.append(f"void (*{member})(void *context, {made.names.type(kind)} self);")
    if not library.needs:
        lines = ["/* The library calls nothing of its host. */"]
    return [
        *lines,
        "typedef struct {",
        *(f"    {line}" for line in body),
        f"}} {own}_imports_t;",
        "",
    ]
