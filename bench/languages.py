"""What a build takes in each language, and what comes out: `python -m bench.languages`.

Cold is the first build with the tools there and their caches empty, warm is another one after a
change; both of the package that `wherever new` makes. First print is the whole process of
`wherever run .`, compiled before.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from wherever.build import templates
from wherever.build.toolchains import for_language

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".cache" / "tools"


@dataclass(frozen=True)
class Row:
    """One language: seconds, bytes, seconds."""

    language: str
    cold_s: float
    warm_s: float
    size: int
    first_print_s: float


def rows() -> list[Row]:
    """Each language whose tools are all here or can be fetched."""
    found = []
    for language, kinds in templates.kinds().items():
        needs = for_language(language).needs()
        if "command" in kinds and all(need.state != "missing" for need in needs):
            found.append(row(language))
    return found


def row(language: str) -> Row:
    """Builds the language's template in a folder of its own, with caches of its own."""
    with tempfile.TemporaryDirectory() as base:
        own = Path(base, "tools")
        own.mkdir(mode=0o700)
        for tool in TOOLS.iterdir():
            if tool.name not in ("var", "fetching"):
                (own / tool.name).symlink_to(tool)
        env = {
            **os.environ,
            "WHEREVER_TOOLS": str(own),
            "WHEREVER_CACHE": f"{base}/cache",
            "WHEREVER_BACKGROUND": "0",
        }

        def command(*words: str) -> tuple[float, str]:
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "wherever", *words],
                cwd=Path(base, "thing") if words[0] != "new" else base,
                env=env,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            return time.monotonic() - began, done.stdout

        command("new", "thing", "--lang", language)
        cold, _ = command("build")
        main = next(path for path in Path(base, "thing").rglob("main.*"))
        main.write_text(main.read_text() + "\n")
        warm, told = command("build", "--json")
        command("compile", ".")
        prints = statistics.median(command("run", ".")[0] for _ in range(9))
        return Row(language, cold, warm, json.loads(told)["size"], prints)


def page(found: list[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = ["| language | cold build | warm build | size | first print |", "|---|---|---|---|---|"]
    for each in found:
        size = f"{each.size / 1024:,.1f} KiB" if each.size < 1 << 20 else f"{each.size >> 20} MiB"
        lines.append(
            f"| {each.language} | {each.cold_s:.1f} s | {each.warm_s:.1f} s | {size} |"
            f" {each.first_print_s * 1000:.0f} ms |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(rows()))
