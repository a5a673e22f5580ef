"""A C++ library of every type, under the sanitizers of the compiler."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.native.build import bound, differs, every, said

HERE = Path(__file__).parent / "cpp"
WAYS = (("as it is", ("-O2",)), ("address", ("-g", "-fsanitize=address,undefined")))


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    compiler = shutil.which("g++")
    if compiler is None:
        yield "cpp/every", "needs g++, which is not here"
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = bound(every(folder), "cpp", folder)
        for label, flags in WAYS:
            words = [compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", *flags]
            words += [HERE / "every.cpp", f"-I{package}/include", package / "lib" / "libevery.a"]
            built = said([*words, "-lm", "-lpthread", "-o", folder / "every-cpp"], folder)
            yield f"cpp/{label}", built[-2000:] or differs(said([folder / "every-cpp"], folder))


if __name__ == "__main__":
    for label, wrong in cases():
        print(label, wrong or "fine")
