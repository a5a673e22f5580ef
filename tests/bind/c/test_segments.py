"""Data of the guest as strings of C: the same bytes, and no two libraries share their names."""

from __future__ import annotations

import subprocess
from pathlib import Path

from wherever.bind.c.guest import prefixed
from wherever.bind.c.segments import as_strings, in_a_loop

EVERY = bytes([*range(256), *b'??/"\\1%', 0, ord("7")])


def listed(data: bytes) -> str:
    """As wasm2c writes it."""
    lines = [data[at : at + 12] for at in range(0, len(data), 12)]
    told = "".join(f"  {''.join(f'0x{byte:02x}, ' for byte in line)}\n" for line in lines)
    return f"const u8 data_segment_data_w2c_guest_d0[] = {{\n{told}}};\n"


def test_a_compiler_reads_the_same_bytes(compiler: str, tmp_path: Path) -> None:
    text = as_strings(listed(EVERY))
    assert "0x" not in text
    (tmp_path / "main.c").write_text(
        f"#include <stdio.h>\ntypedef unsigned char u8;\n{text}"
        "int main(void) { return fwrite(data_segment_data_w2c_guest_d0, 1,"
        " sizeof data_segment_data_w2c_guest_d0, stdout) == 0; }\n",
        "utf-8",
    )
    words = [compiler, "-Wall", "-Wextra", "-Werror", "-std=gnu11", "main.c", "-o", "main"]
    subprocess.run(words, check=True, cwd=tmp_path)
    assert subprocess.run([tmp_path / "main"], check=True, capture_output=True).stdout == EVERY


def test_other_text_stays_and_names_are_the_librarys() -> None:
    text = "static void init(void) {\n  u8 x[] = {\n  0x01, \n};\n}\n"
    assert as_strings(text) == text
    assert prefixed("extern const u8 data_segment_data_w2c_guest_d0[];", "own") == (
        "extern const u8 own_data_segment_data_w2c_guest_d0[];"
    )


def test_many_segments_are_loaded_by_a_table() -> None:
    def lines(memory: str, count: int) -> str:
        return "".join(f"  LOAD_DATA({memory}, {at}u, d{at}, 3);\n" for at in range(count))

    few = lines("instance->w2c_a", 3)
    made = in_a_loop(f"{few}{lines('(*instance->w2c_b)', 40)}  done();\n")
    rows = "".join(f"    {{{at}u, 3, d{at}}},\n" for at in range(40))
    assert made == (
        f"{few}  static const struct {{\n    u32 to, size;\n    const u8* from;\n"
        f"  }} loaded[] = {{\n{rows}"
        "  };\n  for (u32 at = 0; at < sizeof loaded / sizeof *loaded; at++)\n"
        "    LOAD_DATA((*instance->w2c_b), loaded[at].to, loaded[at].from, loaded[at].size);\n"
        "  done();\n"
    )
