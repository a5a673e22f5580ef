"""The tar archive inside a package: one way to write each set of files, and no other is read.

A header is compared with the one that we would write for the same name and size. So nothing
that tar can say besides (links, devices, owners, holes, second names) gets a meaning.
"""

from __future__ import annotations

from collections.abc import Mapping

from wherever.errors import InputError

LIMIT = 16 << 20
"""The largest archive, in bytes: registries and clusters take programs of this size."""

MAX_FILES = 20_000
MAX_DEPTH = 32
MAX_PART = 255
MAX_NAME = 2048

BLOCK = 512
END = bytes(2 * BLOCK)
PLAIN = 100
"""Bytes of a name that fit into a header."""

KINDS = {
    b"1": "a hard link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a folder of its own",
    b"6": "a pipe",
    b"S": "a file with holes",
    b"g": "a header for all files",
    b"L": "a name in GNU's form",
    b"K": "a link in GNU's form",
}


def write(files: Mapping[str, bytes]) -> bytes:
    """The archive of files, by their paths without a first slash; the same files, the same bytes.

    Raises:
        InputError: a name cannot be in a package, or all together are larger than `LIMIT`.
    """
    parts: list[bytes] = []
    check_names(files, "the package")
    for name in sorted(files, key=str.encode):
        content = files[name]
        parts += [_headers(name, len(content)), content, bytes(-len(content) % BLOCK)]
    parts.append(END)
    size = sum(map(len, parts))
    if size > LIMIT:
        raise InputError(
            f"the package's files take {size / (1 << 20):.1f} MiB,"
            f" and a package holds {LIMIT >> 20} MiB of them at most",
            "leave out what the program does not need, under [files] in wherever.toml",
        )
    return b"".join(parts)


def read(data: memoryview, where: str) -> dict[str, memoryview]:
    """The files of an archive, in its order.

    Args:
        data: the whole archive.
        where: what to call it in messages.

    Raises:
        InputError: it is not one that `write` wrote.
    """
    if len(data) > LIMIT:
        raise InputError(f"{where} holds more than {LIMIT >> 20} MiB of files")
    files: dict[str, memoryview] = {}
    at = 0
    while bytes(data[at : at + BLOCK]) != END[:BLOCK]:
        if len(files) >= MAX_FILES:
            raise InputError(f"{where} holds more than {MAX_FILES} files")
        name, size, begin = _entry(data, at, where)
        if name in files:
            raise InputError(f"{where} holds {shown(name)} twice")
        end = begin + size
        padding = data[end : end + -size % BLOCK]
        if len(data) < end + -size % BLOCK:
            raise InputError(f"{where}: its files are cut off inside {shown(name)}")
        check_name(name, where)
        if bytes(data[at:begin]) != _headers(name, size) or any(padding):
            raise InputError(f"{where}: {shown(name)} is not written as files of packages are")
        files[name] = data[begin:end]
        at = end + len(padding)
    if bytes(data[at:]) != END:
        raise InputError(f"{where}: its files do not end as they should")
    if list(files) != sorted(files, key=str.encode):
        raise InputError(f"{where}: its files are not in order")
    check_names(files, where)
    return files


def check_names(names: Mapping[str, object], where: str) -> None:
    """Refuses a set of names that no folder could hold.

    Raises:
        InputError: too many, one that is odd, or one that is a file and a folder at once.
    """
    if len(names) > MAX_FILES:
        raise InputError(f"{where} holds more than {MAX_FILES} files")
    folders: set[str] = set()
    for name in names:
        check_name(name, where)
        parent = name.rpartition("/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
        if len(folders) > MAX_FILES:
            raise InputError(f"{where} holds more than {MAX_FILES} folders")
    if both := folders.intersection(names):
        raise InputError(f"{where} holds {shown(min(both))} as a file and as a folder")


def check_name(name: str, where: str) -> None:
    """Refuses a name that could mean another place, or that people cannot see as it is.

    Raises:
        InputError: which says what is wrong with it.
    """
    parts = name.split("/")
    wrong = ""
    if name.startswith("/"):
        wrong = "starts with a slash"
    elif ".." in parts:
        wrong = "leads out of the package"
    elif "" in parts or "." in parts:
        wrong = "has an empty part"
    elif "\\" in name or not name.isprintable():
        wrong = "has characters that a name cannot have"
    elif len(parts) > MAX_DEPTH:
        wrong = f"is more than {MAX_DEPTH} folders deep"
    elif len(name.encode("utf-8", "surrogatepass")) > MAX_NAME or any(
        len(part.encode("utf-8", "surrogatepass")) > MAX_PART for part in parts
    ):
        wrong = "is too long"
    if wrong:
        raise InputError(f"{where}: the name {shown(name)} {wrong}")


def shown(name: str) -> str:
    """A name from a stranger, safe to print."""
    return ascii(name[:80])


def _entry(data: memoryview, at: int, where: str) -> tuple[str, int, int]:
    """Name, size and start of the content of the entry at `at`."""
    header, begin = _header(data, at, where)
    name = header[:PLAIN].rstrip(b"\0")
    if header[156:157] == b"x":
        size = _number(header[124:136], where)
        if size > MAX_NAME + 32:
            raise InputError(f"{where} holds a name of {size} bytes")
        name = bytes(data[begin : begin + size]).partition(b" path=")[2].rstrip(b"\n")
        header, begin = _header(data, begin + size + -size % BLOCK, where)
    kind = header[156:157]
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{where} holds a name that is not UTF-8") from None
    if kind != b"0":
        what = KINDS.get(kind, "of no kind that packages have")
        raise InputError(f"{where}: {shown(text)} is {what}")
    return text, _number(header[124:136], where), begin


def _header(data: memoryview, at: int, where: str) -> tuple[bytes, int]:
    header = bytes(data[at : at + BLOCK])
    if len(header) < BLOCK:
        raise InputError(f"{where}: its files are cut off")
    return header, at + BLOCK


def _number(field: bytes, where: str) -> int:
    digits = field.rstrip(b" \0")
    if not digits or digits.strip(b"01234567"):
        raise InputError(f"{where} holds a file with no size")
    return int(digits, 8)


def _headers(name: str, size: int) -> bytes:
    """The blocks before a file's bytes: one, or three where its name has to stand apart."""
    encoded = name.encode()
    if len(encoded) <= PLAIN and name.isascii():
        return _ustar(encoded, size, b"0")
    record = b" path=" + encoded + b"\n"
    length = len(record)
    while len(str(length)) + len(record) != length:
        length = len(str(length)) + len(record)
    text = str(length).encode() + record
    apart = _ustar(b"wherever.path", len(text), b"x") + text + bytes(-len(text) % BLOCK)
    return apart + _ustar(b"wherever.file", size, b"0")


def _ustar(name: bytes, size: int, kind: bytes) -> bytes:
    before = b"".join(
        [
            name.ljust(PLAIN, b"\0"),
            b"0000644\0",
            b"0000000\0" * 2,
            b"%011o\0" % size,
            b"0" * 11 + b"\0",
        ]
    )
    after = (kind + bytes(100) + b"ustar\x0000").ljust(BLOCK - 156, b"\0")
    total = sum(before) + sum(after) + 8 * ord(" ")
    return before + b"%06o\0 " % total + after
