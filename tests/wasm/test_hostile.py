"""Files made to hurt their reader are refused, with the place, cheaply."""

import time
import tracemalloc

import pytest

from wherever.errors import NotRunnable
from wherever.wasm import Malformed, facts, read, world
from wherever.wasm.cursor import MAX_DEPTH

READERS = [facts, read]


def refusal(data, reader=facts):
    with pytest.raises(Malformed) as caught:
        reader(data)
    return str(caught.value).removeprefix("malformed WebAssembly: ")


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (b"\1\x7f", "the type section announces 127 bytes, 0 are left (at byte 8)"),
        (b"\0\1\5", "5 bytes announced, 0 left (at byte 11)"),
        (b"\x0e\0", "unknown section 14 (at byte 8)"),
        (b"\x01", "unexpected end (at byte 9)"),
        (b"\1\1\0\1\1\0", "the type section is out of order (at byte 11)"),
        (b"\3\1\0\1\1\0", "the type section is out of order (at byte 11)"),
        (b"\1\5\xff\xff\xff\xff\x0f", "a list of 4294967295 items does not fit into its section"
         " (at byte 10)"),
        (b"\1\2\0\0", "1 bytes left over in the type section (at byte 11)"),
        (b"\1\3\1\x66\0", "unknown form of type 0x66 (at byte 11)"),
        (b"\1\3\1\x60\1", "a list of 1 items does not fit into its section (at byte 12)"),
        (b"\1\5\1\x60\1\x10\0", "unknown type 0x10 (at byte 13)"),
        (b"\1\6\1\x60\1\x63\x41\0", "unknown heap type 0x41 (at byte 14)"),
        (b"\1\5\1\x60\xe9\7\0", "a list of 1001 items does not fit into its section"
         " (at byte 12)"),
        (b"\2\6\1\1a\1b\7", "unknown kind of import 0x07 (at byte 15)"),
        (b"\2\7\1\1a\1b\4\1", "unknown kind of tag (at byte 16)"),
        (b"\2\5\1\2\xff\xfe\0", "a name is not UTF-8 (at byte 12)"),
        (b"\3\5\xff\xff\xff\xff\x0f", "4294967295 functions do not fit (at byte 10)"),
        (b"\4\4\1\x70\x40\1", "unknown table flags 0x40 (at byte 12)"),
        (b"\5\3\1\x10\1", "unknown memory flags 0x10 (at byte 11)"),
        (b"\5\x05\1\x08\1\x41\0", "a page of 2^65 bytes (at byte 14)"),
        (b"\6\4\1\x7f\5\x0b", "unknown global flags 0x05 (at byte 12)"),
        (b"\6\5\1\x7f\0\x10\x0b", "opcode 0x10 in a constant expression (at byte 13)"),
        (b"\6\5\1\x7f\0\x41\0", "unexpected end (at byte 15)"),
        (b"\7\4\1\1a\0", "unexpected end (at byte 14)"),
        (b"\7\5\1\1a\x09\0", "unknown kind of export 0x09 (at byte 13)"),
        (b"\x0a\1\2", "0 functions have 2 bodies (at byte 11)"),
    ],
)  # fmt: skip
def test_a_module_is_refused_where_it_is_wrong(section, why, forge):
    assert refusal(forge.module(section)) == why


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (b"\x0d\0", "unknown section 13 (at byte 8)"),
        (b"\7\x7f", "the type section announces 127 bytes, 0 are left (at byte 8)"),
        (b"\7\3\1\x70\0", "type 0 of 0 (at byte 13)"),
        (b"\7\3\1\x70\x50", "unknown value type 0x50 (at byte 13)"),
        (b"\7\3\1\x62\0", "unknown form of type 0x62 (at byte 11)"),
        (b"\7\3\1\x6a\2", "neither absent nor present (at byte 13)"),
        (b"\7\4\1\x42\1\5", "a list of 1 items does not fit into its section (at byte 12)"),
        (b"\7\5\1\x42\1\5\0", "unknown declaration 0x05 (at byte 13)"),
        (b"\7\x06\1\x71\1\1a\2", "neither absent nor present (at byte 16)"),
        (b"\7\x07\1\x71\1\1a\0\1", "a case that refines another (at byte 17)"),
        (b"\7\4\1\x40\0\2", "unknown form of results (at byte 14)"),
        (b"\4\4\0asm", "8 bytes announced, 4 left (at byte 10)"),
        (b"\4\x08\0asm\1\0\0\0", "an unknown version (at byte 10)"),
        (b"\1\x08\0asm\x0d\0\1\0", "an unknown version (at byte 10)"),
        (b"\1\x08notwasm!", "no module starts here (at byte 10)"),
        (b"\5\3\1\0\0\0", "component 0 of 0 (at byte 13)"),
        (b"\5\3\1\2\0", "unknown form of instance (at byte 12)"),
        (b"\5\x08\1\1\1\0\1a\1\0", "no func 0 (at byte 18)"),
        (b"\2\7\1\0\0\1\0\3\0", "a core module is given what is no instance (at byte 16)"),
        (b"\2\3\1\2\0", "unknown form of core instance (at byte 12)"),
        (b"\6\5\1\3\0\0\0", "instance 0 of 0 (at byte 15)"),
        (b"\6\5\1\3\2\x09\0", "no enclosing scope 9 levels out (at byte 14)"),
        (b"\6\5\1\3\2\0\0", "type 0 of 0 (at byte 15)"),
        (b"\6\5\1\4\2\0\0", "component 0 of 0 (at byte 15)"),
        (b"\6\5\1\1\2\0\0", "an outer alias of what cannot be aliased (at byte 15)"),
        (b"\6\5\1\3\7\0\0", "unknown kind of alias 0x07 (at byte 12)"),
        (b"\x08\4\1\0\1\0", "unknown form of canonical function (at byte 13)"),
        (b"\x08\6\1\0\0\0\0\0", "type 0 of 0 (at byte 16)"),
        (
            b"\x07\2\1\x79\x08\6\1\0\0\0\0\0",
            "a function is lifted to what is no type of a function (at byte 20)",
        ),
        (b"\x08\2\1\x77", "unknown canonical function 0x77 (at byte 11)"),
        (b"\x08\6\1\0\0\0\1\x20", "unknown canonical option 0x20 (at byte 15)"),
        (b"\x0a\6\1\0\1a\1\0", "type 0 of 0 (at byte 16)"),
        (b"\x0a\6\1\3\1a\1\0", "unknown form of name 0x03 (at byte 11)"),
        (b"\x0a\6\1\0\1a\7\0", "unknown kind of import or export 0x07 (at byte 14)"),
        (b"\x0a\6\1\0\1a\3\2", "unknown bound of a type (at byte 16)"),
        (b"\x0a\6\1\0\1a\0\1", "unknown core kind of import or export (at byte 16)"),
        (b"\x07\2\1\x79\x0a\6\1\0\1a\5\0", "the type of a instance is none (at byte 19)"),
        (b"\x0b\7\1\0\1a\1\0\0", "no func 0 (at byte 16)"),
        (b"\x0b\7\1\0\1a\x09\0\0", "unknown sort 0x09 (at byte 14)"),
    ],
)
def test_a_component_is_refused_where_it_is_wrong(section, why, forge):
    assert refusal(forge.component(section)) == why


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("reader", READERS)
def test_a_program_cut_anywhere_is_refused_or_ends_there(reader, wasm):
    program = wasm("shapes-component.wat")
    for end in range(0, len(program), 3):
        try:
            reader(program[:end])
        except NotRunnable:
            continue
        # What ends between two sections is a shorter program.
        assert reader(program[:end] + b"\0\1\0")


def nested_components(forge, depth):
    inner = forge.component()
    for _ in range(depth):
        inner = forge.component(forge.section(4, inner))
    return inner


def nested_types(forge, depth):
    inner = b"\x42\0"
    for _ in range(depth):
        inner = b"\x42\1\1" + inner
    return forge.component(forge.section(7, b"\1", inner))


@pytest.mark.parametrize("build", [nested_components, nested_types])
def test_nesting_is_bounded(build, forge):
    assert facts(build(forge, MAX_DEPTH - 1))["kind"] == "component"
    assert f"more than {MAX_DEPTH}" in refusal(build(forge, MAX_DEPTH + 1))
    assert f"more than {MAX_DEPTH}" in refusal(build(forge, 3000))


def doubling(forge, levels):
    """Each type is a tuple of the one before it, twice: a text of 2^levels words."""
    types = b"".join(b"\x6f\2" + forge.index(n) * 2 for n in range(levels - 1))
    function = b"\x40\1\1a" + forge.index(levels - 1) + b"\1\0"
    section = forge.section(7, forge.leb(levels + 1), b"\x6f\2\x79\x79", types, function)
    return forge.component(section, forge.section(10, b"\1\0\1f\1", forge.leb(levels)))


def test_types_that_double_are_cut(forge):
    text = facts(doubling(forge, 60))["imports"][0][3]
    assert text.startswith("func(a: tuple<tuple<tuple<")
    assert text.endswith("...")
    assert len(text) < 5000
    assert len(world(doubling(forge, 60))) < 20_000


def test_types_that_refer_on_and_on_are_cut(forge):
    assert len(facts(doubling(forge, 3000))["imports"][0][3]) < 5000


def many_functions_of_a_long_type(forge):
    fields = b"".join(forge.name(f"f{n:04}") + b"\x79" for n in range(900))
    types = b"\x72" + forge.leb(900) + fields + b"\x40\1\1a\0\1\0"
    exports = b"".join(b"\4\0" + forge.name(f"n{n}") + b"\1\0" for n in range(9000))
    instance = b"\x42" + forge.leb(9001) + b"\2\3\2\1\1" + exports
    imports = b"".join(b"\0" + forge.name(f"i{n}") + b"\5\2" for n in range(9000))
    return forge.component(
        forge.section(7, b"\3", types, instance),
        forge.section(10, forge.leb(9000), imports),
    )


def components_in_components(forge, depth, instances):
    """Each level makes so many instances of the one before it, none of which holds a module."""
    inner = forge.component()
    for _ in range(depth):
        made = forge.section(5, forge.leb(instances), b"\0\0\0" * instances)
        inner = forge.component(forge.section(4, inner), made)
    return inner


def unknown_components_beside_many_modules(forge):
    return forge.component(
        forge.section(7, b"\1\x41\0"),
        forge.section(10, b"\1\0", forge.name("c"), b"\4\0"),
        forge.section(1, forge.module()) * 20_000,
        forge.section(5, forge.leb(20_000), b"\0\0\0" * 20_000),
    )


def long_names_in_many_instances(forge):
    """An instantiation with a type makes anew what its component exports."""
    functions = [b"\4\0" + forge.name(f"{n:05}" + "x" * 90_000) + b"\1\2" for n in range(10)]
    types = [b"\1\x79", b"\3\0" + forge.name("t") + b"\3\0\0", b"\1\x40\0\1\0"]
    component = b"\x41" + forge.leb(13) + b"".join(types + functions)
    made = b"\0\0\1" + forge.name("t") + b"\3\1"
    exports = [b"\0" + forge.name(f"e{n}") + b"\5" + forge.leb(n) + b"\0" for n in range(2000)]
    return forge.component(
        forge.section(7, b"\2", component, b"\x79"),
        forge.section(10, b"\1\0", forge.name("c"), b"\4\0"),
        forge.section(5, forge.leb(2000), made * 2000),
        forge.section(11, forge.leb(2000), *exports),
    )


def names_lost_one_behind_the_other(forge, count):
    """A component whose imports are types, each a name for the one before it."""
    names = [b"\3\0" + forge.name(f"a{n:x}") + b"\3\0" + forge.leb(n) for n in range(count)]
    inner = b"\x41" + forge.leb(count + 1) + b"\1\x79" + b"".join(names)
    outer = b"\x41\2\1" + inner + b"\4\0" + forge.name("x:y/w") + b"\4\0"
    world = b"\1\0" + forge.name("w") + b"\3\0\0"
    return forge.component(forge.section(7, b"\1", outer), forge.section(11, world))


def test_names_that_were_lost_are_still_told_by_their_type(forge):
    assert "type a3 = u32" in world(names_lost_one_behind_the_other(forge, 4))


HOSTILE = {
    "empty sections without end": lambda forge: forge.module(b"\0\1\0" * 1_500_000),
    "very many types": lambda forge: forge.module(
        forge.section(1, forge.leb(60_000), b"\x60\0\0" * 60_000)
    ),
    "types without end": lambda forge: forge.module(
        forge.section(1, forge.leb(900_000), b"\x60\0\0" * 900_000)
    ),
    "one group of types without end": lambda forge: forge.module(
        forge.section(1, b"\1\x4e", forge.leb(900_000), b"\x60\0\0" * 900_000)
    ),
    "functions without end": lambda forge: forge.module(
        forge.section(1, b"\1\x60\0\0"),
        forge.section(3, forge.leb(150_000), b"\x80\x80\x00" * 150_000),
        forge.section(7, b"\1\1f\0", forge.leb(149_999)),
    ),
    "a constant without end": lambda forge: forge.module(
        forge.section(6, b"\1\x7f\0", b"\x41\0" * 400_000)
    ),
    "long names": lambda forge: forge.module(
        forge.section(2, forge.leb(250), (forge.name("x" * 99_000) + b"\0\3\x7f\0") * 250)
    ),
    "modules in modules' place": lambda forge: forge.component(
        forge.section(1, forge.module()) * 500_000
    ),
    "long types in many instances": many_functions_of_a_long_type,
    "long names in many instances": long_names_in_many_instances,
    "instances that multiply": lambda forge: components_in_components(forge, 4, 150),
    "unknown components beside many modules": unknown_components_beside_many_modules,
    "names lost one behind the other": lambda forge: names_lost_one_behind_the_other(forge, 9000),
    "aliases without end": lambda forge: forge.component(
        forge.section(7, b"\1\x70\x79"),
        forge.section(6, forge.leb(900_000), b"\3\2\0\0" * 900_000),
    ),
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("build", HOSTILE.values(), ids=HOSTILE)
def test_a_large_hostile_file_costs_a_bounded_amount(build, forge):
    data = build(forge)
    for reader in (facts, read, world):
        assert seconds(reader, data) < 2
    tracemalloc.start()
    try:
        seconds(facts, data)
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()


def test_globals_after_very_long_constants_stay_without_types(forge, monkeypatch):
    monkeypatch.setattr("wherever.wasm.cursor.MAX_CONSTANTS", 5)
    globals_ = forge.section(6, b"\3" + b"\x7f\0\x41\7\x41\7\x0b" * 3)
    exports = forge.section(7, b"\2\1a\3\0\1b\3\2")
    assert facts(forge.module(globals_, exports))["exports"] == [
        ("a", "global", "i32"),
        ("b", "global", ""),
    ]


def seconds(reader, data):
    began = time.thread_time()
    try:
        reader(data)
    except NotRunnable as error:
        assert len(str(error)) < 300
    return time.thread_time() - began


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("reader", READERS)
def test_a_large_module_is_read_in_no_time_and_never_copied(reader, forge, wasm):
    body = b"\2\0\x0b"
    functions = 20_000
    program = forge.module(
        forge.section(1, b"\2\x60\0\0\x60\1\x7f\0"),
        forge.section(3, forge.leb(functions), b"\0\1" * (functions // 2)),
        forge.section(7, b"\1\1f\0", forge.leb(functions - 1)),
        forge.section(10, forge.leb(functions), body * functions),
        forge.section(11, b"\1\1", forge.leb(26_000_000), bytes(26_000_000)),
    )
    began = time.thread_time()
    found = reader(program)
    took = time.thread_time() - began
    tracemalloc.start()
    reader(program)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found["exports"] if reader is facts else None) in (None, [("f", "func", "(i32) -> ()")])
    assert took < 0.1
    assert peak < 2_000_000
