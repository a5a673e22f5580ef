"""The optional C parts: built where a compiler is, left out where none is."""

from glob import glob

from setuptools import Extension, setup

ENGINE = "src/wherever/engine"

setup(
    ext_modules=[
        Extension(
            f"wherever.engine.{name}",
            [source],
            depends=sorted(glob(f"{ENGINE}/{name}*.h")),
            optional=True,
        )
        for name in ("_assembly", "_fast", "_front")
        for source in glob(f"{ENGINE}/{name}.c")
    ]
)
