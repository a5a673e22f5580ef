"""What `pypi:` and `npm:` references turned out to be on their first use.

The catalogue knows the digests of its programs; for the rest of the world the first use
decides: the same version must give the same bytes ever after.
"""

from __future__ import annotations

import hashlib
import json
import os

from wherever import home
from wherever.errors import RemoteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.store.reference import Reference


class Memory:
    """The version and the digest that a reference stood for."""

    __slots__ = ("sha256", "version")

    def __init__(self, version: str, sha256: str) -> None:
        self.version = version
        self.sha256 = sha256


def key(reference: Reference) -> str:
    """A name for files about a reference."""
    return hashlib.sha256(str(reference).encode()).hexdigest()


def recall(reference: Reference) -> Memory | None:
    """What is known of a reference, or None."""
    try:
        with open(_path(reference), encoding="utf-8") as file:
            told = json.loads(file.read(4096))
        if told["reference"] == str(reference):
            return Memory(str(told["version"]), str(told["sha256"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def remember(reference: Reference, version: str, sha256: str) -> None:
    """Notes what a reference is, or refuses if it was something else before.

    Raises:
        RemoteError: the same version of the package held other bytes on its first use.
    """
    from wherever.store.reference import Reference

    exact = Reference(reference.ecosystem, reference.package, version, reference.path)
    for each in (exact, reference):
        known = recall(each)
        if known and known.version == version and known.sha256 != sha256:
            raise RemoteError(
                f"{exact} is not the file it was on its first use: "
                f"its sha256 was {known.sha256} and is now {sha256}",
                f"if you trust the change, remove {_path(each)}",
            )
    for each in {str(exact): exact, str(reference): reference}.values():
        _write(each, version, sha256)


def _path(reference: Reference) -> str:
    return os.path.join(home.folder(), "seen", f"{key(reference)}.json")


def _write(reference: Reference, version: str, sha256: str) -> None:
    home.room("seen")
    path = _path(reference)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump({"reference": str(reference), "version": version, "sha256": sha256}, file)
    os.replace(temporary, path)
