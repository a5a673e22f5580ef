"""What a program can reach, proved by its imports: it has no other way out of the box."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Proof = dict[str, list[str]]

PREVIEW_1 = ("wasi_snapshot_preview1", "wasi_unstable")

WORDS = {
    "files": "only in folders that you give it with --dir",
    "network": "none: it may use connections that it is given, and is given none",
    "environment": "only the variables that you give it with --env",
    "arguments": "what follows its name on the command line",
    "streams": "stdin, stdout and stderr",
    "terminal": "learns whether it talks to one",
    "clock": "reads the time",
    "random": "random numbers",
    "threads": "starts them; that is not hosted",
    "host": "only what a host of its own gives it",
}
"""Each subject of a permission card, in the order in which cards show them."""

# Functions of preview 1 by their first letters, the longer ones first.
_FUNCTIONS = (
    ("args_", "arguments"),
    ("clock_", "clock"),
    ("environ_", "environment"),
    ("fd_advise", "files"),
    ("fd_allocate", "files"),
    ("fd_filestat_set", "files"),
    ("fd_prestat_", "files"),
    ("fd_readdir", "files"),
    ("fd_read", "streams"),
    ("fd_write", "streams"),
    ("path_", "files"),
    ("poll_oneoff", "clock"),
    ("random_get", "random"),
    ("sock_", "network"),
)
_INTERFACES = (
    ("wasi:cli/environment", "environment"),
    ("wasi:cli/std", "streams"),
    ("wasi:cli/terminal-", "terminal"),
    ("wasi:cli/", ""),
    ("wasi:clocks/", "clock"),
    ("wasi:filesystem/", "files"),
    ("wasi:http/", "network"),
    ("wasi:io/", ""),
    ("wasi:random/", "random"),
    ("wasi:sockets/", "network"),
    ("wasi:tls/", "network"),
)
_CHANGES = ("create", "write", "rename", "unlink", "remove", "symlink", "link-at", "path_link",
            "set-size", "set_size", "set-times", "set_times", "append", "allocate")  # fmt: skip


def reach(imports: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, str, list[str]]]:
    """The permission card: subjects, what that means, and the imports that prove it.

    Args:
        imports: as `facts` gives them: (module, name, kind, type).

    >>> reach([("wasi_snapshot_preview1", "random_get", "func", "(i32, i32) -> i32")])
    [('random', 'random numbers', ['random_get'])]
    >>> reach([])
    []
    """
    found: Proof = {}
    for module, name, kind, text in imports:
        if kind == "type":
            continue
        if module in PREVIEW_1:
            _add(found, _subject(name, _FUNCTIONS), name)
        elif module == "wasi" and name == "thread-spawn":
            _add(found, "threads", name)
        elif module:
            _add(found, "host", f"{module}.{name}")
        else:
            subject = _subject(name, _INTERFACES, "host")
            _add(found, subject, name)
            if subject == "environment" and "get-arguments" in text:
                _add(found, "arguments", name)
            if subject == "environment" and "get-environment" not in text:
                found["environment"].pop()
            if subject == "files":
                found.setdefault("changes", []).append(text)
    return [
        (subject, _words(subject, found), found[subject]) for subject in WORDS if found.get(subject)
    ]


def _subject(name: str, table: tuple[tuple[str, str], ...], other: str = "") -> str:
    for start, subject in table:
        if name.startswith(start):
            return subject
    return other


def _add(found: Proof, subject: str, name: str) -> None:
    if subject:
        found.setdefault(subject, []).append(name)


def _words(subject: str, found: Proof) -> str:
    words, proofs = WORDS[subject], found[subject]
    if subject == "files":
        proofs = proofs + found.get("streams", []) + found.get("changes", [])
        writes = any(change in proof for proof in proofs for change in _CHANGES)
        return f"{'reads and writes' if writes else 'reads'}, {words}"
    if subject == "clock" and any("poll" in name or "monotonic" in name for name in proofs):
        return f"{words}, and sleeps"
    http = [name for name in proofs if name.startswith("wasi:http/")]
    if subject == "network" and http:
        if any("@0.2." not in name for name in http):
            return "wants it, and cannot be given it: it will not start"
        if any(name.startswith("wasi:http/outgoing-handler@") for name in http):
            return "sends HTTP requests, only to hosts that you give it with --net"
        return "none: it answers HTTP requests, and sends none"
    if subject == "host":
        hosts = list(dict.fromkeys(name.partition(".")[0] if "/" not in name else name
                                   for name in proofs))  # fmt: skip
        more = f" and {len(hosts) - 4} more" if len(hosts) > 4 else ""
        return f"{words}: {', '.join(hosts[:4])}{more}"
    return words
