"""One table, two readers: the quick scanner and the parser understand the same words."""

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherever.cli import options
from wherever.cli import run as verb
from wherever.cli.options import OPTIONS, scan
from wherever.cli.parser import parse, verb_parser
from wherever.errors import InputError

FLAGS = [flag for option in OPTIONS for flag in option.flags]
TEXTS = ["64m", "1", "a:b", "photos:/in:ro", "K=V", "=", "", "-", "x y", "none", "--", "-q", "-5"]
GUESTS = ["tool.wasm", "-", "./x", "python", "", "a=b"]


@st.composite
def command_lines(draw):
    """Options well and badly written, WHAT now and then, and anything for the guest."""
    words = []
    for _ in range(draw(st.integers(0, 5))):
        option = draw(st.sampled_from(OPTIONS))
        flag = draw(st.sampled_from(option.flags))
        text = draw(st.sampled_from(TEXTS))
        glued = f"{flag}={text}" if flag.startswith("--") else f"{flag}{text}"
        words += draw(
            st.sampled_from([[flag], [flag, text], [glued], [glued], ["--nothing", text], ["-zq"]])
        )
    if draw(st.booleans()):
        words.append("--")
    if draw(st.booleans()):
        words.append(draw(st.sampled_from(GUESTS)))
        words += draw(st.lists(st.sampled_from([*FLAGS, *TEXTS, "--help", "-h", "-c"]), max_size=4))
    return words


PARSER = verb_parser("run")


def with_the_parser(words):
    args = verb.parse(PARSER, words)
    values = {
        option.name: value
        for option in OPTIONS
        if (value := getattr(args, option.name)) is not None
    }
    return values, args.what, args.args


@settings(max_examples=300)
@given(command_lines())
def test_whatever_the_scanner_reads_the_parser_reads_too(words):
    quickly = scan(words)
    if quickly is not None:
        assert with_the_parser(words) == quickly


@settings(max_examples=150)
@given(command_lines())
def test_what_the_scanner_leaves_is_read_or_refused_in_words(words):
    if scan(words) is not None or {"-h", "--help"} & set(words):
        return
    try:
        values, what, rest = with_the_parser(words)
    except InputError as error:
        assert str(error)
    else:
        # Only unusual spellings: letters that share a dash, an equals sign, a negative number.
        assert isinstance(what, str) and words[len(words) - len(rest) :] == rest and values


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("tool.wasm", ({}, "tool.wasm", [])),
        ("-m64m tool.wasm", ({"memory": "64m"}, "tool.wasm", [])),
        ("-m 64m -m 1g tool.wasm", ({"memory": "1g"}, "tool.wasm", [])),
        ("--memory=64m tool.wasm", ({"memory": "64m"}, "tool.wasm", [])),
        ("-v a --dir=b:/c tool.wasm", ({"dir": ["a", "b:/c"]}, "tool.wasm", [])),
        ("-e A=1 -eB=2 --env C tool.wasm", ({"env": ["A=1", "B=2", "C"]}, "tool.wasm", [])),
        ("--deterministic tool.wasm", ({"deterministic": True}, "tool.wasm", [])),
        ("--deterministic=7 tool.wasm", ({"deterministic": "7"}, "tool.wasm", [])),
        ("--stats --json -q x", ({"stats": True, "json": True, "quiet": True}, "x", [])),
        ("python -c print(1)", ({}, "python", ["-c", "print(1)"])),
        ("tool.wasm --help -- -m 64m", ({}, "tool.wasm", ["--help", "--", "-m", "64m"])),
        ("-- tool.wasm -- x", ({}, "tool.wasm", ["--", "x"])),
        ("- -", ({}, "-", ["-"])),
        ("--invoke add lib.wasm 1 -2", ({"invoke": "add"}, "lib.wasm", ["1", "-2"])),
    ],
)
def test_both_readers_agree_on_what_people_write(line, read):
    assert scan(line.split()) == read
    assert with_the_parser(line.split()) == read


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("-qm64m x", ({"quiet": True, "memory": "64m"}, "x", [])),
        ("-qm 64m x", ({"quiet": True, "memory": "64m"}, "x", [])),
        ("-m=64m x", ({"memory": "64m"}, "x", [])),
        ("--fuel -5 x", ({"fuel": "-5"}, "x", [])),
    ],
)
def test_unusual_spellings_are_left_to_the_parser(line, read):
    assert scan(line.split()) is None
    assert with_the_parser(line.split()) == read


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "run needs WHAT; see: wherever run --help"),
        ("--stats", "run needs WHAT; see: wherever run --help"),
        ("--", "run needs WHAT; see: wherever run --help"),
        ("--memry 64m x", "run has no option --memry; did you mean --memory?"),
        ("--memry=64m x", "run has no option --memry; did you mean --memory?"),
        ("--time 5 x", "run has no option --time; did you mean --timeout?"),
        ("--mem 64m x", "run has no option --mem; did you mean --memory?"),
        ("--version", "run has no option --version; see: wherever run --help"),
        ("-x x", "run has no option -x; see: wherever run --help"),
        ("-qx x", "run has no option -x; see: wherever run --help"),
        ("--dir", "--dir needs a value; see: wherever run --help"),
        ("-v", "--dir needs a value; see: wherever run --help"),
        ("--dir --stats x", "--dir needs a value; see: wherever run --help"),
        ("--dir=-- x", "--dir: '--' is not a value for it; see: wherever run --help"),
        (
            "--memory tool.wasm",
            "--memory took 'tool.wasm' as its value, and no program is left;"
            " write --memory 64m tool.wasm",
        ),
        (
            "-q -m python",
            "-m took 'python' as its value, and no program is left; write -m 64m python",
        ),
        (
            "--timeout 5s",
            "--timeout took '5s' as its value, and no program is left; write --timeout 5s WHAT",
        ),
        (
            "--dir tool.wasm",
            "--dir took 'tool.wasm' as its value, and no program is left;"
            " write --dir HOST tool.wasm",
        ),
        (
            "-v photos",
            "-v took 'photos' as its value, and no program is left; write -v photos WHAT",
        ),
        ("--memory=tool.wasm", "run needs WHAT; see: wherever run --help"),
        ("--stats=yes x", "--stats takes no value; write --stats alone"),
    ],
)
def test_a_mistake_is_named(line, said):
    assert scan(line.split()) is None
    with pytest.raises(InputError) as caught:
        parse("run", line.split())
    assert str(caught.value) == said


def test_the_parser_is_made_from_the_table():
    parser = verb_parser("run")
    made = {tuple(a.option_strings): a.help for a in parser._actions if a.option_strings}
    made.pop(("-h", "--help"))
    assert made == {tuple(option.flags): option.help for option in OPTIONS}


def test_no_two_options_share_a_name_or_a_flag():
    assert len({option.name for option in OPTIONS}) == len(OPTIONS)
    assert len(set(FLAGS)) == len(FLAGS) == len(options.FLAGS)


def test_help_names_every_exit_code():
    text = verb.EPILOG
    for code in (122, 124, 125, 126, 127, 130, 134, 137):
        assert f"\n  {code}  " in text


def test_the_examples_run():
    assert doctest.testmod(options).failed == 0
