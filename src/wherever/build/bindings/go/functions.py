"""Functions of a world in Go, between core values and values."""

from __future__ import annotations

from wherever.build.bindings.go.spelling import called, codec, go, named, param, spelt
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Function, Interface

_TYPE = {"i32": "uint32", "i64": "uint64", "f32": "float32", "f64": "float64"}
_BITS = {
    "i32": "uint64({})",
    "i64": "{}",
    "f32": "uint64(math.Float32bits({}))",
    "f64": "math.Float64bits({})",
}
_CORE = {
    "i32": "uint32({})",
    "i64": "{}",
    "f32": "math.Float32frombits(uint32({}))",
    "f64": "math.Float64frombits({})",
}


def prefix(interface: Interface, names: Names) -> str:
    """What Go's names of an interface begin with."""
    return spelt(names.prefix(interface.name)) if interface.name else "World"


def head(function: Function, names: Names) -> str:
    """A function's name, parameters and result; a method's receiver has a place of its own."""
    given = function.params[1:] if function.kind == "method" else function.params
    params = ", ".join(f"{param(label)} {go(each, names)}" for label, each in given)
    result = "" if function.result is None else f" {go(function.result, names)}"
    return f"{called(function)}({params}){result}"


def _own(function: Function) -> str:
    """A function's part in names of which there is one in all of an interface."""
    if function.kind != "method" or function.resource is None:
        return called(function)
    return f"{spelt(function.resource.name)}Does{called(function)}"


def _declared(function: Function, start: str, names: Names) -> str:
    """The head of a function to call."""
    if function.resource is None:
        return f"func {start}{head(function, names)}"
    kind = named(function.resource, names)
    if function.kind == "method":
        return f"func ({param(function.params[0][0])} {kind}) {head(function, names)}"
    own = called(function)
    name = f"New{kind}" if function.kind == "constructor" else f"{start}{own}"
    return f"func {name}{head(function, names).removeprefix(own)}"


def imported(interface: Interface, function: Function, names: Names) -> list[str]:
    """A function to call."""
    start = prefix(interface, names)
    core_name = f"import{start}{_own(function)}"
    cores = ["i32"] if abi.in_memory(function) else list(abi.flat_params(function))
    declared = [f"a{at} {_TYPE[core]}" for at, core in enumerate(cores)]
    back = ""
    if abi.returns_in_memory(function):
        declared.append("back uint32")
    elif function.result is not None:
        back = f" {_TYPE[abi.flat(function.result)[0]]}"
    lines = [
        f"//go:wasmimport {interface.name or '$root'} {function.core}",
        f"func {core_name}({', '.join(declared)}){back}",
        "",
        *(f"// {line}".rstrip() for line in function.docs.splitlines()),
        f"{_declared(function, start, names)} {{",
    ]
    body = []
    codecs = [codec(each, names) for _, each in function.params]
    labels = [param(label) for label, _ in function.params]
    if abi.in_memory(function):
        places, size = abi.places(kind for _, kind in function.params)
        body.append(f"given_ := take({size})")
        for label, each, place in zip(labels, codecs, places, strict=True):
            body.append(f"{each}.store({label}, given_+{place})")
        passed = ["given_"]
    else:
        if cores:
            body.append(f"given_ := make([]uint64, {len(cores)})")
        for label, each, flat in zip(labels, codecs, abi.starts(function), strict=True):
            body.append(f"{each}.lower({label}, given_[{flat}:])")
        passed = [_CORE[core].format(f"given_[{at}]") for at, core in enumerate(cores)]
    if function.result is None:
        body.append(f"{core_name}({', '.join(passed)})")
    elif back:
        bits = _BITS[abi.flat(function.result)[0]].format(f"{core_name}({', '.join(passed)})")
        body.append(f"return {codec(function.result, names)}.lift([]uint64{{{bits}}})")
    else:
        body.append(f"back_ := take({abi.size(function.result)})")
        body.append(f"{core_name}({', '.join([*passed, 'back_'])})")
        body.append(f"return {codec(function.result, names)}.load(back_)")
    return [*lines, *(f"\t{line}" for line in body), "}", ""]


def exported(interface: Interface, function: Function, names: Names) -> list[str]:
    """The function that the module exports, around that of the program."""
    start = prefix(interface, names)
    label = f"export{start}{_own(function)}"
    name = f"{interface.name}#{function.core}" if interface.name else function.core
    cores = ["i32"] if abi.in_memory(function) else list(abi.flat_params(function))
    declared = ", ".join(f"a{at} {_TYPE[core]}" for at, core in enumerate(cores))
    codecs = [codec(each, names) for _, each in function.params]
    body = []
    if abi.in_memory(function):
        places, _ = abi.places(kind for _, kind in function.params)
        given = [f"{each}.load(a0 + {place})" for each, place in zip(codecs, places, strict=True)]
    else:
        if cores:
            bits = ", ".join(_BITS[core].format(f"a{at}") for at, core in enumerate(cores))
            body.append(f"given := []uint64{{{bits}}}")
        flats = abi.starts(function)
        given = [f"{each}.lift(given[{at}:])" for each, at in zip(codecs, flats, strict=True)]
    on = start
    if function.kind == "method":
        on, *given = given
    call = f"{on}.{called(function)}({', '.join(given)})"
    ended = ["giveBack()"] if names.lends(function) else []
    back, more = "", []
    if function.result is None:
        body += ["defer done()", call, *ended]
    elif abi.returns_in_memory(function):
        back = " uint32"
        result = codec(function.result, names)
        body += [f"result := {call}", f"back := take({abi.size(function.result)})"]
        body += [f"{result}.store(result, back)", *ended, "return back"]
        more = [f"//go:wasmexport cabi_post_{name}", f"func {label}Post(uint32) {{ done() }}", ""]
    else:
        (core,) = abi.flat(function.result)
        back = f" {_TYPE[core]}"
        body += ["defer done()", "back := []uint64{0}"]
        body += [f"{codec(function.result, names)}.lower({call}, back)", *ended]
        body += [f"return {_CORE[core].format('back[0]')}"]
    lines = [f"//go:wasmexport {name}", f"func {label}({declared}){back} {{"]
    return [*lines, *(f"\t{line}" for line in body), "}", "", *more]
