"""The first bytes of a file say what it is."""

import pytest

from wherever.wasm import sniff
from wherever.wasm.scan import WORDS


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (b"\0asm\1\0\0\0rest", "module"),
        (b"\0asm\x0d\0\1\0rest", "component"),
        (b"\0asm\2\0\0\0", "module-version"),
        (b"\0asm\x0e\0\1\0", "component-version"),
        (b"\0asm\1\0\1\0", "component-version"),
        (b"\0asm\1", "unknown"),
        (b"(module)", "wat"),
        (b"\xef\xbb\xbf(component (import ", "wat"),
        (b";; a comment\n(; (; nested ;) ;)\n ( module $a", "wat"),
        (b"(module", "wat"),
        (b"(modules are good)", "text"),
        (b"(; never closed (module)", "text"),
        (b";; only a comment", "text"),
        (b"\x7fELF\2\1\1", "elf"),
        (b"MZ\x90\0", "pe"),
        (b"\xcf\xfa\xed\xfe\x07", "macho"),
        (b"\xca\xfe\xba\xbe\0\0\0\2", "macho"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\3\4", "zip"),
        (b"#!/usr/bin/env python\n", "script"),
        (b"print('hello')\n", "text"),
        ("grüße".encode(), "text"),
        (b"\0\1\2\3", "unknown"),
        (b"caf\xe9 latin", "unknown"),
        (b"\x89PNG\r\n", "unknown"),
    ],
)
def test_a_file_is_named_by_its_head(head, kind):
    assert sniff(head) == kind


def test_a_character_cut_by_the_end_of_the_head_is_still_text():
    text = "ü".encode() * 3000
    assert sniff(text[:4095]) == "text"
    assert sniff(text) == "text"


def test_every_kind_that_we_do_not_read_has_words():
    kinds = {"wat", "elf", "pe", "macho", "script", "text", "gzip", "zip", "empty", "unknown"}
    assert set(WORDS) == kinds | {"module-version", "component-version"}
