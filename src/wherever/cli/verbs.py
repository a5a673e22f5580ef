"""The verbs of the command: where each lives and what it is for, without loading any."""

from __future__ import annotations

VERBS = {
    "run": "Run a program in a sandbox.",
    "programs": "List the programs that have names, or search them.",
    "new": "Make a new package to begin with.",
    "init": "Write a wherever.toml for what is in this folder.",
    "test": "Run the [[test]] cases of a package.",
    "packages": "List the packages that are kept here, or remove some.",
    "df": "Show what everything that is kept takes on the disk, or free some of it.",
    "dev": "Build and run or serve a package, and again whenever its source changes.",
    "compose": "Make one component of several.",
    "bind": "Make a library a native-feeling one of other languages.",
    "build": "Make a program, or a package, from source in any language.",
    "serve": "Answer HTTP with packages, a sandbox for each request.",
    "up": "Start a server in the background.",
    "ps": "List the servers and programs that run in the background.",
    "logs": "Show the log of a server, or what a program in the background wrote.",
    "tail": "Follow the requests of an app, only those that are wanted.",
    "stats": "Show what each app of a server used, or a program in the background.",
    "reload": "Have a server answer with what was built since.",
    "deploy": "Have a server answer with another version of an app.",
    "rollback": "Have a server answer with an earlier version of an app.",
    "versions": "List the versions of a server's apps that are kept.",
    "stop": "Stop a server when its requests are answered, or a program in the background.",
    "inspect": "Show what a program needs and offers, without running it.",
    "compile": "Compile a program now, so that its next start is fast.",
    "cache": "Show, prune or clear what was compiled.",
    "doctor": "Check this machine, and say what to do about what is wrong.",
    "completion": "Print the completion script for a shell.",
    "version": "Print the versions of Wherever, its engine and Python.",
}
"""Each verb is the module of its name in this package: HELP, add_arguments(parser), main(args)."""

GROUPS = (
    ("run something", ("run", "programs")),
    ("make something", ("new", "init", "build", "test", "dev", "compose", "bind")),
    ("serve something", ("serve", "up", "ps", "logs", "tail", "stats", "stop")),
    ("change what is served", ("reload", "deploy", "rollback", "versions")),
    ("look and keep", ("inspect", "compile", "cache", "packages", "df")),
    ("this machine", ("doctor", "completion", "version")),
)
"""How the overview and the help arrange them."""

EXAMPLES = (
    ("wherever run python -c 'print(6 * 7)'", "a program by its name"),
    ("wherever run --dir photos:/in:ro tool.wasm /in", "a file, and a folder it may read"),
    ("wherever run -m 64m --timeout 5 script.py", "a script, with limits"),
)
