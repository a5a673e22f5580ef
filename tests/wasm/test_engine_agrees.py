"""Our reading of a program is the engine's own."""

import pytest
import wasmtime
from wasmtime import component as c

from wherever.wasm import facts, signature

ENGINE = wasmtime.Engine()

CORE = {
    "every kind of import and export": """(module
      (import "m" "f" (func (param i32 i64 f32 f64) (result i64)))
      (import "m" "t" (table 1 9 funcref)) (import "m" "mem" (memory 1 7))
      (import "m" "g" (global i64)) (import "m" "mg" (global (mut f32)))
      (func (export "f") (param externref funcref)) (export "again" (func 0))
      (func (export "multi") (result i32 i32) (i32.const 1) (i32.const 2))
      (export "mem" (memory 0)) (table (export "t") 2 externref)
      (global (export "g") f64 (f64.const 1)) (export "mg" (global 1)))""",
    "memories of all sorts": """(module (memory (export "a") 0) (memory (export "b") 1 2)
      (memory (export "c") i64 3) (memory (export "d") i64 4 5))""",
    "many functions of many types": "(module "
    + "".join(
        f'(func (export "f{n}") (param{" i32" * (n % 9)}) (result{" i64" * (n % 3)})'
        f" {'(i64.const 0)' * (n % 3)})"
        for n in range(400)
    )
    + ")",
}


def spelled(kind):
    # The binding calls a reference to a host value `anyref`. (It aborts on v128.)
    return str(kind).replace("anyref", "externref")


def described(kind):
    if isinstance(kind, wasmtime.FuncType):
        return "func", (tuple(map(spelled, kind.params)), tuple(map(spelled, kind.results)))
    if isinstance(kind, wasmtime.MemoryType):
        text = f"{kind.limits.min}..{'' if kind.limits.max is None else kind.limits.max}"
        return "memory", text + (" i64" if kind.is_64 else "")
    if isinstance(kind, wasmtime.TableType):
        most = "" if kind.limits.max is None else kind.limits.max
        return "table", f"{spelled(kind.element)} {kind.limits.min}..{most}"
    return "global", ("mut " if kind.mutable else "") + spelled(kind.content)


def ours(kind, text):
    return kind, signature(text) if kind == "func" else text


@pytest.mark.parametrize("text", CORE.values(), ids=CORE)
def test_of_modules(text, wasm):
    program = wasm(text)
    theirs = wasmtime.Module(ENGINE, program)
    found = facts(program)
    assert [(m, n, *ours(k, t)) for m, n, k, t in found["imports"]] == [
        (i.module, i.name, *described(i.type)) for i in theirs.imports
    ]
    assert [(n, *ours(k, t)) for n, k, t in found["exports"]] == [
        (e.name, *described(e.type)) for e in theirs.exports
    ]


COMPONENTS = {
    "shapes": "shapes-component.wat",
    "all primitive types": """(component (import "f" (func
      (param "a" bool) (param "b" s8) (param "c" u8) (param "d" s16) (param "e" u16)
      (param "f" s32) (param "g" u32) (param "h" s64) (param "i" u64) (param "j" f32)
      (param "k" f64) (param "l" char) (param "m" string) (result u8))))""",
    "all built types": """(component
      (type $r (record (field "a" u8) (field "b-c" string))) (import "r" (type $r' (eq $r)))
      (type $v (variant (case "x") (case "y" u32))) (import "v" (type $v' (eq $v)))
      (type $e (enum "one" "two")) (import "e" (type $e' (eq $e)))
      (type $g (flags "p" "q")) (import "g" (type $g' (eq $g)))
      (import "res" (type $res (sub resource)))
      (import "f" (func (param "a" (list $r')) (param "b" (option $v'))
        (param "c" (result $e' (error $g'))) (param "d" (tuple u8 (list (list string))))
        (param "e" (own $res)) (param "f" (borrow $res)) (result (result)))))""",
    "instances of nested components": """(component
      (core module $m (func (export "go") (param i32) (result i32) (local.get 0)))
      (core instance $mi (instantiate $m))
      (func $go (param "n" u32) (result u32) (canon lift (core func $mi "go")))
      (component $inner (import "go" (func $f (param "n" u32) (result u32)))
        (export "again" (func $f)))
      (instance $i (instantiate $inner (with "go" (func $go))))
      (instance $j (export "x" (func $i "again")))
      (export "lab:a/b@1.0.0" (instance $i)) (export "both" (instance $j))
      (export "one" (func $i "again")))""",
}


def functions(name, kind):
    """Names of all functions under an item, with their parameters' names and how many results."""
    if isinstance(kind, c.FuncType):
        return {name: ([param for param, _ in kind.params], kind.result is not None)}
    if isinstance(kind, c.ComponentInstanceType):
        found = {}
        for inner, inner_kind in kind.exports(ENGINE).items():
            found |= functions(f"{name}#{inner}", inner_kind.ty)
        return found
    return {}


def our_functions(name, kind, text):
    if kind == "instance":
        found = {}
        for line in filter(None, text.split("\n")):
            inner, _, rest = line.partition(": ")
            found |= our_functions(f"{name}#{inner}", "func", rest)
        return found
    if kind != "func":
        return {}
    inside, depth = "", 0
    for character in text[5 : text.rindex(")")]:
        depth += (character in "<(") - (character in ">)")
        inside += ";" if character == "," and not depth else character
    params = [p.split(":")[0].strip().removeprefix("%") for p in inside.split(";") if p]
    return {name: (params, text[text.rindex(")") :].startswith(") -> "))}


@pytest.mark.parametrize("text", COMPONENTS.values(), ids=COMPONENTS)
def test_of_components(text, wasm):
    program = wasm(text)
    theirs = c.Component(ENGINE, program).type
    found = facts(program)
    for ours_now, theirs_now in (
        ([entry[1:] for entry in found["imports"]], theirs.imports(ENGINE)),
        (found["exports"], theirs.exports(ENGINE)),
    ):
        assert [name for name, kind, _ in ours_now if kind != "type"] == [
            name for name, kind in theirs_now.items() if not isinstance(kind.ty, c.ResourceType)
        ]
        mine, engines = {}, {}
        for name, kind, text_ in ours_now:
            mine |= our_functions(name, kind, text_)
        for name, kind in theirs_now.items():
            engines |= functions(name, kind.ty)
        assert mine == engines
