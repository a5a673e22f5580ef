"""From what a user names to a program that can be started.

An existing path wins when it has a slash or a file's ending; a bare word is a name of the
catalogue first, and a file of the current folder only when the catalogue does not know it, so
that a file somebody left there cannot take the place of `python`. Write `./python` for the file.
"""

from __future__ import annotations

import errno
import os
import stat

from wherever.errors import InputError, NotFound, NotRunnable
from wherever.run.program import Program
from wherever.wasm.head import sniff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.store.fetch import Kept
    from wherever.store.progress import Progress

SCRIPT_FOLDER = "/script"
"""Where a guest finds its script, alone in a read-only folder."""

LARGEST_SCRIPT = 64 << 20
LARGEST_PIPED = 512 << 20
_HEAD = 4096


def resolve(what: str, progress: Progress | None = None) -> Program:
    """The program that `what` names, fetched first where it is a name not kept yet.

    Args:
        what: a path, a script, the folder or the name of a package, a name of the catalogue,
            `pypi:`/`npm:` and a file, or `-`.
        progress: called while bytes come; by default a bar on a terminal.

    Raises:
        NotFound: there is nothing of that name; the hint offers near ones.
        NotRunnable: it is there, and it is not a program that can run here.
        InputError: it cannot be used as it is.
        RemoteError: it could not be fetched.
    """
    if what == "-":
        return _from_stdin()
    if not what or "\0" in what:
        raise InputError(f"{what!r} names no program", "see: wherever programs")
    if what.startswith(("pypi:", "npm:")) and not os.path.lexists(what):
        return _from_package(what, progress)
    if _is_package(what) and not os.path.lexists(what):
        from wherever.run.packaged import from_shelf

        return from_shelf(what)
    if _is_path(what) and os.path.lexists(what):
        return _from_file(what, progress)
    from wherever.store import catalogue

    if catalogue.find(what) is not None:
        return _named(what, progress)
    if os.path.lexists(what):
        return _from_file(what, progress)
    if what.startswith(("http://", "https://")):
        raise NotFound(
            f"{what}: it is an address, and only packages are fetched",
            f"fetch it yourself and run the file: curl -O {what}",
        )
    if _is_path(what):
        near = _near_file(what)
        hint = f"did you mean {near}?" if near else "check the path"
        raise NotFound(f"{what}: there is no such file", hint)
    raise _unknown_name(what)


def _is_package(what: str) -> bool:
    """Whether it has the form of a package's name: `NAMESPACE:NAME`, perhaps with a version."""
    namespace, colon, name = what.partition("@")[0].partition(":")
    words = (namespace, name) if colon else ("",)
    return all(word[:1].isalpha() and word.replace("-", "a").isalnum() for word in words)


def _is_path(what: str) -> bool:
    return "/" in what or ("@" not in what and os.path.splitext(what)[1] != "")


def _unknown_name(what: str) -> NotFound:
    from wherever.store import catalogue

    near = catalogue.near(what)
    word, _, version = what.partition("@")
    if near and version and catalogue.find(word) is not None:
        return NotFound(f"{what}: there is no such version", f"there is {' and '.join(near)}")
    if not near and (file := _near_file(what)):
        near = [file]
    hint = f"did you mean {' or '.join(near)}?" if near else "wherever programs lists the names"
    return NotFound(f"{what}: there is no program and no file of that name", hint)


def _near_file(what: str) -> str:
    from difflib import get_close_matches

    folder, name = os.path.split(what)
    try:
        names = [entry for entry in os.listdir(folder or ".")[:5000] if entry.isprintable()]
    except OSError:
        return ""
    for match in get_close_matches(name[:200], names, n=5, cutoff=0.75):
        path = os.path.join(folder, match)
        if os.path.isfile(path):
            return path
    return ""


# ----- files


def _from_file(path: str, progress: Progress | None) -> Program:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            from wherever.run.packaged import from_folder

            return from_folder(path)
        if stat.S_ISFIFO(mode):
            return _from_pipe(path, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        if not stat.S_ISREG(mode):
            raise NotRunnable(
                f"{path}: it is a device or a socket, not a file", "name a .wasm file"
            )
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise _unreadable(path, error) from None
    name = os.path.basename(path)
    kind = _kind(path, head)
    if kind == "script":
        return _script(path, head, progress)
    if kind != "program":
        raise NotRunnable(f"{path}: {kind[0]}", kind[1])
    return Program(path, name)


def _kind(path: str, head: bytes) -> str | tuple[str, str]:
    """ "program", "script", or what it is instead and what to do about it."""
    ending = os.path.splitext(path)[1].lower()
    if ending == ".cwasm":
        return (
            "it is native code that somebody compiled, which nobody can check",
            "run the .wasm it was made from",
        )
    kind = sniff(head)
    if kind in ("module", "component", "wat") or (ending == ".wat" and kind == "text"):
        return "program"
    if kind in ("script", "text", "empty", "unknown") and ending not in (".wasm", ".wat"):
        from wherever.store.catalogue import interpreter_for

        if kind == "script" or interpreter_for(ending or "."):
            return "script"
    return _WORDS.get(kind) or _unknown(head)


_COMPILE = "compile its source for WebAssembly (target wasm32-wasip1), or see: wherever programs"
_WORDS = {
    "elf": ("it is a native program for Linux, not WebAssembly", _COMPILE),
    "pe": ("it is a native program for Windows, not WebAssembly", _COMPILE),
    "macho": ("it is a native program for macOS, not WebAssembly", _COMPILE),
    "gzip": ("it is compressed with gzip", "unpack it: gunzip -k FILE"),
    "zip": ("it is a zip archive", "unpack it, and run the .wasm file in it"),
    "empty": ("it is empty", "build or copy it again"),
    "text": (
        "it is text, neither WebAssembly nor a script that is known here",
        "wherever programs lists what runs scripts; a script's ending or its #! line says whose"
        " it is",
    ),
    "module-version": (
        "it is a WebAssembly module of a version that is not known here",
        "build it again for WebAssembly 1.0",
    ),
    "component-version": (
        "it is a WebAssembly component of a version that is not known here",
        "build it again with current tools",
    ),
}


def _unknown(head: bytes) -> tuple[str, str]:
    if b"\0asm".startswith(head[:4]) or head.startswith(b"\0asm"):
        return "it is cut off: a WebAssembly file of 8 bytes or fewer", "build or copy it again"
    return "it is not WebAssembly", "name a .wasm file, a script, or one of: wherever programs"


def _unreadable(path: str, error: OSError) -> InputError:
    why = (error.strerror or str(error)).lower()
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        if os.path.islink(path):
            return NotFound(
                f"{path}: it is a link to {os.readlink(path)}, which is not there",
                "mend the link, or name the file itself",
            )
        return NotFound(f"{path}: there is no such file", "check the path")
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotRunnable(f"{path}: it cannot be read: {why}", f"chmod u+r {path}")
    return NotRunnable(f"{path}: it cannot be read: {why}", "check the path and the disk")


# ----- what comes through a pipe


def _from_stdin() -> Program:
    if os.isatty(0):
        raise InputError(
            "-: stdin is this terminal, not a module", "give it one: wherever run - < tool.wasm"
        )
    program = _from_pipe("-", os.dup(0))
    program.empties_stdin = True
    return program


def _from_pipe(path: str, handle: int) -> Program:
    from wherever.run.alone import keep_alone

    with open(handle, "rb") as file:
        data = file.read(LARGEST_PIPED + 1)
    if len(data) > LARGEST_PIPED:
        raise InputError(f"{path}: it is larger than {LARGEST_PIPED >> 20} MiB", "use a file")
    kind = _kind(".wasm", data[:_HEAD])
    if kind != "program":
        raise NotRunnable(f"{path}: {kind[0]}", kind[1])
    folder, passing = keep_alone(data, "stdin.wasm")
    program = Program(os.path.join(folder, "stdin.wasm"), path)
    if passing:
        program.passing.append(folder)
    return program


# ----- names and scripts


def _from_package(what: str, progress: Progress | None) -> Program:
    from wherever.store import fetch

    kept = fetch.program(what, progress=progress)
    with open(kept.path, "rb") as file:
        kind = _kind(".wasm", file.read(_HEAD))
    if kind != "program":
        raise NotRunnable(f"{what}: {kind[0]}", kind[1])
    return Program(kept.path, os.path.basename(kept.path))


def _named(what: str, progress: Progress | None) -> Program:
    from wherever.store import fetch

    return _of_catalogue(fetch.program(what, progress=progress), what)


def _of_catalogue(kept: Kept, name: str) -> Program:
    entry = kept.program
    assert entry is not None
    program = Program(kept.path, name)
    program.provide = kept.provide
    program.starter = kept.starter
    program.args_before = list(entry.argv)
    program.mounts = [(host, guest, True) for host, guest in kept.mounts]
    return program


def _script(path: str, head: bytes, progress: Progress | None) -> Program:
    from wherever.run.alone import keep_alone
    from wherever.store import catalogue, fetch

    name = os.path.basename(path)
    line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
    wanted = catalogue.interpreter_for(os.path.splitext(name)[1] or ".")
    if line.startswith("#!"):
        wanted = catalogue.interpreter_for(line) or wanted
    if wanted is None:
        raise NotRunnable(
            f"{path}: it is a script for {line[2:].strip()[:80]}, which is not known here",
            "wherever programs lists what runs scripts",
        )
    with open(path, "rb") as file:
        data = file.read(LARGEST_SCRIPT + 1)
    if len(data) > LARGEST_SCRIPT:
        raise NotRunnable(f"{path}: a script of more than {LARGEST_SCRIPT >> 20} MiB")
    kept = fetch.program(wanted, progress=progress)
    program = _of_catalogue(kept, name)
    folder, passing = keep_alone(data, name)
    if passing:
        program.passing.append(folder)
    assert kept.program is not None
    program.mounts.append((folder, SCRIPT_FOLDER, True))
    program.args_before += [*kept.program.script_flags, f"{SCRIPT_FOLDER}/{name}"]
    program.is_script = True
    return program
