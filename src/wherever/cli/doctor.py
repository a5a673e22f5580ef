"""`wherever doctor`: is everything here that a run needs?"""

from __future__ import annotations

import argparse

HELP = "Check this machine, and say what to do about what is wrong."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = "exit codes: 0 when everything works, 1 when something is wrong"
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def main(args: argparse.Namespace) -> int:
    """Print each finding as it is made; 1 when something is wrong."""
    from wherever.run.checkup import WRONG, examine

    if args.json:
        import json
        from dataclasses import asdict

        findings = list(examine())
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
        return int(any(finding.state == WRONG for finding in findings))
    wrong = 0
    for finding in examine():
        wrong += finding.state == WRONG
        _show(finding.part, finding.state, finding.found, finding.advice)
    if wrong:
        print(f"\n{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
        return 1
    print("\nEverything works.")
    return 0


def _show(part: str, state: str, found: str, advice: str) -> None:
    import sys

    from wherever.cli.terminal import GREEN, RED, YELLOW, escape, paint

    style = {"ok": GREEN, "note": YELLOW}.get(state, RED)
    print(f"{paint(f'{state:<5}', style, sys.stdout)}  {part:<13}  {escape(found)}", flush=True)
    if advice:
        print(f"{'':22}to do: {escape(advice)}", flush=True)
