"""The permission card: what imports prove, what the manifest asks for, what the user granted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wherever.package.manifest import Manifest
from wherever.package.parts import FolderWish, Permissions
from wherever.policy.grants import Grants
from wherever.wasm import facts, reach

Imports = Iterable[tuple[str, str, str, str]]

ALWAYS = ("files", "network", "environment")
"""Subjects that a card shows even where the program has nothing to do with them."""

NEVER = ("streams", "arguments", "terminal")
"""Subjects that every program has, so that a card is no place to ask."""

MOST_PROOFS = 4
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Proof:
    """What imports let a program do in one subject, in words, and the imports that say so."""

    words: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One subject of a card, in words that are safe to show.

    Attributes:
        proved: what its imports let it do, or empty where it has no import for it.
        declared: what the manifest asks for, or empty.
        granted: what the user gave, or empty.
    """

    subject: str
    proved: str
    declared: str
    granted: str


@dataclass(frozen=True, slots=True)
class Card:
    """What one version of a package can do, asks for and was given.

    Attributes:
        proofs: subject and proof, in the order of cards.
        build_scripts: whether its dependencies ran code of theirs while it was built.
    """

    proofs: tuple[tuple[str, Proof], ...] = ()
    declared: Permissions = field(default_factory=Permissions)
    granted: Permissions = field(default_factory=Permissions)
    build_scripts: bool = False

    def proof(self, subject: str) -> Proof | None:
        """What imports prove of a subject."""
        return dict(self.proofs).get(subject)

    def rows(self) -> list[Row]:
        """A row for each subject that there is something to say about."""
        declared, granted = _by_subject(self.declared), _by_subject(self.granted)
        subjects = dict.fromkeys((*ALWAYS, *(subject for subject, _ in self.proofs), *declared))
        found = [
            Row(
                subject,
                proof.words if (proof := self.proof(subject)) else "",
                declared.get(subject, ""),
                granted.get(subject, ""),
            )
            for subject in subjects
            if subject not in NEVER
        ]
        if self.build_scripts:
            found.append(Row("build", "", "its dependencies ran code of theirs", ""))
        return found

    def text(self) -> str:
        """The rows as lines that line up, for a terminal."""
        lines = [("", "its imports allow", "it asks for", "granted")]
        for row in self.rows():
            proved = row.proved or ("" if row.subject == "build" else "nothing")
            lines.append((row.subject, proved, row.declared or "-", row.granted or "-"))
        widths = [max(len(line[column]) for line in lines) for column in range(3)]
        return "\n".join(
            "  ".join([*(word.ljust(width) for word, width in zip(line, widths, strict=False)),
                       line[3]]).rstrip()
            for line in lines
        )  # fmt: skip


def card(
    program: bytes | Imports, manifest: Manifest, granted: Grants | Permissions | None = None
) -> Card:
    """The card of a program.

    Args:
        program: its bytes, or its imports as `wasm.facts` has them.
        granted: what a run gives it, or what a lock remembers.

    Raises:
        NotRunnable: the bytes are no program.

    Example:
        >>> from wherever.package.manifest import parse
        >>> print(card(b"\\0asm\\1\\0\\0\\0", parse("")).text())
                     its imports allow  it asks for  granted
        files        nothing            -            -
        network      nothing            -            -
        environment  nothing            -            -
    """
    imports: Imports = facts(program)["imports"] if isinstance(program, bytes) else program
    proofs = tuple(
        (subject, Proof(shown(words), tuple(shown(name) for name in dict.fromkeys(names))))
        for subject, words, names in reach(imports)
    )
    given = _permissions(granted) if isinstance(granted, Grants) else granted
    return Card(
        proofs, manifest.permissions, given or Permissions(), manifest.build.allow_build_scripts
    )


_ALSO_ARGUMENTS = "wasi:cli/environment@"
"""Every component that looks at its arguments imports this, as they come by it too."""


def undeclared(found: Card) -> tuple[str, ...]:
    """Where a program's imports allow more than its manifest says, for its author.

    A manifest without `[permissions]` says nothing that could be wrong.
    """
    if not found.declared.stated:
        return ()
    declared, sentences = _by_subject(found.declared), []
    for subject, key in (("files", "files"), ("network", "network"), ("environment", "env")):
        wanted = _wanted(found, subject)
        names = tuple(name for name in wanted if not name.startswith(_ALSO_ARGUMENTS))
        if names and subject not in declared:
            sentences.append(
                f"it imports {_listed(names)} for {_noun(subject)}, which permissions.{key}"
                " does not ask for"
            )
    for subject, said in (("clock", found.declared.clock), ("random", found.declared.random)):
        names = _wanted(found, subject)
        if names and said is False:
            sentences.append(
                f"it imports {_listed(names)} for {_noun(subject)}, and permissions.{subject}"
                " is false"
            )
    return tuple(sentences)


def unmet(found: Card) -> tuple[str, ...]:
    """What a package asks for and was not granted, each with the option that grants it."""
    return tuple(_more(found.granted, found.declared, hints=True))


def difference(old: Card, new: Card) -> tuple[str, ...]:
    """What the new version can do or asks for that the old one did not; empty: nothing more.

    Example:
        >>> before, after = Card(), Card(declared=Permissions(True, env=("HOME",)))
        >>> difference(before, after)
        ('it asks for the variable HOME',)
    """
    sentences = []
    for subject, _ in new.proofs:
        names = _wanted(new, subject)
        if subject not in NEVER and names and not _wanted(old, subject):
            sentences.append(f"it can now use {_noun(subject)}: it imports {_listed(names)}")
    before, after = _said(old, "files"), _said(new, "files")
    if before.startswith("reads,") and after.startswith("reads and writes,"):
        sentences.append("it can now write files, where it could only read them")
    sentences += _more(old.declared, new.declared)
    if new.build_scripts and not old.build_scripts:
        sentences.append("its dependencies ran code of theirs while it was built")
    return tuple(sentences)


def shown(text: str) -> str:
    """A stranger's text on one line, with nothing in it that a terminal would obey."""
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


# ----- what covers what


def _more(old: Permissions, new: Permissions, *, hints: bool = False) -> list[str]:
    """A sentence for each wish of the new that no wish of the old covers."""
    found = []
    for wish in new.files:
        if not any(_covers(other, wish) for other in old.files):
            mode = ":ro" if wish.read_only else ""
            verb = "read" if wish.read_only else "read and write"
            place = f"{wish.host} as {wish.guest}" if wish.host else wish.guest
            option = f" (--dir {wish.host or 'FOLDER'}:{wish.guest}{mode})" if hints else ""
            found.append(f"it asks to {verb} {place}{option}")
    found += [
        f"it asks for the network at {address}{f' (--net {address})' if hints else ''}"
        for address in new.network
        if not any(_reaches(other, address) for other in old.network)
    ]
    found += [
        f"it asks for the variable {name}{f' (--env {name})' if hints else ''}"
        for name in new.env
        if name not in old.env
    ]
    # Every run has these two, so that only a version that wants more is worth a word.
    if not hints:
        for subject, before, after in (
            ("clock", old.clock, new.clock),
            ("random", old.random, new.random),
        ):
            if after and before is False:
                found.append(f"it asks for {_noun(subject)}")
    return found


def _covers(old: FolderWish, new: FolderWish) -> bool:
    inside = f"{new.guest}/".startswith(f"{old.guest.rstrip('/')}/")
    same = not old.host or old.host == new.host
    return inside and same and (not old.read_only or new.read_only)


def _reaches(old: str, new: str) -> bool:
    host, _, port = old.rpartition(":")
    wanted, _, wanted_port = new.rpartition(":")
    near = host == wanted or (host.startswith("*.") and wanted.endswith(host[1:]))
    return near and port in ("*", wanted_port)


# ----- words


def _wanted(found: Card, subject: str) -> tuple[str, ...]:
    """The imports that lead somewhere: preview 1 has none that opens a connection."""
    proof = found.proof(subject)
    names = proof.names if proof else ()
    return tuple(n for n in names if n.startswith("wasi:")) if subject == "network" else names


def _said(found: Card, subject: str) -> str:
    proof = found.proof(subject)
    return proof.words if proof else ""


def _permissions(grants: Grants) -> Permissions:
    return Permissions(
        True,
        tuple(FolderWish("", mount.guest, mount.read_only) for mount in grants.files),
        tuple(place for host in grants.network for place in _places(host)),
        tuple(grants.env),
    )


def _places(host: str) -> tuple[str, ...]:
    """A host with its port; where none is named, it is that of either scheme."""
    alone = host.endswith("]") or ":" not in host
    return (f"{host}:443", f"{host}:80") if alone else (host,)


def _by_subject(permissions: Permissions) -> dict[str, str]:
    """Wishes in words, of subjects that have some."""
    said = {
        "files": ", ".join(map(str, permissions.files)),
        "network": ", ".join(permissions.network),
        "environment": ", ".join(permissions.env),
        "clock": "yes" if permissions.clock else "",
        "random": "yes" if permissions.random else "",
    }
    return {subject: shown(words) for subject, words in said.items() if words}


def _noun(subject: str) -> str:
    return {
        "files": "files",
        "network": "the network",
        "environment": "environment variables",
        "clock": "the clock",
        "random": "random numbers",
        "threads": "threads",
        "host": "functions of a host of its own",
    }[subject]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_PROOFS} more" if len(names) > MOST_PROOFS else ""
    return ", ".join(names[:MOST_PROOFS]) + more
