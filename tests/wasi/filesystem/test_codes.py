"""What the kernel says, as guests are told it."""

from __future__ import annotations

import errno
import re

import pytest

from tests.edge.guest.building import GUESTS
from wherever.wasi.filesystem.codes import CODES, Refused, result


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (OSError(errno.ENOENT, ""), "no-entry"),
        (OSError(errno.EXDEV, ""), "cross-device"),
        (OSError(errno.EMFILE, ""), "quota"),
        (OSError(errno.EPROTO, ""), "io"),
        (OSError("without a number"), "io"),
        (Refused("not-permitted"), "not-permitted"),
    ],
)
def test_an_error_is_told_by_its_number(error: OSError | Refused, name: str) -> None:
    assert CODES[-1 - result(error)] == name


def test_the_codes_are_those_of_the_interface() -> None:
    wit = (GUESTS / "world.wit").read_text()
    found = re.search(r"enum error-code \{(.*?)\}", wit, re.S)
    assert found is not None
    assert tuple(each.strip() for each in found[1].split(",") if each.strip()) == CODES
