"""The optional C accelerator: built where a compiler is, left out where none is."""

from glob import glob

from setuptools import Extension, setup

FAST = "src/wherever/engine/_fast"

setup(
    ext_modules=[
        Extension(
            "wherever.engine._fast", [source], depends=sorted(glob(f"{FAST}*.h")), optional=True
        )
        for source in glob(f"{FAST}.c")
    ]
)
