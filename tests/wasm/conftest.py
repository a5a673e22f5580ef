"""Modules built byte by byte, and the programs of `proposals.toml`."""

import sys
import tomllib
from pathlib import Path

import pytest
import wasmtime

HERE = Path(__file__).parent


class Forge:
    """Builds WebAssembly by hand, malformed where a test wants it so."""

    @staticmethod
    def leb(number):
        found = bytearray()
        while True:
            byte, number = number & 0x7F, number >> 7
            found.append(byte | (0x80 if number else 0))
            if not number:
                return bytes(found)

    @classmethod
    def index(cls, number):
        """A type index where a negative number would be a type."""
        found = bytearray()
        while number > 0x3F:
            found.append(number & 0x7F | 0x80)
            number >>= 7
        return bytes([*found, number])

    @classmethod
    def name(cls, text):
        data = text.encode()
        return cls.leb(len(data)) + data

    @classmethod
    def section(cls, kind, *parts):
        body = b"".join(parts)
        return bytes([kind]) + cls.leb(len(body)) + body

    @classmethod
    def custom(cls, name, *parts):
        return cls.section(0, cls.name(name), *parts)

    @staticmethod
    def module(*sections):
        return b"\0asm\1\0\0\0" + b"".join(sections)

    @staticmethod
    def component(*sections):
        return b"\0asm\x0d\0\1\0" + b"".join(sections)


@pytest.fixture
def forge():
    return Forge


@pytest.fixture
def untraced():
    """Without coverage's tracing, whose cost would be what is measured."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.fixture
def wasm():
    """Turn WebAssembly text, or a `.wat` beside the tests, into bytes."""

    def build(text):
        if text.endswith(".wat"):
            text = (HERE / text).read_text()
        return bytes(wasmtime.wat2wasm(text))

    return build


PROPOSALS = tomllib.loads((HERE / "proposals.toml").read_text())["case"]


def pytest_generate_tests(metafunc):
    if "proposal" in metafunc.fixturenames:
        metafunc.parametrize("proposal", PROPOSALS, ids=lambda case: case["name"])
