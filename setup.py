"""The optional C parts: built where a compiler is, left out where none is."""

from glob import glob

from setuptools import Extension, setup

PARTS = {
    "wherever.engine": ("_assembly", "_fast", "_front"),
    "wherever.edge.guest": ("_lane",),
}

setup(
    ext_modules=[
        Extension(
            f"{room}.{name}",
            [source],
            depends=sorted(glob("src/wherever/*/_*.h") + glob("src/wherever/*/*/_*.h")),
            optional=True,
        )
        for room, names in PARTS.items()
        for name in names
        for source in glob(f"src/{room.replace('.', '/')}/{name}.c")
    ]
)
