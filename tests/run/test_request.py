"""What a Python caller's values become, and which are refused, in Python's own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import wherever
from tests.wasi.guests import guest, say
from wherever.errors import InputError

HELLO = guest(say(1, 6), data="hello\\n")


def refused(**how: Any) -> str:
    with pytest.raises(InputError) as caught:
        wherever.run(HELLO, **how)
    return str(caught.value)


def test_folders_as_a_mapping_would_lose_their_modes(tmp_path: Path) -> None:
    assert refused(dirs={str(tmp_path): "/in:ro"}) == (
        "dirs is a dict, whose values would be lost; pass a list, such as ['photos:/in:ro']"
    )
