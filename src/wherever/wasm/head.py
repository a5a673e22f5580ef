"""What a file is, from its first bytes."""

from __future__ import annotations

MAGIC = b"\0asm"
MODULE = b"\0asm\1\0\0\0"
COMPONENT = b"\0asm\x0d\0\1\0"

_STARTS = (
    (b"\x7fELF", "elf"),
    (b"MZ", "pe"),
    (b"\xfe\xed\xfa\xce", "macho"),
    (b"\xfe\xed\xfa\xcf", "macho"),
    (b"\xce\xfa\xed\xfe", "macho"),
    (b"\xcf\xfa\xed\xfe", "macho"),
    (b"\xca\xfe\xba\xbe", "macho"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\3\4", "zip"),
    (b"PK\5\6", "zip"),
    (b"#!", "script"),
    (b"\xef\xbb\xbf#!", "script"),
)
_SPACE = b" \t\r\n"


def sniff(head: bytes) -> str:
    """Name the kind of file that starts with `head` (a few hundred bytes are enough).

    One of "module", "component", "module-version", "component-version" (WebAssembly of a
    version that we do not read), "wat", "elf", "pe", "macho", "script" (starts with `#!`),
    "text", "gzip", "zip", "empty", "unknown".

    >>> sniff(b"\\0asm\\1\\0\\0\\0")
    'module'
    >>> sniff(b"(module)"), sniff(b"hello, world"), sniff(b"")
    ('wat', 'text', 'empty')
    """
    head = bytes(head[:4096])
    if not head:
        return "empty"
    if head.startswith(MAGIC):
        if len(head) < 8:
            return "unknown"
        if head.startswith(MODULE):
            return "module"
        if head.startswith(COMPONENT):
            return "component"
        return "module-version" if head[6:8] == b"\0\0" else "component-version"
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if _is_text(head):
        return "wat" if _is_wat(head) else "text"
    return "unknown"


def _is_text(head: bytes) -> bool:
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The cut may fall inside a character.
        return error.start > 0 and error.start >= len(head) - 3
    return True


def _is_wat(head: bytes) -> bool:
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    while at < len(head):
        if head[at] in _SPACE:
            at += 1
        elif head.startswith(b";;", at):
            line = head.find(b"\n", at)
            at = len(head) if line < 0 else line
        elif head.startswith(b"(;", at):
            at = _after_comment(head, at)
        else:
            break
    if not head.startswith(b"(", at):
        return False
    rest = head[at + 1 :].lstrip(_SPACE)
    for word in (b"module", b"component"):
        after = rest[len(word) : len(word) + 1]
        if rest.startswith(word) and after in (b"", b" ", b"\t", b"\r", b"\n", b"(", b")", b";"):
            return True
    return False


def _after_comment(head: bytes, at: int) -> int:
    depth = 0
    while at < len(head):
        if head.startswith(b"(;", at):
            depth += 1
            at += 2
        elif head.startswith(b";)", at):
            depth -= 1
            at += 2
            if not depth:
                return at
        else:
            at += 1
    return at
