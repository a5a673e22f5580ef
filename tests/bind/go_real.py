"""A Go package of every type, as it is and with the compiler's checks of pointers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.native.build import bound, differs, every, said

PROGRAM = Path(__file__).parent / "go" / "main.go"


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    go = shutil.which("go")
    if go is None:
        yield "go/every", "needs Go, which is not here"
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = bound(every(folder), "go", folder)
        user = folder / "user"
        user.mkdir()
        shutil.copy(PROGRAM, user)
        module = "module user\n\ngo 1.21\n\nrequire example.com/every v0.0.0\n\n"
        module += f"replace example.com/every => {package}\n"
        (user / "go.mod").write_text(module, "utf-8")
        env = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "CGO_ENABLED": "1"}
        yield "go/vet", said([go, "vet", "."], package, **env)[-2000:]
        for label, flags in (("as it is", []), ("checked", ["-gcflags=all=-d=checkptr"])):
            built = said([go, "build", *flags, "-o", folder / "made", "."], user, **env)
            yield f"go/{label}", built[-2000:] or differs(said([folder / "made"], folder))


if __name__ == "__main__":
    for label, wrong in cases():
        print(label, wrong or "fine")
