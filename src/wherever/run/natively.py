"""Libraries by a C compiler, for the user who built them or trusts them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from wherever.engine import native
from wherever.engine.digesting import sha256
from wherever.engine.text import binary
from wherever.errors import InputError
from wherever.run.components import bytes_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.engine.cache import Artifact


def compiled(name: str, path: str, tell: Callable[[str], object]) -> Artifact:
    """The native code of a library, which `wherever.load` uses from now on; made at most once.

    The file's code then runs as C does, with the sandbox that the C compiler was told to keep, and
    no longer with the engine's own.

    Args:
        name: what messages call it.
        path: a module or a component; text is translated first.
        tell: gets lines of progress.

    Raises:
        InputError: it is a program, has what native code cannot have, or cannot be read or kept.
        NotRunnable: it is malformed.
        BuildFailed: wasm2c or the C compiler refused it, in their own words.
        RemoteError: a tool could not be fetched.
    """
    from wherever.bind.tier import compile_native

    given = bytes_at(path)
    digest = sha256(given)
    known = native.found(digest)
    if known is not None:
        return known
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wherever-native-") as folder:
        made, modules = compile_native(name, binary(given), Path(folder), tell)
        try:
            return native.kept(str(made), name, digest, modules, time.monotonic() - began)
        except OSError as error:
            raise InputError(
                f"native code of {name} cannot be kept: {error.strerror}", "make room"
            ) from None
