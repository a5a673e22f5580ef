"""`wherever test`: a package's own cases, each in a fresh sandbox."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.package.parts import Call, Case

HELP = "Run the [[test]] cases of a package."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "what",
        metavar="FOLDER",
        nargs="?",
        default=".",
        help="the package's folder; the one you are in where it is not given",
    )
    parser.add_argument(
        "--timeout", metavar="TIME", default="60s", help="for each case (default: 60s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Run every case; 0 when all of them went well."""
    import json

    from wherever.cli.terminal import RED, escape, paint
    from wherever.errors import InputError
    from wherever.package import manifest as manifests

    manifest = manifests.read(args.what)
    if not manifest.tests:
        raise InputError(
            f"{args.what}: its package has no tests",
            "write some: [[test]] with name, args, stdin and stdout in wherever.toml",
        )
    results = [(case, _differences(args.what, case, args.timeout)) for case in manifest.tests]
    failed = sum(bool(wrong) for _, wrong in results)
    if args.json:
        told = [{"name": case.name, "passed": not wrong, "wrong": wrong} for case, wrong in results]
        print(json.dumps(told, indent=2))
        return 1 if failed else 0
    for case, wrong in results:
        mark = paint("FAILED", RED) if wrong else "ok    "
        print(f"{mark} {escape(case.name)}")
        for line in wrong:
            print(f"       {escape(line)}")
    print(f"{len(results) - failed} passed" + (f", {failed} failed" if failed else ""))
    return 1 if failed else 0


def _differences(folder: str, case: Case, timeout: str) -> list[str]:
    """What a run of the case did otherwise than the case says."""
    import wherever

    if case.call is not None:
        return _call_differences(folder, case.call, timeout)
    outcome = wherever.run(folder, case.args, input=case.stdin, timeout=timeout)
    wrong = []
    if outcome.exit_code != case.exit_code:
        ended = "" if outcome.ended == "exited" else f" ({outcome.limit or outcome.ended})"
        wrong.append(f"exit code {outcome.exit_code}{ended}, and not {case.exit_code}")
        wrong += outcome.message.splitlines()[:1]
    for stream, wanted in (("stdout", case.stdout), ("stderr", case.stderr)):
        got_text = getattr(outcome, stream).decode("utf-8", "replace")
        if wanted is not None and got_text != wanted:
            wrong.append(f"{stream} was {got_text[:2000]!r}, and not {wanted[:2000]!r}")
    if outcome.exit_code != case.exit_code and case.stderr is None and outcome.stderr:
        wrong += outcome.stderr.decode("utf-8", "replace").splitlines()[-10:]
    return wrong


def _call_differences(folder: str, call: Call, timeout: str) -> list[str]:
    """What a function gave otherwise than the case says."""
    import json

    from wherever.errors import WhereverError
    from wherever.run.components import ComponentLibrary

    args = [_thawed(each) for each in call.args]
    wanted = _thawed(call.result)
    with _loaded(folder, timeout) as library:
        try:
            if isinstance(library, ComponentLibrary):
                from wherever.run.invoking import call_with_json

                is_right, got, wanted = call_with_json(library.opened, call.name, args, wanted)
            else:
                got = library[call.name](*args)
                is_right = got == wanted
        except KeyError:
            return [f"there is no function {call.name}"]
        except (WhereverError, TypeError, ValueError, OverflowError) as error:
            return [f"{call.name}: {line}" for line in str(error).splitlines()[:10]]
    said = json.dumps(got, ensure_ascii=False, default=repr)
    expected = json.dumps(wanted, ensure_ascii=False, default=repr)
    return [] if is_right else [f"{call.name} gave {said[:2000]}, and not {expected[:2000]}"]


def _loaded(folder: str, timeout: str) -> Any:
    """The library; what it imports can be called by nobody in a test, but need not be there."""
    import wherever
    from wherever.errors import NotRunnable, WhereverError

    try:
        return wherever.load(folder, timeout=timeout)
    except NotRunnable as error:
        from wherever.run.invoking import Absent

        try:
            return wherever.load(folder, timeout=timeout, imports=Absent("the library"))
        except WhereverError:
            raise error from None  # it lacks something else


def _thawed(value: Any) -> Any:
    """What a manifest says as JSON has it."""
    if isinstance(value, Mapping):
        return {name: _thawed(each) for name, each in value.items()}
    return [_thawed(each) for each in value] if isinstance(value, (list, tuple)) else value
