"""The parser of every verb, and its mistakes in our words."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

from wherever.cli.verbs import EXAMPLES, GROUPS, VERBS
from wherever.errors import InputError

DESCRIPTION = "Run sandboxed WebAssembly software anywhere."


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are `InputError`s that name the near option."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", _Formatter)
        super().__init__(allow_abbrev=False, exit_on_error=False, **options)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        try:
            known, extra = super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            raise self._mistake(error.argument_name, error.message) from None
        if extra:
            raise self.unknown(extra[0])
        return known

    def error(self, message: str) -> NoReturn:
        raise self._mistake(None, message)

    def unknown(self, word: str) -> InputError:
        """The mistake of an option or an argument that this verb does not have."""
        name = word.partition("=")[0]
        if not word.startswith("-"):
            return InputError(f"{self._verb()} has no place for {word!r}", self._see())
        near = nearest(name, self._option_string_actions)
        return InputError(
            f"{self._verb()} has no option {name}",
            f"did you mean {near}?" if near else self._see(),
        )

    def _mistake(self, argument: str | None, message: str) -> InputError:
        flag = (argument or "").split("/")[0]
        if message.startswith(("expected one", "expected at least one")):
            return InputError(f"{flag} needs a value", self._see())
        if message.startswith("ignored explicit argument"):
            return InputError(f"{flag} takes no value", f"write {flag} alone")
        if "arguments are required: " in message:
            missing = message.rpartition("required: ")[2]
            return InputError(f"{self._verb()} needs {missing}", self._see())
        if "(choose from " in message:
            word, _, choices = message.partition(" (choose from ")
            known = [choice.strip(" '\"") for choice in choices.rstrip(")").split(",")]
            near = nearest(word.partition(": ")[2].strip("'\""), known)
            hint = f"did you mean {near}?" if near else f"there is: {', '.join(known)}"
            what = word.removeprefix("invalid choice: ")
            return InputError(f"{self._verb()}: {what} is not known", hint)
        where = f"{argument}: " if argument else ""
        return InputError(f"{self._verb()}: {where}{message}", self._see())

    def _verb(self) -> str:
        return self.prog.removeprefix("wherever ")

    def _see(self) -> str:
        return f"see: {self.prog} --help"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help as sentences are read: the option, then what it does, at a steady column."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, **{"max_help_position": 32, **options})

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        flags = ", ".join(sorted(action.option_strings, key=len))
        value = self._format_args(action, action.dest.upper())
        return f"{flags}{value}" if value.startswith("[=") else f"{flags} {value}"

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        if action.option_strings and action.nargs == "?":
            return f"[={action.metavar or default_metavar}]"
        return super()._format_args(action, default_metavar)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a mistyped one may have meant.

    >>> nearest("--memry", ["--memory", "--timeout"])
    '--memory'
    """
    # Without their dashes, which all options share and which make strangers look alike.
    bare = {name.lstrip("-"): name for name in known}
    found = get_close_matches(word[:64].lstrip("-"), bare, n=1, cutoff=0.6)
    return bare[found[0]] if found else None


def verb_parser(verb: str) -> Parser:
    """The parser of one verb; only that verb's module is loaded."""
    module = import_module(f"wherever.cli.{verb}")
    parser = Parser(prog=f"wherever {verb}", description=module.HELP)
    module.add_arguments(parser)
    return parser


def build_parser() -> Parser:
    """The parser of the whole command, every verb loaded: for the reference and completion."""
    parser = Parser(prog="wherever", description=DESCRIPTION)
    parser.add_argument("-V", "--version", action="store_true", help="print the versions")
    verbs = parser.add_subparsers(metavar="VERB", dest="verb")
    for verb, summary in VERBS.items():
        module = import_module(f"wherever.cli.{verb}")
        child = verbs.add_parser(verb, help=summary, description=module.HELP)
        module.add_arguments(child)
    return parser


def overview() -> str:
    """What `wherever` alone and `wherever --help` print."""
    lines = [DESCRIPTION, "", "usage: wherever VERB ...", ""]
    for title, verbs in GROUPS:
        lines.append(f"{title}:")
        lines += [f"  {verb:<12}{VERBS[verb]}" for verb in verbs]
        lines.append("")
    lines.append("examples:")
    lines += [f"  {command:<50}{what}" for command, what in EXAMPLES]
    lines += [
        "",
        "A program reaches no files, no network and no environment unless you grant them.",
        "Each verb explains itself: wherever VERB --help",
    ]
    return "\n".join(lines)


def parse(verb: str, words: Sequence[str]) -> Any:
    """A verb's arguments as its `main` wants them.

    Raises:
        InputError: they are not what the verb takes.
        SystemExit: help was asked for, and printed.
    """
    module = import_module(f"wherever.cli.{verb}")
    parser = verb_parser(verb)
    own = getattr(module, "parse", None)
    return own(parser, words) if own else parser.parse_args(list(words))
