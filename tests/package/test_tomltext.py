"""TOML of strangers: bounded, in words, and every key with its line."""

import os
import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError, NotFound
from wherever.package.tomltext import LARGEST, line_of, load, parse

WHOLE = '''\
# a comment = [not a table]
title = "x # no comment"

[a]
b.c = 1 # one
"d e".'f.g' = { h = [1, 2,
  { i = "]" }], j = 1979-05-27 07:32:00 }
text = """
[no.table]
k = 1 \\""" still
"""
raw = \'\'\'
''
[neither]\'\'\'

[[list]]
x = 1
[list.sub]
y = 2
[[list]]
x = 3
  [[list.inner]]
  z = 4
["a"."quoted \\"header\\""]
n = [
  "p",  # one
  [ 1.5, true ],
]
'''


@pytest.mark.parametrize(
    "path, line",
    [
        (("title",), 2),
        (("a",), 4),
        (("a", "b"), 5),
        (("a", "b", "c"), 5),
        (("a", "d e", "f.g"), 6),
        (("a", "d e", "f.g", "h", 1), 6),
        (("a", "d e", "f.g", "h", 2, "i"), 7),
        (("a", "d e", "f.g", "j"), 7),
        (("a", "text"), 8),
        (("a", "raw"), 12),
        (("list", 0), 16),
        (("list", 0, "x"), 17),
        (("list", 0, "sub", "y"), 19),
        (("list", 1), 20),
        (("list", 1, "x"), 21),
        (("list", 1, "inner", 0, "z"), 23),
        (("a", 'quoted "header"'), 24),
        (("a", 'quoted "header"', "n", 1), 27),
        (("a", 'quoted "header"', "n", 1, 1), 27),
        (("a", "nothing of that name"), 4),
        (("nothing",), 1),
    ],
)
def test_a_key_has_its_line(path, line):
    parse(WHOLE, "whole")
    assert line_of(WHOLE, path) == line
    assert line_of(WHOLE.replace("\n", "\r\n"), path) == line


KEYS = st.one_of(st.from_regex(r"[a-z]{1,3}", fullmatch=True), st.text(max_size=4)).filter(
    lambda key: not any("\ud800" <= c <= "\udfff" for c in key)
)


@given(st.lists(KEYS, min_size=1, max_size=6, unique=True))
def test_every_way_to_write_a_key_has_its_line(keys):
    def written(key):
        body = "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in key)
        return f'"{body}"'

    text = "".join(f"{written(key)} = {number}\n" for number, key in enumerate(keys))
    assert tomllib.loads(text) == {key: number for number, key in enumerate(keys)}
    assert [line_of(text, (key,)) for key in keys] == list(range(1, len(keys) + 1))


@pytest.mark.parametrize(
    "text, said",
    [
        ("x = ", "w.toml:1: this is not TOML: invalid value"),
        ("\n\nx == 1", "w.toml:3:4: this is not TOML: invalid value"),
        ("x = 1\nx = 2", "w.toml:2: this is not TOML: cannot overwrite a value"),
        ("x = " + "9" * 5000, "w.toml: this is not TOML: a number in it has too many digits"),
        (
            "x = " + "[" * 60_000,
            TOO_DEEP := "w.toml: tables and lists lie more than 24 deep in each"
            " other; write it flatter",
        ),
        ("x = " + "{a=" * 60_000, TOO_DEEP),
        ("x = " + "[" * 40 + "]" * 40, TOO_DEEP),
        (
            "\n" + "a." * 60_000 + "b = 1",
            "w.toml:2: a key has more than 24 parts; write fewer dots",
        ),
        ("[" + "a . " * 60_000 + "b]", "w.toml:1: a key has more than 24 parts; write fewer dots"),
        ('"a"."b".' * 20_000 + "c=1", "w.toml:1: a key has more than 24 parts; write fewer dots"),
        ("#" * (LARGEST + 1), "w.toml has more than 256 KiB, which nobody wrote by hand"),
    ],
)
def test_what_is_not_toml_or_too_much_is_refused_in_words(text, said):
    began = time.monotonic()
    with pytest.raises(InputError) as caught:
        parse(text, "w.toml")
    assert time.monotonic() - began < 5
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "text",
    [
        "a" * 250_000,
        '"' * 250_000,
        "\"'" * 120_000,
        "a." * 24 * 5_000,
        "a.\n" * 80_000,
        "[[a]]\n" * 40_000,
        "[a]\n" * 60_000,
        "x = '" + '\\"' * 120_000 + "'",
        'x = "' + '\\"' * 120_000 + '"',
        '\\"' * 120_000,
        '"""\n' * 60_000,
        "x = '''" + "''\n" * 80_000,
        'x = """' + "\\\n" * 100_000,
        "".join(f"k{n} = 1\n" for n in range(20_000)),
        "".join(f"[a.b{n}]\n" for n in range(20_000)),
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_no_text_of_this_size_takes_long(text):
    began = time.monotonic()
    try:
        parse(text, "w.toml")
    except InputError:
        pass
    else:
        line_of(text, ("nothing",))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "x = '" + "a." * 40 + "b'",
        'x = "' + "a." * 40 + 'b"',
        'x = """\n' + "a." * 40 + 'b\\""""',
        "x = 1 # it's " + "a." * 40 + "b",
    ],
)
def test_many_dots_in_a_text_are_no_key(text):
    assert list(parse(text, "w.toml")) == ["x"]


@pytest.mark.parametrize(
    "before", ['x = "it\'s"', "x = '\"'", 'x = 1 # """', 'x = """a""""', "x = '''a'''''"]
)
def test_a_key_of_many_parts_does_not_hide_behind_quotes(before):
    with pytest.raises(InputError, match=r"w\.toml:2: a key has more than 24 parts"):
        parse(f"{before}\n{'a.' * 40}b = 1", "w.toml")


def test_a_file_that_cannot_be_text_is_refused(tmp_path):
    odd, big, pipe = tmp_path / "odd", tmp_path / "big", tmp_path / "pipe"
    odd.write_bytes(b"a = 1\nb = '\xff'")
    with big.open("wb") as file:
        file.truncate(1 << 40)
    os.mkfifo(pipe)
    said = []
    marked = tmp_path / "marked"
    marked.write_bytes(b"\xef\xbb\xbfa = 1")
    for path in (odd, big, pipe, marked, tmp_path, tmp_path / "none", tmp_path / "a\0b"):
        with pytest.raises(InputError) as caught:
            load(path)
        said.append(str(caught.value).replace(str(tmp_path), "T"))
    assert said == [
        "T/odd:2: this is not UTF-8; save it as UTF-8",
        "T/big has more than 256 KiB, which nobody wrote by hand",
        "T/pipe is not a file",
        "T/marked:1: it begins with a byte order mark; save it as UTF-8 without one",
        "T is not a file",
        "there is no T/none",
        "cannot read 'T/a\\x00b': no such name",
    ]
    with pytest.raises(NotFound):
        load(tmp_path / "none")
