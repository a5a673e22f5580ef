"""Engines, and code that is loaded and let go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wherever.engine import cache
from wherever.engine.runtime import engine
from wherever.engine.settings import Settings

MODULE = b'(module (memory (export "memory") 1) (func (export "_start")))'
COMPONENT = b"(component (core module))"


def test_code_that_nobody_uses_any_more_holds_no_file(descriptors: Callable[[], int]) -> None:
    artifacts = [cache.artifact(text, Settings()) for text in (MODULE, COMPONENT)]
    home = engine(Settings())
    before = descriptors()
    codes = [home.code(artifact) for artifact in artifacts]
    assert [code.is_component for code in codes] == [False, True]
    assert home.code(artifacts[0]) is codes[0]
    assert descriptors() > before
    codes.clear()
    assert descriptors() == before
    assert home.code(artifacts[0]).pointer


def test_an_entry_that_took_the_place_of_another_is_another_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache, "text_stem", lambda text: "text-of-all-texts")
    home = engine(Settings())
    first = home.code(cache.artifact(MODULE, Settings()))
    second = home.code(cache.artifact(b"(module)", Settings()))
    assert first.artifact.path == second.artifact.path
    assert first is not second
    assert second.facts["exports"] == []
