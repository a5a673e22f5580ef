"""The HTTP server against the requests that two other projects have collected.

gunicorn keeps requests that are valid, with what they mean, and ones that are not; llhttp keeps
requests with the events that they parse to. Both lie in source packages that pip downloads. Each
request is sent to a real server: what they refuse must not reach an app, and what both accept must
mean the same. What we refuse of that is named with our reason.

Run it with `python -m tests.conformance.http`.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.tools import KEPT
from tests.edge.http.serving import Recorder, hello, serving

PACKAGES = {"gunicorn": "27.0.1", "aiohttp": "3.14.5"}

# What is refused there by an option or a limit of theirs, and not by a rule of HTTP.
OTHER_RULES = {
    "gunicorn/invalid/003c": "a method may be any word",
    "gunicorn/invalid/006": "a shorter limit",
    "gunicorn/invalid/007": "a shorter limit",
    "gunicorn/invalid/008": "a shorter limit",
    "gunicorn/invalid/010": "a shorter limit",
    "gunicorn/invalid/011": "a shorter limit",
    "gunicorn/invalid/012": "a shorter limit",
    "gunicorn/invalid/017": "a shorter limit",
    "gunicorn/invalid/limit_header_default_01": "a shorter limit",
    "gunicorn/invalid/019": "headers of a proxy are none of the server's",
    "gunicorn/invalid/040": "a name may have an underscore",
    "gunicorn/invalid/chunked_07": "a name may have an underscore",
    "gunicorn/invalid/041": "a Content-Type that is repeated frames nothing",
    "llhttp/invalid/3": "a method may be any word",
    "llhttp/invalid/12": "a method may be any word",
    "gunicorn/valid/099": "it ends before its body",
    "gunicorn/valid/031compat": "letters of a method are as they were sent",
}


@dataclass
class Case:
    """A request of a collection.

    Attributes:
        name: where it stands.
        sent: its bytes.
        meant: method, target and body of each request in it.
        is_wrong: what comes after these must be refused.
    """

    name: str
    sent: bytes
    meant: list[tuple[str, bytes, bytes]]
    is_wrong: bool = False


def package(name: str) -> Path:
    """The unpacked source of a package."""
    folder = KEPT / "http" / f"{name}-{PACKAGES[name]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        what = ["--no-binary", name, "--dest", str(folder.parent), f"{name}=={PACKAGES[name]}"]
        subprocess.run([*pip, *what], check=True)
        with tarfile.open(f"{folder}.tar.gz") as archive:
            archive.extractall(folder.parent, filter="data")
    return folder


def gunicorn() -> Iterator[Case]:
    """Its files of requests, whose line ends are written out."""
    for path in sorted((package("gunicorn") / "tests" / "requests").glob("*valid/*.http")):
        text = path.read_bytes().replace(b"\n", b"").replace(b"\\r\\n", b"\r\n")
        text = text.replace(b"\\0", b"\0").replace(b"\\n", b"\n").replace(b"\\t", b"\t")
        text = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda hex: bytes.fromhex(hex[1].decode()), text)
        name = f"gunicorn/{path.parent.name}/{path.stem}"
        if "/valid/" in name:
            yield Case(name, text, meaning(path.with_suffix(".py")))
        else:
            yield Case(name, text, [], is_wrong=True)


def meaning(path: Path) -> list[tuple[str, bytes, bytes]]:
    """What a file of gunicorn's says of a valid request, read and not run."""
    found: dict[str, Any] = {}

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Call):
            # `uri("/path")` is its argument; what makes the values of headers is not needed.
            return value(node.args[0]) if isinstance(node.func, ast.Name) and node.args else None
        if isinstance(node, ast.Name):
            return found.get(node.id)
        if isinstance(node, ast.Dict):
            return {value(k): value(v) for k, v in zip(node.keys, node.values, strict=True) if k}
        if isinstance(node, ast.List | ast.Tuple):
            return [value(each) for each in node.elts]
        if isinstance(node, ast.BinOp):
            left, right = value(node.left), value(node.right)
            return left * right if isinstance(node.op, ast.Mult) else left + right
        return ast.literal_eval(node)

    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                found[statement.targets[0].id] = value(statement.value)
            except (ValueError, IndexError):
                continue
    if "request" not in found:
        raise SystemExit(f"{path}: there is no request in it that can be read")
    requests = found["request"]
    requests = requests if isinstance(requests, list) else [requests]
    return [
        (each["method"], each["uri"].encode("latin-1"), each["body"] or b"") for each in requests
    ]


def llhttp() -> Iterator[Case]:
    """The examples of its pages, each a request and the events of its parser."""
    folder = package("aiohttp") / "vendor" / "llhttp" / "test" / "request"
    block = re.compile(
        r'<!-- meta=\{"type": ?"request"(?P<more>[^}]*)\} ?-->\s*'
        r"```http\n(?P<http>(?:(?!```).)*)```(?:(?!```|<!--).)*```log\n(?P<log>(?:(?!```).)*)```",
        re.S,
    )
    for path in sorted(folder.glob("*.md")):
        for number, found in enumerate(block.finditer(path.read_text())):
            if "skipBody" in found["more"] or "pause" in found["more"]:
                continue
            meant, is_wrong = events(found["log"])
            yield Case(f"llhttp/{path.stem}/{number}", sent(found["http"]), meant, is_wrong)


def sent(text: str) -> bytes:
    text = re.sub(r"\\\n", "", text.removesuffix("\n")).replace("\n", "\r\n")
    for written, meant in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t"), ("\\f", "\f")):
        text = text.replace(written, meant)
    text = re.sub(r"\\x([0-9a-fA-F]+)", lambda hex: chr(int(hex[1], 16)), text)
    return text.encode()


def events(log: str) -> tuple[list[tuple[str, bytes, bytes]], bool]:
    """The requests that llhttp read to their end, and whether it stopped at an error then."""
    read = []
    method = target = body = ""
    for line in log.splitlines():
        span = re.search(r'span\[(\w+)\]="(.*)"$', line)
        if line.endswith("message begin"):
            method = target = body = ""
        elif span is not None:
            method += span[2] if span[1] == "method" else ""
            target += span[2] if span[1] == "url" else ""
            body += re.sub(r"\\r", "\r", span[2]) if span[1] == "body" else ""
        elif line.endswith("message complete"):
            read.append((method, target.encode(), body.encode()))
    # 22 is a pause, where it would hand the connection to another protocol.
    return read, "error code=" in log and "error code=22" not in log


def with_host(data: bytes) -> bytes:
    """The same, with the Host that HTTP/1.1 wants: theirs are parsers, and ask for none."""
    if re.search(rb"\nhost *:", data, re.I):
        return data
    # What looks like a request further on may be a body of a known length.
    where = rb"\A" if b"content-length" in data.lower() else rb"(?m)^"
    line = where + rb"([A-Z-]+ [^\r\n]* HTTP/1\.1\r\n)"
    return re.sub(line, rb"\1Host: x\r\n", data)


def judge(case: Case) -> str:
    """Why we do otherwise than we must; "" where we do not, "stricter: ..." where we may."""
    app = Recorder(hello)
    with serving(app) as served:
        data = served.send(with_host(case.sent))
    seen = [(each.method, each.target, each.body) for each in app.seen]
    why = re.findall(rb"HTTP/1.1 [45]\d\d [^\r]*\r\n.*?\r\n\r\n([^\n]*)\n", data, re.S)
    meant = [(method, path(target), body) for method, target, body in case.meant]
    if seen == meant:
        # That the server closes the connection is a refusal as well.
        return ""
    if seen == meant[: len(seen)]:
        return f"stricter: {why[-1].decode() if why else 'the connection had ended'}"
    if case.is_wrong:
        return f"{seen[len(meant) :]} was answered, and not refused"
    return f"it was read as {seen}, and not as {meant}"


def path(target: bytes) -> bytes:
    """A target in origin form."""
    found = re.fullmatch(rb"https?://[^/?]*(.*)", target, re.I)
    if found is None:
        return target
    return found[1] if found[1].startswith(b"/") else b"/" + found[1]


def main() -> int:
    """Runs all, says what came out, and returns how many failed."""
    failed = 0
    for collection in (gunicorn, llhttp):
        refused = alike = others = 0
        stricter: dict[str, list[str]] = {}
        for case in collection():
            if case.name in OTHER_RULES:
                others += 1
                continue
            verdict = judge(case)
            if verdict.startswith("stricter: "):
                stricter.setdefault(verdict.removeprefix("stricter: "), []).append(case.name)
            elif verdict:
                failed += 1
                print(f"FAILED {case.name}: {verdict}")
            elif case.is_wrong:
                refused += 1
            else:
                alike += 1
        count = sum(map(len, stricter.values()))
        print(
            f"{collection.__name__}: {refused} refused as there, {alike} read alike,"
            f" {count} refused that are read there, {others} under rules of theirs"
        )
        for why, names in sorted(stricter.items()):
            print(f"  {len(names):3} {why}: {', '.join(names)}")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
