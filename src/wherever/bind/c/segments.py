"""What a guest's memory begins with, as strings: compilers read those a hundred times faster."""

from __future__ import annotations

import re

_SEGMENT = re.compile(r"(const u8 \w*data_segment_data_\w+\[)\] = \{\n([0-9a-fx, \n]*)\};")
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


def _told(found: re.Match[str]) -> str:
    data = bytes.fromhex(found[2].replace("0x", "").replace(",", ""))
    lines = (data[at : at + _LINE] for at in range(0, len(data), _LINE))
    told = "\n".join(f'  "{"".join(map(_TEXT.__getitem__, line))}"' for line in lines)
    return f"{found[1]}{len(data)}] =\n{told};"
