"""Types of core WebAssembly: values, functions, structs, limits, constant expressions.

Value types are kept as their text, `i32`, `funcref`, `(ref null 3)`: short, comparable, and
what a person reads. Each reader notes the proposals it meets in a set of features.
"""

from __future__ import annotations

from wherever.wasm.cursor import PART, Cursor

NUMBERS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64"}
# Abstract heap types: the short name of their nullable reference, and who brought them.
HEAPS = {
    0x73: ("nofunc", "nullfuncref", ("gc",)),
    0x72: ("noextern", "nullexternref", ("gc", "externref")),
    0x71: ("none", "nullref", ("gc",)),
    0x70: ("func", "funcref", ("reference-types",)),
    0x6F: ("extern", "externref", ("reference-types", "externref")),
    0x6E: ("any", "anyref", ("gc",)),
    0x6D: ("eq", "eqref", ("gc",)),
    0x6C: ("i31", "i31ref", ("gc",)),
    0x6B: ("struct", "structref", ("gc",)),
    0x6A: ("array", "arrayref", ("gc",)),
    0x69: ("exn", "exnref", ("exceptions",)),
    0x74: ("noexn", "nullexnref", ("exceptions",)),
    0x68: ("cont", "contref", ("stack-switching",)),
    0x75: ("nocont", "nullcontref", ("stack-switching",)),
}
MAX_ARITY = 1000
"""Parameters or results of one function; engines stop here too."""


def value_type(at: Cursor, features: set[str]) -> str:
    """The text of a value type: a number, `v128` or a reference."""
    byte = at.peek()
    number = NUMBERS.get(byte)
    if number is not None:
        at.pos += 1
        return number
    if byte == 0x7B:
        at.pos += 1
        features.add("simd")
        return "v128"
    return ref_type(at, features)


def ref_type(at: Cursor, features: set[str]) -> str:
    """The text of a reference type."""
    byte = at.u8()
    heap = HEAPS.get(byte)
    if heap is not None:
        features.update(heap[2])
        return heap[1]
    if byte in (0x63, 0x64):
        features.add("function-references")
        null = "null " if byte == 0x63 else ""
        return f"(ref {null}{_heap_type(at, features)})"
    if byte == 0x65:
        features.add("shared-everything-threads")
        return f"(ref null {_shared(at, features)})"
    at.pos -= 1
    raise at.bad(f"unknown type 0x{byte:02x}")


def _heap_type(at: Cursor, features: set[str]) -> str:
    byte = at.peek()
    heap = HEAPS.get(byte)
    if heap is not None:
        at.pos += 1
        features.update(heap[2])
        return heap[0]
    if byte == 0x65:
        at.pos += 1
        features.add("shared-everything-threads")
        return _shared(at, features)
    if byte == 0x62:
        at.pos += 1
        features.add("custom-descriptors")
        return f"(exact {at.u32()})"
    start = at.pos
    index = at.signed(33)
    if index < 0:
        at.pos = start
        raise at.bad(f"unknown heap type 0x{byte:02x}")
    return str(index)


def _shared(at: Cursor, features: set[str]) -> str:
    byte = at.u8()
    heap = HEAPS.get(byte)
    if heap is None:
        at.pos -= 1
        raise at.bad(f"unknown shared heap type 0x{byte:02x}")
    features.update(heap[2])
    return f"(shared {heap[0]})"


def value_types(at: Cursor, features: set[str]) -> tuple[str, ...]:
    """A list of value types: the parameters or results of a function."""
    start = at.pos
    number = at.count(cost=PART)
    if number > MAX_ARITY:
        at.pos = start
        raise at.bad(f"a function of {number} parameters or results (at most {MAX_ARITY})")
    return tuple([value_type(at, features) for _ in range(number)])


CoreType = tuple[str, tuple[str, ...], tuple[str, ...]]
"""("func", parameters, results), or ("struct" | "array" | "cont", fields, ())."""


def rec_type(at: Cursor, features: set[str]) -> list[CoreType]:
    """One entry of a type section: a single type, or a group of types that know each other."""
    if at.peek() != 0x4E:
        return [_sub_type(at, features)]
    at.pos += 1
    features.add("gc")
    return [_sub_type(at, features) for _ in range(at.count(2))]


def _sub_type(at: Cursor, features: set[str]) -> CoreType:
    if at.peek() in (0x50, 0x4F):
        at.pos += 1
        features.add("gc")
        for _ in range(at.count()):
            at.u32()
    return _composite(at, features)


def _composite(at: Cursor, features: set[str]) -> CoreType:
    byte = at.u8()
    for _ in range(3):
        if byte == 0x65:
            features.add("shared-everything-threads")
        elif byte in (0x4C, 0x4D):
            features.add("custom-descriptors")
            at.u32()
        else:
            break
        byte = at.u8()
    if byte == 0x60:
        params = value_types(at, features)
        results = value_types(at, features)
        if len(results) > 1:
            features.add("multi-value")
        return ("func", params, results)
    if byte == 0x5F:
        features.add("gc")
        return ("struct", tuple([_field(at, features) for _ in range(at.count(2, PART))]), ())
    if byte == 0x5E:
        features.add("gc")
        return ("array", (_field(at, features),), ())
    if byte == 0x5D:
        features.add("stack-switching")
        return ("cont", (_heap_type(at, features),), ())
    at.pos -= 1
    raise at.bad(f"unknown form of type 0x{byte:02x}")


def _field(at: Cursor, features: set[str]) -> str:
    byte = at.peek()
    if byte in (0x78, 0x77):
        at.pos += 1
        text = "i8" if byte == 0x78 else "i16"
    else:
        text = value_type(at, features)
    return f"(mut {text})" if at.u8() & 1 else text


Limits = tuple[int, int | None, bool, bool, int]
"""(smallest, largest or None, is shared, has 64-bit indices, bytes a page)"""


def memory_type(at: Cursor, features: set[str]) -> Limits:
    """What a memory starts with and may grow to, in pages."""
    flags = at.u8()
    if flags > 15:
        at.pos -= 1
        raise at.bad(f"unknown memory flags 0x{flags:02x}")
    is64 = bool(flags & 4)
    if is64:
        features.add("memory64")
    if flags & 2:
        features.add("threads")
    low = at.u64() if is64 else at.u32()
    high = (at.u64() if is64 else at.u32()) if flags & 1 else None
    page = 65536
    if flags & 8:
        features.add("custom-page-sizes")
        power = at.u32()
        if power > 64:
            raise at.bad(f"a page of 2^{power} bytes")
        page = 1 << power
    return (low, high, bool(flags & 2), is64, page)


def table_type(at: Cursor, features: set[str]) -> tuple[str, Limits]:
    """The element type of a table, and its limits in elements."""
    seen: set[str] = set()
    element = ref_type(at, seen)
    # A table of funcref is as old as WebAssembly itself.
    features |= seen if element != "funcref" else set()
    flags = at.u8()
    if flags > 7:
        at.pos -= 1
        raise at.bad(f"unknown table flags 0x{flags:02x}")
    is64 = bool(flags & 4)
    if is64:
        features.add("memory64")
    if flags & 2:
        features.add("shared-everything-threads")
    low = at.u64() if is64 else at.u32()
    high = (at.u64() if is64 else at.u32()) if flags & 1 else None
    return element, (low, high, bool(flags & 2), is64, 0)


def global_type(at: Cursor, features: set[str]) -> str:
    """The text of a global's type, `mut i32` where it may change."""
    text = value_type(at, features)
    flags = at.u8()
    if flags > 3:
        at.pos -= 1
        raise at.bad(f"unknown global flags 0x{flags:02x}")
    if flags & 2:
        features.add("shared-everything-threads")
        text = f"shared {text}"
    return f"mut {text}" if flags & 1 else text


_NO_OPERANDS = frozenset((0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E))
# Operand indices after each 0xFB opcode that a constant expression may hold.
_GC = {0: 1, 1: 1, 32: 1, 33: 1, 6: 1, 7: 1, 8: 2, 26: 0, 27: 0, 28: 0}


def skip_constant(at: Cursor, features: set[str]) -> bool:
    """Step over a constant expression, up to and with its `end`; False: too many to read."""
    work = at.work
    while True:
        work.constants -= 1
        if work.constants < 0:
            return False
        op = at.u8()
        if op == 0x0B:
            return True
        if op == 0x41:
            at.signed(32)
        elif op == 0x42:
            at.signed(64)
        elif op == 0x43:
            at.skip(4)
        elif op == 0x44:
            at.skip(8)
        elif op == 0x23:
            at.u32()
        elif op == 0xD2:
            features.add("reference-types")
            at.u32()
        elif op == 0xD0:
            features.add("reference-types")
            _heap_type(at, features)
        elif op in _NO_OPERANDS:
            features.add("extended-const")
        elif op == 0xFD:
            features.add("simd")
            if at.u32() != 12:
                raise at.bad("a constant expression computes with vectors")
            at.skip(16)
        elif op == 0xFB:
            features.add("gc")
            operands = _GC.get(at.u32())
            if operands is None:
                raise at.bad("unknown 0xfb opcode in a constant expression")
            for _ in range(operands):
                at.u32()
        else:
            at.pos -= 1
            raise at.bad(f"opcode 0x{op:02x} in a constant expression")
