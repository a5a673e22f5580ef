"""The light way to sha256 is the same sha256."""

from __future__ import annotations

import hashlib
import sys

from wherever.engine import digesting


def test_it_is_sha256(tmp_path, monkeypatch):
    data = bytes(range(256)) * 10_000
    path = tmp_path / "data"
    path.write_bytes(data)
    expected = hashlib.sha256(data).hexdigest()
    for missing in ((), ("_sha2", "_sha256")):
        monkeypatch.setattr(digesting, "_new", [])
        for name in missing:
            monkeypatch.setitem(sys.modules, name, None)
        assert digesting.sha256(data) == expected
        with open(path, "rb") as file:
            file.seek(5)
            assert digesting.digest_of(file.fileno()) == expected
