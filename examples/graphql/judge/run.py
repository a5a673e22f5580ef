"""Holds the library against the tests of graphql-core, the port of the same code to Python.

python examples/graphql/judge/run.py [--write] [FOLDER ...]

The port's tests are taken unedited from its sdist, whose digest is pinned here. A table tells file
by file how many pass; every test that does not is explained in expected.toml, which may only
shrink: this ends with 1 where a test fails that is not in it, and where one that is in it passes.
`--write` puts the table into docs/graphql.md.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
KEPT = ROOT / ".cache" / "graphql-judge"
VERSION = "3.2.14"
SHA256 = "efec124d951f2997e8f28bb9f056d0a3b4b11dce720e2225723ec20fac570af5"
TOOLS = [
    "pytest==9.2.0",
    "pytest-asyncio==1.5.0",
    "pytest-describe==3.2.0",
    "pytest-timeout==2.4.0",
]
FOLDERS = ["language", "validation", "execution", "utilities"]
PAGE = ROOT / "docs" / "graphql.md"
BEGIN, END = "<!-- begin: the judge's table -->", "<!-- end: the judge's table -->"


def pip(*words: str | Path) -> None:
    """Runs pip quietly."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words),
            *(("--root-user-action", "ignore") if words[0] == "install" else ()),
        ],
        check=True,
    )


def tests() -> Path:
    """The folder of the unpacked sdist."""
    made = KEPT / f"graphql_core-{VERSION}"
    if not made.is_dir():
        fetched = KEPT / "fetched"
        fetched.mkdir(parents=True, exist_ok=True)
        wanted = fetched / "wanted.txt"
        wanted.write_text(f"graphql-core=={VERSION} --hash=sha256:{SHA256}\n")
        pip(
            "download", "--no-deps", "--no-binary", "graphql-core", "--require-hashes",
            "-d", fetched, "-r", wanted,
        )  # fmt: skip
        with tarfile.open(next(fetched.glob("*.tar.gz"))) as archive:
            archive.extractall(fetched, filter="data")
        os.rename(fetched / made.name, made)
    if not (KEPT / "tools").is_dir():
        pip("install", "--target", KEPT / "new", *TOOLS)
        os.rename(KEPT / "new", KEPT / "tools")
    return made


def built() -> Path:
    """The library, built from a copy of the example."""
    folder = KEPT / "example"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE.parent, folder, ignore=shutil.ignore_patterns("build", "judge"))
    subprocess.run(
        [sys.executable, "-m", "wherever", "build", folder], check=True, stdout=subprocess.DEVNULL
    )
    return folder / "build" / "graphql.wasm"


def ran(folder: str, port: Path, wasm: Path) -> list[dict[str, Any]]:
    """What became of each test below a folder of the port's."""
    out = KEPT / "said.json"
    out.unlink(missing_ok=True)
    paths = [HERE, port / "src", port, KEPT / "tools", ROOT / "src"]
    env = {
        **os.environ,
        "GRAPHQL_JUDGE_WASM": str(wasm),
        "GRAPHQL_JUDGE_OUT": str(out),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "plugin", "-q", "--tb=no", "-o", "addopts="),
            *("-p", "no:cacheprovider", "--continue-on-collection-errors", f"tests/{folder}"),
        ],
        cwd=port,
        env=env,
        capture_output=True,
        text=True,
    )
    if not out.is_file():
        raise SystemExit(f"pytest did not come to its end:\n{done.stdout[-2000:]}{done.stderr}")
    found: list[dict[str, Any]] = json.loads(out.read_text())
    return found


class Expected:
    """Tests that do not pass, by pattern, with the reason."""

    def __init__(self) -> None:
        self.reasons = tomllib.loads((HERE / "expected.toml").read_text())
        self.used: set[str] = set()

    def of(self, test: str) -> str | None:
        """The name of the reason."""
        for name, reason in self.reasons.items():
            for pattern in reason["tests"]:
                if pattern == test or ("*" in pattern and matches(test, pattern)):
                    self.used.add(pattern)
                    return str(name)
        return None


def matches(test: str, pattern: str) -> bool:
    """Whether a name is of a pattern, in which only * has a meaning."""
    return fnmatch.fnmatchcase(test, pattern.replace("[", "[[]"))


Table = dict[str, Counter[str]]
"""How many tests of each file passed, failed and did not apply, and why."""


def judged(rows: list[dict[str, Any]], expected: Expected) -> tuple[Table, dict[str, str]]:
    """The table, and what is wrong with it, by test."""
    table: Table = {}
    wrong = {}
    for row in rows:
        test = row["id"].removeprefix("tests/")
        line = table.setdefault(test.partition("::")[0], Counter())
        reason = expected.of(test)
        if row["outcome"] == "passed":
            if reason:
                wrong[test] = f"passes: take it out of expected.toml ({reason})"
            line["passed" if row["calls"] else "apart"] += 1
        elif row["outcome"] == "skipped":
            line["apart"] += 1
        elif reason:
            line["apart" if expected.reasons[reason]["apart"] else "failed"] += 1
            line[f"because {reason}"] += 1
        else:
            line["failed"] += 1
            wrong[test] = f"fails: {row['why'][:300]}"
    return table, wrong


def judge(folders: list[str], wasm: Path | None) -> tuple[Table, dict[str, str], Expected]:
    """Runs the port's tests of some folders against a file, or against what the example builds."""
    KEPT.mkdir(parents=True, exist_ok=True)
    port, wasm = tests(), wasm or built()
    expected = Expected()
    rows = [row for folder in folders for row in ran(folder, port, wasm)]
    (KEPT / "rows.json").write_text(json.dumps(rows))
    table, wrong = judged(rows, expected)
    if folders == FOLDERS:
        for reason in expected.reasons.values():
            for pattern in reason["tests"]:
                if pattern not in expected.used:
                    wrong[pattern] = "is no test: take it out of expected.toml"
    return table, wrong, expected


def results() -> Iterator[tuple[str, str]]:
    """Each of the port's files and what is wrong with it, for `scripts/conformance`."""
    table, wrong, _ = judge(FOLDERS, None)
    for name in table:
        own = [f"{test} {said}" for test, said in wrong.items() if test.startswith(f"{name}::")]
        yield name, "; ".join(own)
    for test, said in wrong.items():
        if test.partition("::")[0] not in table:
            yield test, said


def shown(table: Table, expected: Expected) -> str:
    """The table in Markdown, and the reasons."""
    lines = ["| the port's tests | passed | failed | not applicable |", "|---|---|---|---|"]
    total: Counter[str] = Counter()
    for folder in dict.fromkeys(name.partition("/")[0] for name in table):
        mine = {name: line for name, line in table.items() if name.startswith(f"{folder}/")}
        own = sum(mine.values(), Counter[str]())
        told = {name: line for name, line in mine.items() if line["passed"] or line["failed"]}
        lines += [row(f"`{name}`", line) for name, line in told.items()]
        rest = [line["apart"] for name, line in mine.items() if name not in told]
        if rest:
            lines.append(row(f"{len(rest)} more of `{folder}`", Counter(apart=sum(rest))))
        lines.append(row(f"**{folder}**", own))
        total.update(own)
    lines += [row("**all**", total), ""]
    lines += ["| tests | why they fail, or are not applicable |", "|---|---|"]
    reasons = {
        name: each for name, each in expected.reasons.items() if total[f"because {name}"]
    }  # fmt: skip
    apart = [total[f"because {name}"] for name, each in reasons.items() if each["apart"]]
    lines.append(
        f"| {total['apart'] - sum(apart)} | not applicable: they call nothing that was replaced, or"
        " the port skips them |"
    )
    order = sorted(
        reasons, key=lambda name: (not reasons[name]["apart"], -total[f"because {name}"])
    )
    for name in order:
        kind = "not applicable" if reasons[name]["apart"] else "failed"
        lines.append(f"| {total[f'because {name}']} | {kind}: {reasons[name]['why']} |")
    return "\n".join(lines) + "\n"


def row(name: str, line: Counter[str]) -> str:
    """A line of the table."""
    return f"| {name} | {line['passed']} | {line['failed'] or ''} | {line['apart'] or ''} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/graphql.md")
    parser.add_argument("--wasm", type=Path, help="judge this file instead of building it")
    parser.add_argument("folders", nargs="*", default=FOLDERS, metavar="FOLDER")
    given = parser.parse_args()
    wasm = given.wasm.resolve() if given.wasm else None
    table, wrong, expected = judge(given.folders, wasm)
    text = shown(table, expected)
    print(text)
    for test, said in wrong.items():
        print(test, said)
    if given.write:
        page = PAGE.read_text()
        head, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
