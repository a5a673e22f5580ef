"""What a library's WIT says of its parts, carried by the component in a section of its own.

Tools drop the comments of WIT when they make a component, so a build puts them back. They are
a stranger's words: whoever shows them escapes them.
"""

from __future__ import annotations

import json

from wherever.wasm.leb import leb
from wherever.wit.api import needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.wasm.cursor import Cursor
    from wherever.wit.model import World

    Docs = dict[str, dict[str, dict[str, Any]]]
    """By interface, by function or type ("" is the interface itself): `docs`, and `notes`."""
else:
    Docs = dict

SECTION = "wherever.docs"
"""The custom section's name. It holds JSON."""

LARGEST = 1 << 20
"""Bytes that are read of it."""


def section_of(world: World) -> bytes:
    """The whole custom section for what a world says of itself; nothing where it is silent."""
    docs: Docs = {}
    for interface in (*needed(world), *world.exports):
        items: dict[str, dict[str, Any]] = {"": {"docs": interface.docs}} if interface.docs else {}
        for function in interface.functions:
            if function.docs:
                items[function.core] = {"docs": function.docs}
        for name, kind in interface.types:
            if kind.docs or any(kind.notes):
                items[name] = {"docs": kind.docs, "notes": list(kind.notes)}
        if items:
            docs[interface.name] = items
    if not docs:
        return b""
    text = json.dumps(docs, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    body = bytes([len(SECTION)]) + SECTION.encode() + text
    return b"\0" + leb(len(body)) + body if len(text) <= LARGEST else b""


def read_docs(at: Cursor) -> Docs:
    """What stands in the section; nothing where it is not what `section_of` writes."""
    data = bytes(at.data[at.pos : at.end])
    size = len(SECTION) + 1
    if data[:size] == bytes([len(SECTION)]) + SECTION.encode():
        data = data[size:]
    if len(data) > LARGEST:
        return {}
    try:
        read = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    found: Docs = {}
    for home, items in (read if isinstance(read, dict) else {}).items():
        for name, item in (items if isinstance(items, dict) else {}).items():
            if isinstance(item, dict):
                notes = item.get("notes", [])
                found.setdefault(home, {})[name] = {
                    "docs": str(item.get("docs", "")),
                    "notes": [str(note) for note in notes] if isinstance(notes, list) else [],
                }
    return found
