"""What the verbs of servers share: their options, what a server is told, and how it is shown."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wherever.edge.config import CertificateFiles, ServerConfig
    from wherever.edge.what import Wanted

EPILOG = """\
WHAT is a package's folder, a .wasm file, a script, or a name from `wherever programs`; a folder of
packages, each of which answers at /ITS-NAME/; a folder of files with an index.html; or a
wherever.toml with [server] and [[app]], which says all that the options say and more.

Each request has a sandbox of its own, with 128 MiB, 30 s and 5 s of processor time at most, and
reaches nothing that is not granted. That of a component above 4 MiB is used again, for the same
app. Bodies may have 10 MiB unless the app streams them."""

IN_FRONT = """

Ctrl-C lets requests end, once more ends at once; `wherever reload` serves what was built since,
without losing a request."""

BEHIND = """

It comes back when the server answers. Afterwards: wherever ps, logs, stats, reload and stop."""

LIMITS = (
    ("memory", "-m", "SIZE", "memory of one request (default 128m)"),
    ("timeout", "", "TIME", "wall time of one request (default 30)"),
    ("cpu-time", "", "TIME", "processor time of one request (default 5)"),
    ("fuel", "", "COUNT", "instructions of one request, such as 10m"),
    ("max-output", "", "SIZE", "what one request writes to its log (default 64m)"),
    ("max-open-files", "", "COUNT", "open files of one instance (default 256)"),
    ("max-disk", "", "SIZE", "what one request writes to files (default 1g)"),
)
HANDED = "WHEREVER_HANDED_"
"""What stands before the names of variables by which `up` hands values to its server."""

_FIELDS = {
    "cpu-time": "cpu_time",
    "max-output": "output",
    "max-open-files": "open_files",
    "max-disk": "disk",
}


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the name of a server, which the only one that runs need not have."""
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="the server (default: the only one)"
    )


def add_name(parser: argparse.ArgumentParser) -> None:
    """Add the name of a server or of a detached program."""
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME",
        help="the server or program (default: the only one that runs)",
    )  # fmt: skip


def check_app(server: str, app: str) -> None:
    """Refuse the name of an app that a server never had, of which nothing could be shown.

    What is counted and is no app, such as `-`, `(reply)` and `assets/`, is always taken.

    Raises:
        NotFound: it never had one of that name.
    """
    from wherever.edge.host import state, versions
    from wherever.edge.observe.reader import Reader
    from wherever.errors import NotFound

    if not app or not app[-1].isalnum():
        return
    apps = list(versions.history_of(state.path_of(server, "")))
    if app not in apps and app not in (
        each.name for each in Reader(state.path_of(server, state.RECORD)).apps()
    ):
        raise NotFound(
            f"{server} has no app called {app}", f"the apps are: {', '.join(apps) or 'none'}"
        )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_options(parser: argparse.ArgumentParser, more: str) -> None:
    """Add what a server can be told.

    Args:
        more: what else is to be said of the verb.
    """
    parser.epilog = EPILOG + more
    parser.add_argument(
        "what", nargs="*", metavar="WHAT", help="what is served (default: this folder)"
    )
    where = parser.add_argument_group("where it answers")
    where.add_argument(
        "--listen", action="append", metavar="ADDRESS",
        help="HOST:PORT, https://HOST:PORT or unix:PATH (default 127.0.0.1:8080); again for more",
    )  # fmt: skip
    where.add_argument(
        "--tls-cert", action="append", metavar="FILE",
        help="the certificate for https://, in PEM form; can be given again, for other hosts",
    )  # fmt: skip
    where.add_argument(
        "--tls-key", action="append", metavar="FILE",
        help="its key (default: in the same file)",
    )  # fmt: skip
    where.add_argument(
        "--public", action="store_true", help="let it listen where other machines reach it"
    )
    where.add_argument(
        "--workers", metavar="COUNT", help="processes, at most 256 (default: one a core)"
    )
    where.add_argument("--name", metavar="NAME", help="what it is called (default: after WHAT)")
    where.add_argument(
        "--status", metavar="ADDRESS", default="",
        help="where its status page is (default 127.0.0.1:0, a free port), or off",
    )  # fmt: skip
    reach = parser.add_argument_group("what each app may reach")
    reach.add_argument(
        "--dir", "-v", action="append", metavar="HOST[:GUEST[:ro]]",
        help="let it use the folder HOST, seen as GUEST; ':ro' for reading only",
    )  # fmt: skip
    reach.add_argument(
        "--env", "-e", action="append", metavar="NAME[=VALUE]",
        help="set an environment variable, or pass yours of that name",
    )  # fmt: skip
    reach.add_argument(
        "--net", action="append", metavar="HOST[:PORT]",
        help="let it make HTTP requests to HOST, such as api.example.com or *.example.com:443",
    )  # fmt: skip
    use = parser.add_argument_group("what each request may use")
    for name, short, value, words in LIMITS:
        flags = [f"--{name}", short] if short else [f"--{name}"]
        use.add_argument(*flags, metavar=value, dest=name.replace("-", "_"), help=words)
    add_json(parser)


def wanted(args: argparse.Namespace) -> Wanted:
    """What the options say.

    Raises:
        InputError: one of them cannot be used.
    """
    import os

    from wherever.edge import servertexts
    from wherever.edge.what import Wanted
    from wherever.errors import InputError
    from wherever.policy.grants import Mount

    env = {}
    for text in args.env or ():
        name, equals, value = text.partition("=")
        if not name or "\0" in text:
            raise InputError(f"--env: {text!r} is not a variable", "write NAME=VALUE or NAME")
        given = value if equals else os.environ.get(HANDED + name, os.environ.get(name))
        if given is None:
            raise InputError(
                f"--env: the variable {name} is not set here", f"set it, or write {name}=VALUE"
            )
        env[name] = given
    limits = {
        _FIELDS.get(name, name): value
        for name, _, _, _ in LIMITS
        if (value := getattr(args, name.replace("-", "_"))) is not None
    }
    mounts = [Mount.parse(text) for text in args.dir or ()]
    for mount in mounts:
        if not os.path.isdir(mount.host):
            raise InputError(f"--dir: there is no folder {mount.host}", "make it first")
    return Wanted(
        tuple(args.what or (".",)),
        tuple(args.listen or ()),
        _certificates(args.tls_cert or [], args.tls_key or []),
        _workers(args.workers),
        args.public,
        args.status,
        limits,
        tuple(Mount(os.path.abspath(each.host), each.guest, each.read_only) for each in mounts),
        tuple(env.items()),
        tuple(servertexts.network(text) for text in args.net or ()),
    )


def opening(config: ServerConfig) -> str:
    """What a server does before it answers."""
    count = len(config.apps)
    return f"opening {count} app{'' if count == 1 else 's'}"


def _workers(text: str | None) -> int | None:
    from wherever.edge.config import MOST_WORKERS
    from wherever.errors import InputError
    from wherever.policy.quantity import parse_count

    if text is None:
        return None
    count = parse_count(text, "--workers")
    if count > MOST_WORKERS:
        raise InputError(
            f"--workers: {text} processes are more than the {MOST_WORKERS} that a server may have",
            "leave it out for one a core",
        )
    return count


def _certificates(certs: list[str], keys: list[str]) -> tuple[CertificateFiles, ...]:
    import os

    from wherever.edge.config import CertificateFiles
    from wherever.errors import InputError

    if keys and len(keys) != len(certs):
        raise InputError(
            "--tls-cert and --tls-key do not go in pairs",
            "name the key of each certificate, or of none where the keys are in the same files",
        )
    return tuple(
        CertificateFiles(os.path.abspath(cert), os.path.abspath(key) if key else "")
        for cert, key in zip(certs, keys or [""] * len(certs), strict=True)
    )


def words(args: argparse.Namespace, name: str) -> list[str]:
    """The options as words again, for a process that serves in the background.

    Whoever is on this machine can read them as long as it runs: values of variables are `handed`.
    """
    found = ["--name", name, "--json"]
    found += [f"--env={each.partition('=')[0]}" for each in args.env or ()]
    for flag in ("listen", "tls-cert", "tls-key", "dir", "net"):
        found += [f"--{flag}={each}" for each in getattr(args, flag.replace("-", "_")) or ()]
    for flag in ("workers", *(limit for limit, _, _, _ in LIMITS)):
        value = getattr(args, flag.replace("-", "_"))
        if value is not None:
            found.append(f"--{flag}={value}")
    if args.public:
        found.append("--public")
    if args.status:
        found.append(f"--status={args.status}")
    return [*found, "--", *args.what]


def handed(wanted: Wanted) -> dict[str, str]:
    """Its variables' values, as variables of that process, which only its user can read."""
    return {HANDED + name: value for name, value in wanted.env}


def shown(told: dict[str, Any]) -> list[str]:
    """A server that answers, as lines for people: its apps and their addresses."""
    from wherever.cli.terminal import table

    rows = [(app["name"], *app["urls"][:1]) for app in told["apps"]]
    lines = table(rows, "  ").split("\n") if rows else [f"  {each}" for each in told["listen"]]
    if told["status"]:
        lines.append(f"its status: {told['status']}")
    return [f"{told['name']} answers:", *lines]


def ago(seconds: float) -> str:
    """A time that has passed, for people.

    Example:
        >>> ago(5), ago(300), ago(7200), ago(200000)
        ('5 s', '5 min', '2 h', '2 days')
    """
    for size, unit in ((172800.0, "days"), (7200.0, "h"), (120.0, "min")):
        if seconds >= size:
            whole = int(seconds // {"days": 86400, "h": 3600, "min": 60}[unit])
            return f"{whole} {unit}"
    return f"{int(seconds)} s"


def print_json(value: object) -> None:
    """Prints a value as JSON."""
    import json

    print(json.dumps(value, indent=2))


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Prints a table whose first row are headings."""
    from wherever.cli.terminal import table

    print(table(rows))
