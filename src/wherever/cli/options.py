"""The options of `wherever run`: the one table behind its parser, help, docs and completion."""

from __future__ import annotations


class Option:
    """One option of `wherever run`.

    Attributes:
        name: what the rest of the program calls its value.
        flags: its spellings, the long one first.
        kind: "flag" takes no value, "one" takes one and the last wins, "many" adds up, and
            "maybe" takes one only when it is written `--opt=value`.
        value: what stands for its value in help.
        completes: what a shell may offer for its value: "folder", "file", "variable" or "".
        group: the heading in help.
        help: one line for people.
    """

    __slots__ = ("completes", "flags", "group", "help", "kind", "name", "value")

    def __init__(
        self, name: str, flags: str, kind: str, value: str, completes: str, group: str, help: str
    ) -> None:
        self.name = name
        self.flags = flags.split()
        self.kind = kind
        self.value = value
        self.completes = completes
        self.group = group
        self.help = help


REACH = "what it may reach"
USE = "what it may use"
START = "how it starts"
BACKGROUND = "in the background"
SAY = "what you are told"

OPTIONS = (
    Option(
        "dir",
        "--dir -v",
        "many",
        "HOST[:GUEST[:ro]]",
        "folder",
        REACH,
        "let it use the folder HOST, seen as GUEST; ':ro', or HOST::ro, for reading only",
    ),
    Option(
        "env",
        "--env -e",
        "many",
        "NAME[=VALUE]",
        "variable",
        REACH,
        "set an environment variable, or pass yours of that name",
    ),
    Option(
        "env_file",
        "--env-file",
        "many",
        "FILE",
        "file",
        REACH,
        "set the variables of FILE, one NAME=VALUE a line",
    ),
    Option(
        "net",
        "--net",
        "many",
        "HOST[:PORT]",
        "",
        REACH,
        "let it ask HOST by HTTP, such as api.example.com or localhost:8080",
    ),
    Option("memory", "--memory -m", "one", "SIZE", "", USE, "memory, such as 64m (default 1g)"),
    Option("timeout", "--timeout", "one", "TIME", "", USE, "wall time, such as 5, 500ms or 2m"),
    Option("cpu_time", "--cpu-time", "one", "TIME", "", USE, "processor time"),
    Option("fuel", "--fuel", "one", "COUNT", "", USE, "instructions, such as 1000000 or 10m"),
    Option(
        "output",
        "--max-output",
        "one",
        "SIZE",
        "",
        USE,
        "what it writes to its output (with --json, default 64m)",
    ),
    Option("disk", "--max-disk", "one", "SIZE", "", USE, "what it writes to files (default 1g)"),
    Option("open_files", "--max-open-files", "one", "COUNT", "", USE, "open files (default 256)"),
    Option("host_calls", "--max-host-calls", "one", "COUNT", "", USE, "calls out of the sandbox"),
    Option("stack", "--stack", "one", "SIZE", "", USE, "stack (default 1m)"),
    Option(
        "workdir",
        "--workdir -w",
        "one",
        "GUEST",
        "",
        START,
        "start in this folder of the guest, inside one given with --dir",
    ),
    Option(
        "package_command",
        "--command",
        "one",
        "NAME",
        "",
        START,
        "start the package's command of this name, not its first",
    ),
    Option(
        "entrypoint", "--entrypoint", "one", "NAME", "", START, "start at this export, not _start"
    ),
    Option(
        "invoke",
        "--invoke",
        "one",
        "NAME",
        "",
        START,
        "call this export with ARGS and print its results",
    ),
    Option(
        "invoke_help",
        "--invoke-help",
        "flag",
        "",
        "",
        START,
        "show how a component's functions are called, or the one of --invoke",
    ),
    Option(
        "deterministic",
        "--deterministic",
        "maybe",
        "SEED",
        "",
        START,
        "the same bytes on every run: virtual clock, random numbers from SEED",
    ),
    Option(
        "detach",
        "--detach -d",
        "flag",
        "",
        "",
        BACKGROUND,
        "go on in the background, as a program with a name; see wherever ps, logs, stats, stop",
    ),
    Option("name", "--name", "one", "NAME", "", BACKGROUND, "its name (default: after WHAT)"),
    Option("stats", "--stats", "flag", "", "", SAY, "show what it used, at the end"),
    Option("trace", "--trace", "flag", "", "", SAY, "show each call out of the sandbox"),
    Option("json", "--json", "flag", "", "", SAY, "print how it ended as one JSON object"),
    Option("quiet", "--quiet -q", "flag", "", "", SAY, "no progress and no notes of ours"),
)

FLAGS = {flag: option for option in OPTIONS for flag in option.flags}


def scan(words: list[str]) -> tuple[dict[str, object], str, list[str]] | None:
    """The options' values, WHAT, and the guest's arguments; None for what needs the parser.

    Values are text: a string for "one", a list for "many", True for "flag", and text or True
    for "maybe". Help, mistakes and unusual spellings are left to the parser.

    >>> scan(["-m64m", "--dir", "a", "--dir=b", "tool.wasm", "--help"])
    ({'memory': '64m', 'dir': ['a', 'b']}, 'tool.wasm', ['--help'])
    >>> scan(["--nothing-like-it", "tool.wasm"]) is None
    True
    """
    values: dict[str, object] = {}
    at = 0
    end = len(words)
    while at < end:
        word = words[at]
        at += 1
        if word[:1] != "-" or word == "-":
            return values, word, words[at:]
        if word == "--":
            return (values, words[at], words[at + 1 :]) if at < end else None
        text: str | None
        if word[1] == "-":
            name, equals, text = word.partition("=")
            if not equals:
                text = None
        else:
            name, text = word[:2], word[2:] or None
            if text is not None and text[0] == "=":
                return None
        option = FLAGS.get(name)
        if option is None or text == "--":
            return None
        kind = option.kind
        if kind == "flag":
            if text is not None:
                return None
            values[option.name] = True
            continue
        if kind == "maybe":
            values[option.name] = True if text is None else text
            continue
        if text is None:
            if at == end or (words[at][:1] == "-" and words[at] != "-"):
                return None
            text = words[at]
            at += 1
        if kind == "one":
            values[option.name] = text
        else:
            known = values.setdefault(option.name, [])
            assert isinstance(known, list)
            known.append(text)
    return None
