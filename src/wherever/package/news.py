"""A package beside the one that ran under its name before: what it wants more is told once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wherever.errors import InputError, NotRunnable
from wherever.package import blobs, remembered
from wherever.package.card import MOST_PROOFS, Card, Proof, card, difference, shown
from wherever.package.fields import Source, Table
from wherever.package.layout import Opened
from wherever.package.names import Name, Version
from wherever.package.schema import permissions

SCHEMA = 1
MOST_SEEN = 64
"""Packages of one name that are known to have been told of."""

KEYS = ("schema", "version", "digests", "proofs", "permissions", "build-scripts")


@dataclass(frozen=True, slots=True)
class Ran:
    """What ran last under a name.

    Attributes:
        version: of it, or None where it had none.
        digests: of all that ran and were told of, the last one last.
        card: of it, with a few of the imports that prove each row.
    """

    version: Version | None
    digests: tuple[str, ...]
    card: Card


@dataclass(frozen=True, slots=True)
class News:
    """A package that did not run here before, beside the one of its name that did.

    Attributes:
        name: of both.
        version: of the new one.
        before: what ran last, or None where nothing did or is known of it.
        wants: what the new one wants beyond that, a sentence each, safe to show.
        damage: why it is not known what ran, or empty.
        digest: of the new one.
        card: of the new one.
    """

    name: Name
    version: Version | None
    before: Ran | None
    wants: tuple[str, ...]
    damage: str
    digest: str
    card: Card

    def headline(self) -> str:
        """That it wants more, and than what."""
        label = f"{self.name} {self.version}" if self.version else f"{self.name}"
        before = self.before.version if self.before else None
        if before is None or before == self.version:
            return f"{label} wants more than it did when it ran here last"
        return f"{label} wants more than {before}, which ran here last"


def news(opened: Opened) -> News | None:
    """What there is to tell or to keep of a package; None where it ran or was told of before.

    A package without a name, and one that is no program, are no news.
    """
    name = opened.manifest.name
    if name is None or remembered.is_known(opened):
        return None
    before, damage = None, ""
    try:
        before = ran(name)
    except InputError as error:
        damage = error.what
    try:
        found = card(opened.wasm_path.read_bytes(), opened.manifest)
    except (OSError, NotRunnable):
        return None  # which the run itself tells
    wants = tuple(map(shown, difference(before.card, found))) if before is not None else ()
    return News(name, opened.manifest.version, before, wants, damage, opened.digest, found)


def ran(name: Name) -> Ran | None:
    """What ran last under a name, or None where nothing did.

    Raises:
        InputError: that cannot be read, or is not what was kept.
    """
    kept = remembered.load(name)
    return None if kept is None else _parsed(kept, remembered.place(name))


def keep(told: News) -> bool:
    """Remembers that a package ran, or was told of; False where that cannot be kept."""
    digests = told.before.digests if told.before is not None else ()
    kept = Ran(told.version, (*digests, told.digest)[-MOST_SEEN:], told.card)
    return remembered.store(told.name, _written(kept))


def _written(ran: Ran) -> dict[str, Any]:
    declared = ran.card.declared
    wishes: dict[str, Any] = {
        "files": list(map(str, declared.files)),
        "network": list(declared.network),
        "env": list(declared.env),
    }
    for key in ("clock", "random"):
        if (said := getattr(declared, key)) is not None:
            wishes[key] = said
    return {
        "schema": SCHEMA,
        "version": str(ran.version or ""),
        "digests": list(ran.digests),
        # Those of components first: they alone prove that the network is reached.
        "proofs": [
            [subject, proof.words,
             sorted(proof.names, key=lambda name: not name.startswith("wasi:"))[:MOST_PROOFS]]
            for subject, proof in ran.card.proofs
        ],
        "permissions": wishes if declared.stated else None,
        "build-scripts": ran.card.build_scripts,
    }  # fmt: skip


def _parsed(values: dict[str, Any], where: str) -> Ran:
    source = Source(where)
    stated = values.get("permissions") is not None
    if not stated:
        values = {key: each for key, each in values.items() if key != "permissions"}
    table = Table(values, KEYS, source)
    if table.whole("schema", 0, 0, 1 << 31) != SCHEMA:
        raise table.wrong("schema", f" is not {SCHEMA}")
    proofs = []
    for path, each in table.items("proofs"):
        if not isinstance(each, list) or len(each) != 3 or not isinstance(each[2], list):
            raise source.wrong(path, " is no proof")
        subject, words, names = each
        proof = Proof(
            table.is_text(words, path), tuple(table.is_text(name, path) for name in names)
        )
        proofs.append((table.is_text(subject, path), proof))
    digests = table.texts("digests")
    if not digests or not all(map(blobs.DIGEST.fullmatch, digests)):
        raise table.wrong("digests", " are none")
    version = table.text("version")
    return Ran(
        Version.parse(version) if version else None,
        digests,
        Card(tuple(proofs), permissions(table), build_scripts=table.flag("build-scripts")),
    )
