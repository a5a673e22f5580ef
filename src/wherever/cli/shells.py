"""Completion scripts, made from the parser of every verb and the table of `run`'s options."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field

from wherever.cli.options import FLAGS
from wherever.cli.parser import build_parser
from wherever.cli.verbs import VERBS


@dataclass
class Flag:
    """One option: its spellings, its help, and what may follow it."""

    spellings: list[str]
    help: str
    value: str
    completes: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass
class Words:
    """Everything that can be completed.

    Attributes:
        flags: each verb's options.
        values: the words that a verb takes beside them.
        files: the verbs that take files.
        names: programs of the catalogue.
    """

    flags: dict[str, list[Flag]]
    values: dict[str, list[str]]
    files: list[str]
    names: list[str]


def words() -> Words:
    """Collect it from the parser and the catalogue."""
    from wherever.store import catalogue

    found = Words({}, {}, [], sorted(name for name, _ in catalogue.names()))
    for action in build_parser()._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        for verb, child in action.choices.items():
            found.flags[verb] = [_flag(a) for a in child._actions if a.option_strings]
            places = [a for a in child._actions if not a.option_strings]
            found.values[verb] = [str(choice) for a in places for choice in a.choices or ()]
            if places and not found.values[verb]:
                found.files.append(verb)
    return found


def _flag(action: argparse.Action) -> Flag:
    known = FLAGS.get(action.option_strings[0])
    return Flag(
        list(action.option_strings),
        action.help or "",
        "" if action.nargs in (0, "?") else str(action.metavar or action.dest.upper()),
        known.completes if known else "",
        [str(choice) for choice in action.choices or ()],
    )


# ----- bash

_BASH = """\
# bash completion for wherever; made by: wherever completion bash
_wherever() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local verb=${COMP_WORDS[1]} options="" at=2 IFS=$'\\n'
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "@VERBS@" -- "$cur"))
        return
    fi
    if [ "$cur" = "=" ]; then cur=""; elif [ "$prev" = "=" ]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if [ "$verb" = run ]; then
        # Everything behind WHAT belongs to the program.
        while [ "$at" -lt "$COMP_CWORD" ]; do
            case ${COMP_WORDS[at]} in
@TAKING@)
                at=$((at + 2))
                if [ "${COMP_WORDS[at-1]}" = "=" ]; then at=$((at + 1)); fi ;;
            -*|=) at=$((at + 1)) ;;
            *) COMPREPLY=($(compgen -f -- "$cur")); return ;;
            esac
        done
    fi
    case $verb:$prev in
@VALUES@
    esac
    case $verb in
@OPTIONS@
    esac
    case $cur in
    -*) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;
    *)
        case $verb in
        run) COMPREPLY=($(compgen -W "@NAMES@" -- "$cur") $(compgen -f -- "$cur")) ;;
@CHOICES@
        @FILES@) COMPREPLY=($(compgen -f -- "$cur")) ;;
        esac ;;
    esac
}
complete -o filenames -F _wherever wherever
"""
_BASH_VALUES = {
    "folder": 'COMPREPLY=($(compgen -d -- "$cur"))',
    "file": 'COMPREPLY=($(compgen -f -- "$cur"))',
    "variable": 'COMPREPLY=($(compgen -e -- "$cur"))',
}


def bash(found: Words) -> str:
    """The script for bash, 3.2 or newer."""
    taking = [s for flag in found.flags["run"] if flag.value for s in flag.spellings]
    values, choices = [], []
    for verb, flags in found.flags.items():
        for flag in flags:
            if flag.value:
                pattern = "|".join(f"{verb}:{spelling}" for spelling in flag.spellings)
                what = _BASH_VALUES.get(flag.completes, ":")
                if flag.choices:
                    what = f'COMPREPLY=($(compgen -W "{_lines(flag.choices)}" -- "$cur"))'
                values.append(f"    {pattern}) {what}; return ;;")
        if found.values[verb]:
            offered = _lines(found.values[verb])
            choices.append(f'        {verb}) COMPREPLY=($(compgen -W "{offered}" -- "$cur")) ;;')
    options = [
        f'    {verb}) options="{_lines(s for flag in flags for s in flag.spellings)}" ;;'
        for verb, flags in found.flags.items()
    ]
    return _fill(
        _BASH,
        VERBS=_lines(VERBS),
        TAKING="            " + "|".join(taking),
        VALUES="\n".join(values),
        OPTIONS="\n".join(options),
        NAMES=_lines(found.names),
        CHOICES="\n".join(choices),
        FILES="|".join(found.files),
    )


def _lines(texts: Iterable[str]) -> str:
    # One a line: IFS is a line's end there, so that paths with spaces stay whole.
    return "\n".join(texts)


# ----- zsh

_ZSH = """\
#compdef wherever
# zsh completion for wherever; made by: wherever completion zsh
_wherever_what() {
    _alternative 'programs:program:(@NAMES@)' 'files:file:_files'
}
_wherever() {
    local context state line
    local -a verbs
    verbs=(
@VERBS@
    )
    _arguments -C '1:verb:->verb' '*::argument:->argument' && return
    case $state in
    verb) _describe verb verbs ;;
    argument)
        case $words[1] in
@OPTIONS@
        esac ;;
    esac
}
if [ "$funcstack[1]" = _wherever ]; then _wherever "$@"; else compdef _wherever wherever; fi
"""
_ZSH_VALUES = {"folder": "_directories", "file": "_files", "variable": "_parameters -g '*export*'"}


def zsh(found: Words) -> str:
    """The script for zsh."""
    verbs = [f"        {_quote(f'{verb}:{summary}')}" for verb, summary in VERBS.items()]
    options = []
    for verb, flags in found.flags.items():
        specs = []
        for flag in flags:
            what = _ZSH_VALUES.get(flag.completes, "")
            if flag.choices:
                what = f"({' '.join(flag.choices)})"
            tail = f"[{_zsh_text(flag.help)}]"
            if flag.value:
                tail += f":{_zsh_text(flag.value)}:{what}"
            repeats = "*" if flag.completes else ""
            for spelling in flag.spellings:
                sign = ""
                if flag.value:
                    sign = "=" if spelling.startswith("--") else "+"
                specs.append(_quote(f"{repeats}{spelling}{sign}{tail}"))
        if verb == "run":
            specs += ["'1:program:_wherever_what'", "'*::argument:_files'"]
        elif found.values[verb]:
            specs.append(_quote(f"1:value:({' '.join(found.values[verb])})"))
        elif verb in found.files:
            specs.append("'*:file:_files'")
        start = "_arguments -A '-*'" if verb == "run" else "_arguments"
        inside = " \\\n                ".join([start, *specs])
        options.append(f"        {verb})\n            {inside} ;;")
    return _fill(
        _ZSH,
        NAMES=" ".join(found.names),
        VERBS="\n".join(verbs),
        OPTIONS="\n".join(options),
    )


def _zsh_text(text: str) -> str:
    for letter in "\\[]:":
        text = text.replace(letter, "\\" + letter)
    return text


# ----- fish

_FISH_VALUES = {
    "folder": "(__fish_complete_directories)",
    "file": "(__fish_complete_path)",
    "variable": "(set -xn)",
}


def fish(found: Words) -> str:
    """The script for fish."""
    lines = [
        "# fish completion for wherever; made by: wherever completion fish",
        "complete -c wherever -f",
    ]
    for verb, summary in VERBS.items():
        lines.append(
            f"complete -c wherever -n __fish_use_subcommand -a {verb} -d {_fish_quote(summary)}"
        )
    for verb, flags in found.flags.items():
        start = f"complete -c wherever -n '__fish_seen_subcommand_from {verb}'"
        for flag in flags:
            spelled = " ".join(
                f"-l {s[2:]}" if s.startswith("--") else f"-s {s[1:]}" for s in flag.spellings
            )
            line = f"{start} {spelled} -d {_fish_quote(flag.help)}"
            if flag.value:
                offered = " ".join(flag.choices) or _FISH_VALUES.get(flag.completes, "")
                line += f" -x -a {_fish_quote(offered)}" if offered else " -x"
            lines.append(line)
        if verb == "run":
            lines.append(f"{start} -F -a {_fish_quote(' '.join(found.names))}")
        elif found.values[verb]:
            lines.append(f"{start} -a {_fish_quote(' '.join(found.values[verb]))}")
        elif verb in found.files:
            lines.append(f"{start} -F")
    return "\n".join(lines) + "\n"


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fill(template: str, **texts: str) -> str:
    for name, text in texts.items():
        template = template.replace(f"@{name}@", text)
    return template
