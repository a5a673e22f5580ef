"""Functions of a world in Rust, between core values and values."""

from __future__ import annotations

from wherever.build.bindings.rust.spelling import path, rust, snake
from wherever.wit import abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.bindings.c.names import Names
    from wherever.wit.model import Function, Interface

_BITS = {
    "i32": "{} as u32 as u64",
    "i64": "{} as u64",
    "f32": "{}.to_bits() as u64",
    "f64": "{}.to_bits()",
}
_CORE = {
    "i32": "{} as i32",
    "i64": "{} as i64",
    "f32": "f32::from_bits({} as u32)",
    "f64": "f64::from_bits({})",
}


def called(function: Function) -> str:
    """What a function is called in its interface or resource."""
    if function.kind == "constructor":
        return "new"
    is_taken = function.resource is not None and function.name == "new"
    return "new_" if is_taken else snake(function.name)


def params(function: Function, names: Names) -> list[str]:
    """Parameters, as a function's head has them."""
    found = [f"{snake(label)}: {rust(kind, names)}" for label, kind in function.params]
    return ["&self", *found[1:]] if function.kind == "method" else found


def imported(interface: Interface, function: Function, names: Names) -> list[str]:
    """A function to call."""
    labels = [snake(label) for label, _ in function.params]
    if function.kind == "method":
        labels[0] = "self"
    kinds = [rust(each, names) for _, each in function.params]
    result = "()" if function.result is None else rust(function.result, names)
    cores = ["i32"] if abi.in_memory(function) else list(abi.flat_params(function))
    declared = [f"a{at}: {core}" for at, core in enumerate(cores)]
    back = ""
    if abi.returns_in_memory(function):
        declared.append("back: *mut u8")
    elif function.result is not None:
        back = f" -> {abi.flat(function.result)[0]}"
    lines = [f"/// {line}".rstrip() for line in function.docs.splitlines()]
    lines += [
        f"pub fn {called(function)}({', '.join(params(function, names))}) -> {result} {{",
        f'    #[link(wasm_import_module = "{interface.name or "$root"}")]',
        '    unsafe extern "C" {',
        f'        #[link_name = "{function.core}"]',
        f"        fn import_({', '.join(declared)}){back};",
        "    }",
        "    unsafe {",
    ]
    places, size = abi.places(kind for _, kind in function.params)
    body = []
    if abi.in_memory(function):
        body.append(f"let mut given_ = [0u64; {-(-size // 8)}];")
        body.append("let at_ = given_.as_mut_ptr() as *mut u8;")
        body += [f"{a}.store(at_.add({place}));" for a, place in zip(labels, places, strict=True)]
        passed = ["at_ as i32"]
        freed = [f"<{b}>::load(at_.add({p}))" for b, p in zip(kinds, places, strict=True)]
    else:
        flats = abi.starts(function)
        body.append(f"let mut given_ = [0u64; {len(cores)}];")
        body += [f"{a}.lower(&mut given_[{at}..]);" for a, at in zip(labels, flats, strict=True)]
        passed = [_CORE[core].format(f"given_[{at}]") for at, core in enumerate(cores)]
        freed = [f"<{b}>::lift(&given_[{at}..])" for b, at in zip(kinds, flats, strict=True)]
    pointing = [abi.points(each) for _, each in function.params]
    freed = [
        f"crate::world::free(|| {a});" for a, points in zip(freed, pointing, strict=True) if points
    ]
    call = f"import_({', '.join(passed)})"
    if function.result is None:
        body += [f"{call};", *freed]
    elif back:
        core = _BITS[abi.flat(function.result)[0]].format("core_")
        body += [f"let core_ = {call};", *freed, f"<{result}>::lift(&[{core}])"]
    else:
        words = -(-abi.size(function.result) // 8)
        body.append(f"let mut back_ = [0u64; {words}];")
        body.append("let to_ = back_.as_mut_ptr() as *mut u8;")
        body.append(f"import_({', '.join([*passed, 'to_'])});")
        body += [*freed, f"<{result}>::load(to_)"]
    return [*lines, *(f"        {line}" for line in body), "    }", "}"]


def exported(interface: Interface, function: Function, names: Names) -> list[str]:
    """The function that the module exports, around that of the program."""
    name = f"{interface.name}#{function.core}" if interface.name else function.core
    label = _label(interface, function, names)
    kinds = [rust(each, names) for _, each in function.params]
    cores = ["i32"] if abi.in_memory(function) else list(abi.flat_params(function))
    declared = ", ".join(f"a{at}: {core}" for at, core in enumerate(cores))
    places, size = abi.places(kind for _, kind in function.params)
    body = []
    if abi.in_memory(function):
        body.append("let given = a0 as *mut u8;")
        taken = [f"<{b}>::load(given.add({p}))" for b, p in zip(kinds, places, strict=True)]
        align = max(abi.align(each) for _, each in function.params)
        freed = [f"give(given, {size}, {align});"]
    else:
        bits = ", ".join(_BITS[core].format(f"a{at}") for at, core in enumerate(cores))
        body.append(f"let given: [u64; {len(cores)}] = [{bits}];")
        flats = abi.starts(function)
        taken = [f"<{b}>::lift(&given[{at}..])" for b, at in zip(kinds, flats, strict=True)]
        freed = []
    body += [f"let v{at} = {each};" for at, each in enumerate(taken)] + freed
    given = ", ".join(f"v{at}" for at in range(len(taken)))
    call = f"{_implementer(interface, function, names)}::{called(function)}({given})"
    if gives_itself(function):
        call = f"Own::new({call})"
    ended = ["give_back();"] if names.lends(function) else []
    back, more = "", []
    if function.result is None:
        body += [f"{call};", *ended]
    elif abi.returns_in_memory(function):
        back = " -> *mut u8"
        result = rust(function.result, names)
        words = -(-abi.size(function.result) // 8)
        body += [
            f"static mut BACK: [u64; {words}] = [0; {words}];",
            "let to = &raw mut BACK as *mut u8;",
            f"{call}.store(to);",
            *ended,
            "to",
        ]
        if abi.points(function.result):
            more = [
                f'#[unsafe(export_name = "cabi_post_{name}")]',
                f'unsafe extern "C" fn {label}_post(back: *mut u8) {{',
                f"    free(|| <{result}>::load(back));",
                "}",
            ]
    else:
        (core,) = abi.flat(function.result)
        back = f" -> {core}"
        body += ["let mut back = [0u64; 1];", f"{call}.lower(&mut back);", *ended]
        body.append(_CORE[core].format("back[0]"))
    return [
        f'#[unsafe(export_name = "{name}")]',
        f'unsafe extern "C" fn {label}({declared}){back} {{',
        *(f"    {line}" for line in body),
        "}",
        *more,
        "",
    ]


def gives_itself(function: Function) -> bool:
    """Whether a constructor gives its resource, and no result that may be an error."""
    result = function.result
    is_own = result is not None and result.kind == "own" and result.inner == function.resource
    return function.kind == "constructor" and is_own


def _label(interface: Interface, function: Function, names: Names) -> str:
    """A name of its own for the function that is exported."""
    home = names.prefix(interface.name) if interface.name else ""
    resource = "" if function.resource is None else f"{function.resource.name}_"
    own = f"{resource}{function.name or 'new'}".replace("-", "_")
    return names.free(f"export_{home}_{own}")


def _implementer(interface: Interface, function: Function, names: Names) -> str:
    """Whose function it is: the program's component, or its type of a resource."""
    if function.resource is not None:
        own = path(function.resource, names)
        return f"<{own} as {own}Exports>"
    home = f"{names.prefix(interface.name)}::" if interface.name else ""
    return f"<crate::Component as crate::world::{home}Exports>"
