"""`wherever doctor`: is everything here that a run needs?"""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from wherever.run.checkup import Finding

HELP = "Check this machine, and say what to do about what is wrong."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = "exit codes: 0 when everything works, 1 when something is wrong"
    parser.add_argument(
        "--fetch", metavar="LANG", action="append", default=[],
        help="fetch what builds in this language need, so that they work offline",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def main(args: argparse.Namespace) -> int:
    """Print each finding as it is made; 1 when something is wrong."""
    from wherever.run.checkup import WRONG

    for language in args.fetch:
        _fetch(language)
    if args.json:
        import json
        from dataclasses import asdict

        findings = list(_findings())
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
        return int(any(finding.state == WRONG for finding in findings))
    wrong = 0
    for finding in _findings():
        wrong += finding.state == WRONG
        _show(finding.part, finding.state, finding.found, finding.advice)
    if wrong:
        print(f"\n{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
        return 1
    print("\nEverything works.")
    return 0


def _findings() -> Iterator[Finding]:
    """What a run needs, and then what each language needs that is built."""
    from wherever.build.toolchains import toolchains
    from wherever.policy.quantity import format_bytes
    from wherever.run.checkup import NOTE, OK, Finding, examine

    yield from examine()
    for toolchain in toolchains():
        needs = toolchain.needs()
        words = []
        for need in needs:
            state = f", to fetch: {format_bytes(need.download)}" if need.state == "fetch" else ""
            state = ", not there" if need.state == "missing" else state
            words.append(f"{need.name} {need.version}".strip() + state)
        missing = [need.hint for need in needs if need.state == "missing"]
        part = f"build {toolchain.name}"
        yield Finding(part, NOTE if missing else OK, "; ".join(words), "; ".join(missing))


def _fetch(language: str) -> None:
    from wherever.build import tools
    from wherever.build.toolchains import for_language

    for need in for_language(language).needs():
        if need.state == "fetch":
            tools.tool(need.name)


def _show(part: str, state: str, found: str, advice: str) -> None:
    import sys

    from wherever.cli.terminal import GREEN, RED, YELLOW, escape, paint

    style = {"ok": GREEN, "note": YELLOW}.get(state, RED)
    print(f"{paint(f'{state:<5}', style, sys.stdout)}  {part:<20}  {escape(found)}", flush=True)
    if advice:
        print(f"{'':29}to do: {escape(advice)}", flush=True)
