"""What the comment before a declaration of C says, as clang reads it: also as Doxygen has it."""

from __future__ import annotations

import re
from typing import Any


def comment(node: dict[str, Any]) -> tuple[str, dict[str, tuple[str, str]], str]:
    """The comment of a declaration: its text, ways and texts of parameters, that of the result."""
    paragraphs: list[str] = []
    params: dict[str, tuple[str, str]] = {}
    returns = ""
    for part_of in node.get("inner", ()):
        if part_of["kind"] != "FullComment":
            continue
        for part in part_of.get("inner", ()):
            text = _text(part)
            match part["kind"]:
                case "ParamCommandComment":
                    way = part.get("direction", "in") if part.get("explicit") else ""
                    params[part.get("param", "")] = (way, text)
                case "BlockCommandComment" if part.get("name") in ("return", "returns", "result"):
                    returns = text
                    paragraphs.append(f"Returns {text}" if text else "")
                case _:
                    paragraphs.append(text)
    return "\n\n".join(each for each in paragraphs if each), params, returns


def _text(part: dict[str, Any]) -> str:
    text = ""
    stack = [part]
    while stack:
        node = stack.pop()
        said = node.get("text", "") if node["kind"].endswith("Comment") else ""
        said = " ".join(node.get("args", ())) or said  # what `@p` and `@ref` name
        if said.strip(" *=-!/"):
            is_next = "line" in node.get("loc", {})
            text = f"{text.rstrip()}\n{said.strip()}" if is_next else f"{text} {said.strip()}"
        stack += reversed(node.get("inner", ()))
    lines = (" ".join(line.split()) for line in text.strip().splitlines())
    return re.sub(r" ([.,:;)])(?= |$)", r"\1", "\n".join(lines), flags=re.MULTILINE)
