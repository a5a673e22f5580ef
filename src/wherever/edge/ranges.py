"""What a client has of a file already, and which part it wants: RFC 9110, sections 13 and 14."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_RANGES = 16
"""Above this a client that wants parts of a file gets all of it."""

_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_SPEC = re.compile(rb"[ \t]*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))[ \t]*")


def precondition(asked: Mapping[bytes, bytes], etag: bytes, modified: int) -> int:
    """The status that the conditions of a GET or HEAD ask for: 200, 304 or 412.

    Args:
        asked: the headers of the request.
        etag: of what would be sent, as in its header.
        modified: seconds of the epoch at which that was changed.
    """
    match = asked.get(b"if-match")
    if match is not None:
        if match.strip() != b"*" and not _matches(match, etag, strongly=True):
            return 412
    elif (since := _date(asked.get(b"if-unmodified-since"))) is not None and modified > since:
        return 412
    none = asked.get(b"if-none-match")
    if none is not None:
        if none.strip() == b"*" or _matches(none, etag, strongly=False):
            return 304
    elif (since := _date(asked.get(b"if-modified-since"))) is not None and modified <= since:
        return 304
    return 200


def ranges(
    asked: Mapping[bytes, bytes], size: int, etag: bytes, modified: int
) -> list[tuple[int, int]] | None:
    """The parts that are wanted, each from and to before; None for all, empty for none there is.

    More than is reasonable counts as all: many small parts, or parts that together are longer
    than the file, cost the server more than they can be worth to anyone.
    """
    wanted = asked.get(b"range")
    if wanted is None or not _unchanged(asked.get(b"if-range"), etag, modified):
        return None
    unit, equals, specs = wanted.partition(b"=")
    if unit.strip().lower() != b"bytes" or not equals:
        return None
    parts = specs.split(b",")
    if len(parts) > MOST_RANGES:
        return None
    found = []
    for part in parts:
        spec = _SPEC.fullmatch(part)
        if spec is None:
            return None
        first, last, suffix = spec.groups()
        if suffix is not None:
            start, end = max(0, size - int(suffix)), size
        else:
            start, end = int(first), min(size, int(last) + 1) if last else size
            if last and int(last) < start:
                return None
        if start < end:
            found.append((start, end))
    if sum(end - start for start, end in found) > size:
        return None
    return found


def encodings(accepted: bytes | None) -> list[bytes]:
    """The compressions that are wanted, best first, of those that files can lie ready in."""
    if not accepted:
        return []
    weights: dict[bytes, float] = {}
    for item in accepted.lower().split(b","):
        name, _, parameter = item.partition(b";")
        key, _, weight = parameter.partition(b"=")
        try:
            weights[name.strip()] = float(weight) if key.strip() == b"q" else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    other = weights.get(b"*", 0.0)
    known = (b"br", b"zstd", b"gzip")
    wanted = [name for name in known if weights.get(name, other) > 0]
    return sorted(wanted, key=lambda name: -weights.get(name, other))


def _matches(header: bytes, etag: bytes, strongly: bool) -> bool:
    own = etag.removeprefix(b"W/")
    if strongly and etag.startswith(b"W/"):
        return False
    return any(tag == own and not (strongly and is_weak) for is_weak, tag in _TAG.findall(header))


def _unchanged(header: bytes | None, etag: bytes, modified: int) -> bool:
    """Whether `If-Range` names what would be sent."""
    if header is None:
        return True
    if b'"' in header:
        return not etag.startswith(b"W/") and header.strip() == etag
    return _date(header) == modified


def _date(header: bytes | None) -> int | None:
    if header is None:
        return None
    try:
        return int(parsedate_to_datetime(header.decode("ascii")).timestamp())
    except (ValueError, OverflowError):
        return None
