"""What the canonical ABI wants checked, and jco's code lets pass.

jco trusts a guest in much: handles that it gives away without having them, borrowed ones that it
keeps, lists that begin in its memory and end behind it, strings that share their memory until they
are more than anybody has, calls of the host while it is asked for room. Each becomes a trap here.
"""

from __future__ import annotations

import re

from wherever.errors import InternalError

_RETURN = re.compile(r"(_debugLog\('\[iface=[^\n]*\]\[Instruction::Return\]')")
_HEAD = re.compile(r"^export function instantiate\(.*\{$", re.MULTILINE)

_HELPERS = """
  const _trap = (text) => { throw new WebAssembly.RuntimeError(text); };
  const _FREE = 1 << 30, _MOST = 1 << 26;
  const _isThere = (table, handle) =>
    handle > 0 && handle < table.length / 2 && !(table[handle << 1] & _FREE);
  const _known = (table, handle) => {
    if (!_isThere(table, handle)) _trap(`a handle ${handle} that is not there`);
  };
  // A handle that objects outside stand for is no more the guest's, though it stays in its table.
  const _given = new Map();
  const _out = (table) => _given.get(table) ?? _given.set(table, new Set()).get(table);
  const _mine = (table, handle) => {
    _known(table, handle);
    if (_out(table).has(handle)) _trap(`a handle ${handle} that was given away`);
  };
  const _give = (table, handle) => {
    _mine(table, handle);
    if (!(table[(handle << 1) + 1] & _FREE)) _trap(`a handle ${handle} that was only borrowed`);
    _out(table).add(handle);
  };
  const _taken = (table, handle) => _out(table).delete(handle);
  let _lent = [];
  const _lend = (table, handle) => (_lent.push([table, handle]), handle);
  const _settled = () => {
    for (const [table, handle] of _lent) {
      if (_isThere(table, handle) && !(table[(handle << 1) + 1] & _FREE)) {
        _trap(`a borrowed handle ${handle} that was kept`);
      }
    }
  };
  let _read = 0;
  const _begin = () => { _lent = []; _read = 0; };
  // Values may share their memory: what they come to is bounded, where the memory is not larger.
  const _count = (size, buffer) => {
    _read += size;
    if (_read > _MOST && _read > buffer.byteLength) _trap(`values of more than ${_MOST} bytes`);
  };
  const _slice = (buffer, from, to) => {
    if (to > buffer.byteLength) _trap("a list beyond the end of memory");
    _count(to - from, buffer);
    return buffer.slice(from, to);
  };
  const _text = (decoder, bytes) => {
    _count(bytes.length, bytes.buffer);
    return decoder.decode(bytes);
  };
  const _room = (index, realloc) => realloc && ((old, size, align, wanted) => {
    const state = getOrCreateAsyncState(index);
    const before = state.mayLeave;
    state.mayLeave = false;
    try {
      const at = realloc(old, size, align, wanted);
      if ((at >>> 0) % align) _trap(`room at ${at >>> 0}, which is no multiple of ${align}`);
      return at;
    } finally {
      state.mayLeave = before;
    }
  });
"""

_RULES = (
    (r"\b(memory\d+)\.buffer\.slice\(", r"_slice(\1.buffer, "),
    (r"\b(TEXT_DECODER_UTF8|utf16Decoder)\.decode\(", r"_text(\1, "),
    # What the guest passes to a function of the host.
    (
        r"(var rep\d+ = (handleTable\d+)\[\((handle\d+) << 1\) \+ 1\] & ~T_FLAG;)",
        r"_known(\2, \3); \1",
    ),
    # What it gives away: an object, which knows how to end it.
    (
        r"(var (handle\d+) = [^;\n]+;)(\s+var rsc\d+ = new\.target ===(?:(?!new\.target).){0,900}?"
        r"rscTableRemove\((handleTable\d+), \2\))",
        r"\1 _give(\4, \2);\3",
    ),
    # What it drops.
    (
        r"(function trampoline\d+\(handle\) \{\s*)(const handleEntry = rscTableRemove\("
        r"(handleTable\d+), handle\);)",
        r"\1_mine(\3, handle); \2",
    ),
    # What it is given back, or what ended outside.
    (
        r"(finalizationRegistry(\d+)\.unregister\((\w+)\);\s*\3\[symbolDispose\] = emptyFunc;)",
        r"_taken(handleTable\2, \3[symbolRscHandle]); \1",
    ),
    (r"(function rscTableRemove\(table, handle\) \{)", r"\1 _taken(table, handle);"),
    (
        r"(handle\d+) = rscTableCreateBorrow\((handleTable\d+), ([^;]+), SCOPE_ID\);",
        r"\1 = _lend(\2, rscTableCreateBorrow(\2, \3, SCOPE_ID));",
    ),
)


def guarded(code: str) -> str:
    """jco's code with what it lacks.

    Raises:
        InternalError: it is not of the form that is known.
    """
    for pattern, made in _RULES:
        code = re.sub(pattern, made, code, flags=re.DOTALL)
    code = _calls(_rooms(code))
    code, found = _HEAD.subn(lambda head: head[0] + _HELPERS, code)
    if found != 1:
        raise InternalError("jco's code begins in another way", "report it, please")
    return code


def _rooms(code: str) -> str:
    """Room is asked for with the outside closed, and is where it may be."""

    def wrapped(found: re.Match[str]) -> str:
        name, value = found[2], found[3]
        used = re.search(rf"\(\) => {name}\b", code) or re.search(rf"\b{name}[,(]", code)
        before = code[: used.start()] if used else code
        index = re.findall(r"componentIdx: (\d+)", before)[-1:] or ["0"]
        return f"{found[1]}{name} = _room({index[0]}, {value});"

    return re.sub(r"^(\s*)(realloc\d+) = ([^;]+);$", wrapped, code, flags=re.MULTILINE)


def _calls(code: str) -> str:
    """A call of an export begins with nothing lent, and ends so."""
    first, *others = re.split(r"(?=getOrCreateAsyncState\(\d+\)\.throwIfTrapped\(\);)", code)
    made = [first]
    for each in others:
        ended = _RETURN.sub(r"_settled(); \1", each, count=1)
        made.append("_begin(); " + ended)
    return "".join(made)
