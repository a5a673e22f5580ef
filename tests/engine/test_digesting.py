"""The light way to sha256 is the same sha256."""

from __future__ import annotations

import hashlib
import sys

from wherever.engine import digesting


def test_it_is_sha256(tmp_path, monkeypatch):
    path = tmp_path / "data"
    for size in (0, 1000, 3_000_000):
        data = bytes(range(200)) * (size // 200)
        path.write_bytes(data)
        expected = hashlib.sha256(data).hexdigest()
        with open(path, "rb") as file, monkeypatch.context() as patch:
            file.seek(size // 2)
            for missing in ("_none", "_sha2", "_sha256"):
                patch.setitem(sys.modules, missing, None)
                assert digesting.sha256(data) == expected
                assert digesting.digest_of(file.fileno()) == expected
