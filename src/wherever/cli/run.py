"""`wherever run`: a program in a sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wherever.cli.options import FLAGS, OPTIONS
from wherever.errors import InputError

if TYPE_CHECKING:
    import argparse

HELP = """\
Run a program in a sandbox. It reaches no files, no network and no environment unless an
option grants them. Options come before WHAT; everything after it is the program's own."""

WHAT = """\
a .wasm or .wat file; a script, such as hello.py; a name from `wherever programs`;
pypi:PACKAGE/FILE or npm:PACKAGE/FILE; or - for a module on stdin"""

EPILOG = """\
sizes are written like 64m or 1.5g, times like 5, 500ms or 2m, and none takes a limit away

exit codes:
  the program's own, or
  122  it wrote more, opened more or called more than it may
  124  it used up its time, processor time or instructions
  125  a mistake in the command, or of ours
  126  found, but not a program that can run here, or it needs what is not granted
  127  not found
  130  interrupted by Ctrl-C
  134  it trapped, or used up its stack
  137  it needed more memory than it may have"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every option of the table, WHAT and ARGS."""
    parser.usage = "wherever run [OPTIONS] WHAT [ARGS ...]"
    parser.epilog = EPILOG
    groups: dict[str, Any] = {}
    for option in OPTIONS:
        if option.group not in groups:
            groups[option.group] = parser.add_argument_group(option.group)
        how: dict[str, Any] = {"help": option.help, "dest": option.name, "default": None}
        if option.kind == "flag":
            how.update(action="store_const", const=True)
        else:
            how["metavar"] = option.value
        if option.kind == "many":
            how["action"] = "append"
        if option.kind == "maybe":
            how.update(nargs="?", const=True)
        groups[option.group].add_argument(*option.flags, **how)
    parser.add_argument("what", metavar="WHAT", help=WHAT)
    parser.add_argument(
        "args", metavar="ARGS", nargs="*", default=[], help="the program's own arguments"
    )


def parse(parser: Any, words: Sequence[str]) -> argparse.Namespace:
    """The arguments of `wherever run`: the parser sees only what stands before WHAT.

    Raises:
        InputError: an option is unknown, or its value is missing.
    """
    at = _position(parser, words)
    rest = list(words[at:])
    if rest[:1] == ["--"]:
        del rest[0]
    elif not rest:
        _refuse_what_was_taken(words)
    # What follows WHAT is the guest's, so it never reaches the parser.
    found: argparse.Namespace = parser.parse_args([*words[:at], *(["--", rest[0]] if rest else ())])
    found.args = rest[1:]
    return found


def main(args: argparse.Namespace) -> int:
    """Run what the arguments name."""
    from wherever.cli.start import start

    values = {
        option.name: getattr(args, option.name)
        for option in OPTIONS
        if getattr(args, option.name) is not None
    }
    return start(values, args.what, args.args)


_SUCH_AS = {"SIZE": "64m", "TIME": "5", "COUNT": "10m", "FILE": "FILE", "GUEST": "FOLDER"}
"""What to write as the value of an option whose value was WHAT itself."""


def _refuse_what_was_taken(words: Sequence[str]) -> None:
    """Say so where the last option took what was meant as WHAT, or all that is left."""
    flag, taken = ("", "", *words)[-2:]
    option = FLAGS.get(flag)
    if option is None or option.kind not in ("one", "many") or taken.startswith("-"):
        return
    wants_number = option.value in ("SIZE", "TIME", "COUNT")
    if wants_number:
        is_what = not taken[:1].isdigit() and taken != "none"
    else:
        is_what = taken.endswith((".wasm", ".wat"))
    value = _SUCH_AS.get(option.value, option.value.partition("[")[0]) if is_what else taken
    raise InputError(
        f"{flag} took {taken!r} as its value, and no program is left",
        f"write {flag} {value} {taken if is_what else 'WHAT'}",
    )


def _position(parser: Any, words: Sequence[str]) -> int:
    """Where WHAT stands, or `--` before it; the number of words where it is missing."""
    at = 0
    while at < len(words):
        word = words[at]
        if not word.startswith("-") or word in ("-", "--"):
            return at
        at += 1
        if word in ("-h", "--help"):
            return at
        if word.startswith("--"):
            name, equals, text = word.partition("=")
            takes_next = not equals
        else:
            # Letters may share a dash: -qm64m.
            while len(word) > 2 and word[:2] in FLAGS and FLAGS[word[:2]].kind == "flag":
                word = "-" + word[2:]
            name, text, takes_next = word[:2], word[2:], len(word) == 2
        option = FLAGS.get(name)
        if option is None:
            if name == "-h":
                return at
            raise parser.unknown(word)
        if text == "--":  # which argparse would take for the end of the options
            raise InputError(f"{name}: '--' is not a value for it", "see: wherever run --help")
        if takes_next and option.kind in ("one", "many"):
            at += 1
    return len(words)
