"""`examples/site`: what it answers in the sandbox is what the same app answers outside.

`scripts/conformance languages` runs this.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import wherever
from tests.build.http.answers import ask
from wherever.build import building, project
from wherever.build.python import pip, requirements

ROOT = Path(__file__).resolve().parents[3]

TARGETS = (
    "/",
    "/?text=Hello&colour=blue",
    "/?text=%3Cscript%3E%22%27&colour=%22",
    "/?text=" + "%F0%9F%90%8D" * 9,
    "/qr.svg",
    "/qr.svg?text=Hello",
    "/qr.svg?text=0123456789&colour=red",
    "/qr.svg?text=%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF",
    "/qr.svg?text=%E2%82%AC%00%FF",
    "/qr.svg?text=" + "a" * 2000,
    "/qr.svg?text=" + "%E2%82%AC" * 2000,
    "/alive",
    "/none",
)

OUTSIDE = """
import json, sys
sys.path[:0] = sys.argv[1:4]
from tests.build.http.asked import request
from wherever.build.http.wsgi import serve
from app import app

def asked(target):
    status, headers, body = serve(app, request(target=target, authority="localhost:8080"))
    return status, headers, body.decode()

print(json.dumps([asked(target) for target in json.load(sys.stdin)]))
"""


def cases() -> Iterator[tuple[str, str]]:
    """What was tried, and what went wrong with it, or nothing."""
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    with tempfile.TemporaryDirectory() as base:
        folder, scratch = Path(base, "site"), Path(base, "scratch")
        shutil.copytree(ROOT / "examples" / "site", folder, ignore=shutil.ignore_patterns("build"))
        scratch.mkdir()
        found = project.find(folder)
        wanted = requirements.wanted(found, ["flask"])
        packages = pip.installed(wanted.lines, wanted.constraints, scratch, lambda text: None)
        outside = subprocess.run(
            [sys.executable, "-c", OUTSIDE, folder, str(packages), ROOT],
            input=json.dumps(TARGETS), capture_output=True, text=True, check=True,
        )  # fmt: skip
        made = building.build(found, lambda text: None)
        with wherever.load(made.wasm, memory="256m") as site:
            for target, answer in zip(TARGETS, json.loads(outside.stdout), strict=True):
                status, headers, body = ask(site, "GET", target)
                same = [status, [list(each) for each in headers], body.decode()] == answer
                shown = target if len(target) < 60 else f"{target[:57]}..."
                yield f"example-site{shown}", "" if same else f"{status} {body[:200]!r}"
