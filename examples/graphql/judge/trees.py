"""Syntax trees: JSON of the library and nodes of the port."""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import Any

from graphql.language import (
    Location,
    Node,
    OperationType,
    Source,
    Token,
    TokenKind,
    ast,
)
from guest import guests, offset

KEYS: dict[str, Any] = {}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def tokens(text: str) -> tuple[list[Token], Any]:
    """The linked tokens of a text, and what is wrong with it."""
    with guests.one() as lib:
        found, wrong = lib.tokens(text)
    before = Token(TokenKind.SOF, 0, 0, 0, 0)
    made = [before]
    shift = 0
    for each in json.loads(found):
        start, end = offset(text, each["start"]), offset(text, each["end"])
        token = Token(
            TokenKind(each["kind"]), start, end, each["line"], each["column"] - shift,
            each.get("value"),
        )  # fmt: skip
        token.prev, before.next = before, token
        made.append(token)
        before = token
    return made, wrong


def node(text: str, source: Source, chain: list[Token] | None) -> Any:
    """The port's nodes for a tree."""
    starts = {each.start: each for each in chain or ()}
    ends = {each.end: each for each in chain or ()}
    if chain and len(chain) > 1:
        starts[0], ends[0] = chain[0], chain[0]
        body = offset(source.body, len(source.body.encode("utf-16-le", "surrogatepass")) // 2)
        starts[body] = ends[body] = chain[-1]

    def place(at: Any, whole: bool) -> Location | None:
        if at is None or chain is None:
            return None
        start, end = offset(source.body, at["start"]), offset(source.body, at["end"])
        if whole:
            return Location(chain[0], chain[-1], source)
        first, last = starts.get(start), ends.get(end)
        # Coordinates of a schema have tokens of their own.
        first = first or Token(TokenKind.NAME, start, start, 1, start + 1)
        last = last or Token(TokenKind.NAME, end, end, 1, end + 1)
        return Location(first, last, source)

    def made(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(made(each) for each in value)
        if not isinstance(value, dict):
            return value
        kind = value["kind"]
        whole = kind == "Document"
        apart = ("kind", "loc", "tokenCount")
        kept = {snake(key): made(each) for key, each in value.items() if key not in apart}
        if isinstance(kept.get("operation"), str):
            kept["operation"] = OperationType(kept["operation"])
        found = getattr(ast, f"{kind}Node")
        node = found(loc=place(value.get("loc"), whole), **kept)
        if "tokenCount" in value:
            node.token_count = value["tokenCount"]
        return node

    return made(json.loads(text))


def told(tree: Node) -> str:
    """The JSON of nodes, with their text where they have one."""
    source = tree.loc.source if tree.loc else None
    body = source.body if source else ""
    astral = not body.isascii() and max(body) > "\uffff"

    def units(at: int) -> int:
        return len(body[:at].encode("utf-16-le", "surrogatepass")) // 2 if astral else at

    def plain(value: Any) -> Any:
        if isinstance(value, Node):
            kind = type(value).__name__.removesuffix("Node")
            if kind.startswith("Const"):
                kind = kind.removeprefix("Const")
            made = {"kind": kind}
            for key in value.keys:
                each = getattr(value, key, None)
                if key == "loc":
                    if each is not None:
                        made["loc"] = {"start": units(each.start), "end": units(each.end)}
                elif each is not None:
                    made[camel(key)] = plain(each)
            return made
        if isinstance(value, (list, tuple)):
            return [plain(each) for each in value]
        if isinstance(value, Enum):
            return value.value
        return value

    made = plain(tree)
    if source is not None:
        where = source.location_offset
        made["loc"]["source"] = {
            "body": body,
            "name": source.name,
            "locationOffset": {"line": where.line, "column": where.column},
        }
    return json.dumps(made)
