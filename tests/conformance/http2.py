"""The server against h2spec: what RFC 9113 and RFC 7541 ask of it, case by case.

h2spec is written in Go. Its versions are pinned in `h2spec/`, and the Go of `wherever build`
builds it.

Run it with `python -m tests.conformance.http2`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tests.conformance.tools import KEPT
from tests.edge.http.serving import Recorder, hello
from tests.edge.http2.speaking import secured
from wherever.build import go

PINS = Path(__file__).parent / "h2spec"
PROGRAM = "github.com/summerwind/h2spec/cmd/h2spec"


def program() -> Path:
    """h2spec, built once."""
    path = KEPT / "h2spec"
    if not path.exists():
        env = {**os.environ, **go._environment(), "GOFLAGS": "-mod=readonly"}
        # It is a program of this machine, and not a guest.
        del env["GOOS"], env["GOARCH"]
        command = [str(go._program()), "build", "-o", str(path), PROGRAM]
        subprocess.run(command, cwd=PINS, env=env, check=True)
    return path


def results() -> Iterator[tuple[str, str]]:
    """Each case with what went wrong, or nothing."""
    report = KEPT / "h2spec.xml"
    with secured(Recorder(hello)) as served:
        port = str(served.address[1])
        command = [str(program()), "-h", "localhost", "-p", port, "-t", "-k", "--strict"]
        ran = subprocess.run(
            [*command, "-o", "5", "-j", str(report)], capture_output=True, text=True, timeout=600
        )
    if not report.exists():
        yield "h2spec", f"it did not run: {ran.stdout[-500:]}{ran.stderr[-500:]}"
        return
    for number, case in enumerate(ElementTree.parse(report).iter("testcase")):
        wrong = case.find("failure")
        wrong = case.find("error") if wrong is None else wrong
        name = f"h2spec/{case.get('package', '')}/{number}"
        said = "" if wrong is None else " ".join((wrong.text or "failed").split())
        yield name, said and f"{case.get('classname', '')}: {said}"


if __name__ == "__main__":
    count = failed = 0
    for what, why in results():
        count += 1
        failed += bool(why)
        if why:
            print(f"{what}: {why}")
    print(f"{count} tried, {failed} wrong")
    sys.exit(1 if failed else 0)
