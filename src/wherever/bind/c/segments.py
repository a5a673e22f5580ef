"""What a guest's memory begins with, as strings and a table: what compilers read fast."""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"(const u8 \w*data_segment_data_\w+\[)\] = \{\n([0-9a-fx, \n]*)\};")
_LOADED = re.compile(r"  LOAD_DATA\((.+), (\d+)u, (\w+), (\d+)\);\n")
_RUN = re.compile(
    r"  LOAD_DATA\((\S+), \d+u, \w+, \d+\);\n(?:  LOAD_DATA\(\1, \d+u, \w+, \d+\);\n){15,}"
)
_TABLE = """\
  static const struct {{
    u32 to, size;
    const u8* from;
  }} loaded[] = {{
{rows}
  }};
  for (u32 at = 0; at < sizeof loaded / sizeof *loaded; at++)
    LOAD_DATA({memory}, loaded[at].to, loaded[at].from, loaded[at].size);
"""
_LINE = 64
_TEXT = [
    chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
    for byte in range(256)
]


def as_strings(text: str) -> str:
    """C of wasm2c's with each byte of a data segment in as few letters as it can be told in.

    >>> print(as_strings("static const u8 data_segment_data_d0[] = {\\n  0x41, 0x00, \\n};"))
    static const u8 data_segment_data_d0[2] =
      "A\\000";
    """
    return _SEGMENT.sub(_told, text)


def in_a_loop(text: str) -> str:
    """C of wasm2c's that loads segments by a table, and not by a statement for each.

    >>> told = "".join(f"  LOAD_DATA(i->m, {at}u, d{at}, 4);\\n" for at in range(16))
    >>> print(*in_a_loop(told).splitlines()[4:6], sep="\\n")
        {0u, 4, d0},
        {1u, 4, d1},
    """
    return _RUN.sub(_looped, text)


def _looped(run: re.Match[str]) -> str:
    rows = (f"    {{{to}u, {size}, {place}}}," for _, to, place, size in _LOADED.findall(run[0]))
    return _TABLE.format(rows="\n".join(rows), memory=run[1])


def _told(found: re.Match[str]) -> str:
    data = bytes.fromhex(found[2].replace("0x", "").replace(",", ""))
    lines = (data[at : at + _LINE] for at in range(0, len(data), _LINE))
    told = "\n".join(f'  "{"".join(map(_TEXT.__getitem__, line))}"' for line in lines)
    return f"{found[1]}{len(data)}] =\n{told};"
