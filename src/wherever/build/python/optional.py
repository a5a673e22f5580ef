"""Packages that can do without their machine code, though no wheel is made without it.

Such a package tries its compiled module, and takes one in Python where that is not there. Its wheel
for Linux is fetched and written again without what was compiled.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("markupsafe", "msgpack", "pyyaml")
"""Each was seen to work so. Flask, Jinja and Django's templates need the first."""

PLATFORM = (
    "--implementation", "cp", "--abi", "cp314", "--platform", "manylinux_2_17_x86_64",
    "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64",
)  # fmt: skip
"""What pip is told to fetch their wheels for, on every machine: nothing of it is run."""

_COMPILED = (".so", ".c", ".h", ".pyx", ".pxd")
_LARGEST = 16 << 20
_NAME = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9]")


def wanted(lines: Sequence[str]) -> list[str]:
    """What to ask pip for: each package, in the versions that the lines allow.

    >>> wanted(["flask", "MarkupSafe<3.1", "PyYAML==6.0.2 ; python_version > '3.8'"])
    ['MarkupSafe<3.1', 'msgpack', "PyYAML==6.0.2 ; python_version > '3.8'"]
    """
    said = {_normal(found[0]): line for line in lines if (found := _NAME.match(line))}
    return [said.get(name, name) for name in NAMES]


def may_be_missing(said: str) -> bool:
    """Whether pip could have failed for want of one of these packages, by what it said."""
    found = re.search(r"No matching distribution found for ([A-Za-z0-9._-]+)", said)
    return "ResolutionImpossible" in said if found is None else _normal(found[1]) in NAMES


def without_code(wheel: Path, folder: Path) -> Path:
    """The same wheel for every machine, in a folder, without what was compiled.

    Raises:
        InputError: it is no wheel, or too large.
    """
    name, version = wheel.name.split("-")[:2]
    made = folder / f"{name}-{version}-py3-none-any.whl"
    try:
        with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(made, "w") as new:
            kept = [each for each in old.infolist() if not each.filename.endswith(_COMPILED)]
            if sum(each.file_size for each in kept) > _LARGEST:
                raise InputError(f"the package {name} holds more than {_LARGEST >> 20} MiB")
            for each in kept:
                data = old.read(each)
                if each.filename.endswith(".dist-info/WHEEL"):
                    data = re.sub(rb"(?m)^Tag: .*$", b"Tag: py3-none-any", data)
                elif each.filename.endswith(".dist-info/RECORD"):
                    data = _record(data)
                new.writestr(each.filename, data)
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"the wheel of {name} cannot be read: {error}") from None
    return made


def _record(data: bytes) -> bytes:
    """A list of files without those that were left out, nor digests, of which one is wrong now."""
    names = (line.rsplit(",", 2)[0] for line in data.decode().splitlines() if line)
    return "".join(f"{name},,\n" for name in names if not name.endswith(_COMPILED)).encode()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
