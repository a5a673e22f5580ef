"""The optional C accelerator: built where a compiler is, left out where none is."""

from pathlib import Path

from setuptools import Extension, setup

SOURCE = "src/wherever/engine/_fast.c"

setup(
    ext_modules=[Extension("wherever.engine._fast", [SOURCE], optional=True)]
    if Path(SOURCE).exists()
    else []
)
