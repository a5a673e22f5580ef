"""A big module starts on the fast compiler, and the next run has optimised code."""

from __future__ import annotations

import os
import time

import pytest

from wherever.engine import cache, keep, spawning, tier
from wherever.engine.library import machine
from wherever.engine.settings import Settings
from wherever.engine.source import Source

WORK = '(func (export "f") (result i32) i32.const 7)'
TAIL = "(func $g (param i32) (result i32) (return_call $g (local.get 0)))"


@pytest.fixture(autouse=True)
def folder(fresh_home, monkeypatch, tmp_path):
    monkeypatch.delenv("WHEREVER_CACHE", raising=False)
    monkeypatch.delenv("WHEREVER_BACKGROUND", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(cache, "RACY_NS", -1)
    return fresh_home / "cache"


@pytest.fixture
def big(tmp_path):
    """Write a module with little code that is big enough for the fast compiler."""

    def make(code=WORK):
        path = tmp_path / "big.wat"
        path.write_text(f'(module (memory 32) (data (i32.const 0) "{"x" * (5 << 18)}") {code})')
        return str(path)

    return make


def when_optimised(path, settings, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = cache.cached(path, settings, tiers=False)
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("no optimised code appeared")


def when_idle(seconds=10):
    end = time.monotonic() + seconds
    while tier._children and time.monotonic() < end:
        tier.reap()
        time.sleep(0.01)
    assert tier._children == []


def background_request(path, folder, settings):
    source = Source(path, "big")
    return source, {
        "where": str(folder),
        "sources": [(source.handle, source.digest, "big")],
        "parts": [source.part()],
        "settings": settings.key,
    }


@pytest.mark.parametrize("fuel", [False, True])
def test_the_first_run_is_baseline_and_the_next_optimised(big, folder, fuel):
    assert machine() == "x86_64"  # elsewhere the fast compiler is not used
    path, settings = big(), Settings(fuel)
    first = cache.artifact(path, settings, companions=lambda facts: [b"(module)"])
    assert first.settings.key == "bf" if fuel else "b"
    better = when_optimised(path, settings)
    when_idle()
    assert cache.cached(path, settings).path == better.path
    assert cache.artifact(path, settings).path == better.path
    assert better.facts == first.facts
    assert cache.cached_text(b"(module)", settings) is not None
    assert sorted(p.suffix for p in folder.iterdir() if p.suffix not in (".cwasm", ".facts")) == [
        ""
    ]


def test_background_work_waits_for_other_background_work(big):
    path = big()
    line = tier.wait_in_line()
    assert cache.artifact(path, Settings()).settings.key == "b"
    time.sleep(0.5)
    assert len(tier._children) == 1
    assert cache.cached(path, Settings(), tiers=False) is None
    os.close(line)
    when_optimised(path, Settings())
    when_idle()


def test_without_a_place_for_the_line_nobody_waits(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/no/such/folder")
    assert tier.wait_in_line() == -1


def test_who_wants_no_background_work_gets_none(big, folder, monkeypatch):
    monkeypatch.setenv("WHEREVER_BACKGROUND", "0")
    path = big()
    assert cache.artifact(path, Settings()).settings.key == "b"
    assert cache.cached(path, Settings()).settings.key == "b"
    assert tier._children == []
    assert not list(folder.glob("*.tried"))


def test_a_caller_can_do_without_the_background_too(big):
    path = big()
    assert cache.artifact(path, Settings(), background=False).settings.key == "b"
    assert cache.cached(path, Settings(), background=False).settings.key == "b"
    assert tier._children == []


def test_who_waits_for_optimised_code_gets_it_at_once(big):
    path = big()
    assert cache.artifact(path, Settings(), tiers=False).settings.key == "o"
    assert tier._children == []


@pytest.mark.parametrize(
    ("code", "settings", "key"),
    [(TAIL, Settings(), "o"), (WORK, Settings(deterministic=True), "d")],
)
def test_what_the_fast_compiler_must_not_have_goes_to_the_other(big, code, settings, key):
    assert cache.artifact(big(code), settings).settings.key == key
    assert tier._children == []


def test_small_modules_are_optimised_at_once(wat):
    assert cache.artifact(str(wat(f"(module {WORK})")), Settings()).settings.key == "o"


def test_an_attempt_that_led_to_nothing_is_made_again_after_a_while(big, folder, monkeypatch):
    path = big()
    monkeypatch.setenv("WHEREVER_BACKGROUND", "0")
    first = cache.artifact(path, Settings())
    monkeypatch.delenv("WHEREVER_BACKGROUND")
    with monkeypatch.context() as patch:
        patch.setattr(spawning, "limits", lambda size: (30 << 20, 60))  # too little to start
        assert cache.cached(path, Settings()).path == first.path
        assert len(tier._children) == 1
        when_idle()
    (mark,) = folder.glob("*.tried")
    assert cache.cached(path, Settings()).path == first.path
    assert tier._children == []
    os.utime(mark, (1, 1))
    assert cache.cached(path, Settings()).path == first.path
    when_optimised(path, Settings())
    when_idle()
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("WHEREVER_COMPILE_TIME", "soon"), ("WHEREVER_COMPILE_MEMORY", "much")]
)
def test_what_prevents_the_background_keeps_no_run_waiting(
    big, monkeypatch, descriptors, name, value
):
    path = big()
    first = cache.artifact(path, Settings(), background=False)
    before = descriptors()
    monkeypatch.setenv(name, value)
    assert cache.cached(path, Settings()).path == first.path
    assert cache.artifact(path, Settings()).path == first.path
    assert (tier._children, descriptors()) == ([], before)


def test_the_background_works_once_and_leaves_nothing_behind(big, folder):
    path, settings = big(), Settings()
    folder.mkdir(parents=True, mode=0o700)
    source, request = background_request(path, folder, settings)
    name = cache.entry_name(source.stem, settings)
    other = keep.Lock(str(folder), f"{name}-background")
    assert other.take()
    assert tier.work(request) is False
    other.release()
    (folder / f"{name}.tried").touch()
    assert tier.work(request) is True
    assert cache.find(source.stem, settings).settings.key == "o"
    assert sorted(p.suffix for p in folder.iterdir()) == [".cwasm", ".facts"]
    source.close()


def test_a_file_that_changed_since_is_not_compiled_under_its_old_name(big, folder):
    path, settings = big(), Settings()
    folder.mkdir(parents=True, mode=0o700)
    source, request = background_request(path, folder, settings)
    with open(path, "a") as file:
        file.write(" ;; more")
    assert tier.work(request) is False
    assert list(folder.iterdir()) == []
    source.close()
