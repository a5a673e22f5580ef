"""From requirements to versions: one that meets all, of each range, the locked one if it does.

Versions of one range may stand for each other, so that a package is there once for each range
that is asked for: `^1.2` and `^1.4` share a version, `^1.2` and `^2` do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import ResolutionImpossible, ResolutionTooDeep

from wherever.errors import InputError, NotFound
from wherever.package.lockfile import FILE, Lock, Locked
from wherever.package.manifest import Manifest
from wherever.package.names import Name, Requirement, Version
from wherever.package.parts import Dependency
from wherever.package.sources import Folders, PackageSource, Release, Shelf

MOST_ROUNDS = 5000
"""Choices that are tried before it is given up."""

MOST_PACKAGES = 1000
"""Packages that a choice is made of."""

MOST_LOOKS = 3_000_000
"""Times that it is looked whether a version does, which bounds the time where many conflict."""

MOST_SHOWN = 8
"""Versions that a message lists, and requirements."""

Key = str
"""Name and range as one text, whose order is that of both, and whose hash is only made once."""


@dataclass(frozen=True, slots=True)
class Want:
    """That somebody wants a package; `range` is the one that it is met in."""

    name: Name
    requirement: Requirement
    range: str
    parent: str


@dataclass(frozen=True, slots=True)
class Pick:
    """A version that may be chosen."""

    name: Name
    version: Version


def resolve(
    root: Manifest,
    *,
    sources: Sequence[PackageSource] | None = None,
    lock: Lock | None = None,
    frozen: bool = False,
    offline: bool = False,
    update: Iterable[Name] = (),
) -> Lock:
    """The packages that a manifest needs, each in a version that meets everybody.

    Args:
        sources: where packages come from besides the folders that manifests name; the shelf.
        lock: what was chosen before, and is chosen again while it is allowed.
        frozen: nothing else than the lock may come out.
        offline: sources that need the network are not asked.
        update: packages for which the lock does not count.

    Raises:
        InputError: there is no such choice, it differs from a frozen lock, or a package has
            other bytes than the lock remembers.
    """
    if frozen and lock is None:
        raise InputError(f"there is no {FILE} to keep to", "run it once without --frozen")
    folders = Folders(root)
    asked = [
        s for s in (sources if sources is not None else [Shelf()]) if not (offline and s.online)
    ]
    silent = offline and any(source.online for source in sources or ())
    provider = _Provider(root, folders, asked, lock or Lock(), frozen, frozenset(update), silent)
    wants = [provider.want(each, _called(root)) for each in root.dependencies]
    resolver: Resolver[Want, Pick, Key] = Resolver(provider, BaseReporter())
    try:
        mapping = resolver.resolve(wants, max_rounds=MOST_ROUNDS).mapping
    except ResolutionImpossible as error:
        raise provider.impossible([(each.requirement) for each in error.causes]) from None
    except ResolutionTooDeep:
        raise _given_up(MOST_ROUNDS) from None
    found = provider.locked(mapping, wants)
    found.in_order()
    if frozen and lock is not None and _bare(found) != _bare(lock):
        raise InputError(
            f"{FILE} does not fit wherever.toml: {_first_change(lock, found)}",
            "run it once without --frozen",
        )
    return found


class _Provider(AbstractProvider[Want, Pick, Key]):
    """What the algorithm asks: identities, candidates, dependencies."""

    def __init__(
        self,
        root: Manifest,
        folders: Folders,
        sources: Sequence[PackageSource],
        lock: Lock,
        frozen: bool,
        update: frozenset[Name],
        silent: bool,
    ) -> None:
        self.root = root
        self.folders = folders
        self.sources = sources
        self.lock = lock
        self.frozen = frozen
        self.silent = silent
        self.remembered: dict[Name, list[Version]] = {}
        for each in lock.packages:
            if each.name not in update:
                self.remembered.setdefault(each.name, []).append(each.version)
        self.known: dict[Name, list[Version]] = {}
        self.releases: dict[Pick, Release] = {}
        self.does: dict[tuple[int, int], bool] = {}
        self.looks = 0
        self.meant: dict[Key, tuple[Name, str]] = {}
        self.causes: Sequence[Any] = ()
        self.caused: set[Key] = set()

    # ----- what there is

    def versions(self, name: Name) -> list[Version]:
        """All versions that may be chosen: the locked ones, then the newest first."""
        if name not in self.known:
            if len(self.known) >= MOST_PACKAGES:
                raise InputError(
                    f"more than {MOST_PACKAGES} packages are asked for, {name} among them",
                    "depend on fewer in [dependencies]",
                )
            own = self.folders.versions(name)
            offered = own or [v for source in self.sources for v in source.versions(name)]
            if self.frozen and not own:
                offered = [v for v in offered if v in self.remembered.get(name, ())]
            locked = self.remembered.get(name, ())
            self.known[name] = sorted(set(offered), key=lambda v: (v in locked, v), reverse=True)
        return self.known[name]

    def release(self, pick: Pick) -> Release:
        """What is known of a version, its digests compared with what the lock remembers."""
        if pick not in self.releases:
            source = next(
                source
                for source in (self.folders, *self.sources)
                if pick.version in source.versions(pick.name)
            )
            found = source.release(pick.name, pick.version)
            self._compare(pick, found)
            self.releases[pick] = found
        return self.releases[pick]

    def _compare(self, pick: Pick, found: Release) -> None:
        locked = self.lock.find(pick.name, pick.version)
        if locked is None or pick.version not in self.remembered.get(pick.name, ()):
            return
        before, now = locked.manifest_digest, found.manifest_digest
        if before and now and before != now:
            raise InputError(
                f"{pick.name} {pick.version} is not what {FILE} remembers:"
                f" it is {now}, and was {before}",
                f"if you trust it, delete its entry from {FILE}",
            )

    def want(self, dependency: Dependency, parent: str) -> Want:
        """The dependency with the range in which it is met: a locked one, or the newest."""
        allowed = filter(dependency.requirement.allows, self.versions(dependency.name))
        best = next(allowed, None)
        shared = "" if best is None else best.range
        return Want(dependency.name, dependency.requirement, shared, parent)

    # ----- what the algorithm asks

    def identify(self, requirement_or_candidate: Want | Pick) -> Key:
        each = requirement_or_candidate
        shared = each.range if isinstance(each, Want) else each.version.range
        key = f"{each.name.namespace}\0{each.name.name}\0{shared}"
        self.meant[key] = each.name, shared
        return key

    def get_preference(
        self,
        identifier: Key,
        resolutions: Mapping[Key, Pick],
        candidates: Mapping[Key, Iterator[Pick]],
        information: Mapping[Key, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, Key]:
        return identifier not in self._caused(backtrack_causes), identifier

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[Key],
        resolutions: Mapping[Key, Pick],
        candidates: Mapping[Key, Iterator[Pick]],
        information: Mapping[Key, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> list[Key]:
        # What `get_preference` would prefer, without a call of it for each.
        found = set(identifiers)
        return [min(found & self._caused(backtrack_causes) or found)]

    def _caused(self, backtrack_causes: Sequence[Any]) -> set[Key]:
        if backtrack_causes is not self.causes:
            self.causes = backtrack_causes
            self.caused = {self.identify(cause.requirement) for cause in backtrack_causes}
        return self.caused

    def find_matches(
        self,
        identifier: Key,
        requirements: Mapping[Key, Iterator[Want]],
        incompatibilities: Mapping[Key, Iterator[Pick]],
    ) -> list[Pick]:
        name, shared = self.meant[identifier]
        wanted = [want.requirement for want in requirements.get(identifier, iter(()))]
        bad = {pick.version for pick in incompatibilities.get(identifier, iter(()))}
        return [
            Pick(name, version)
            for version in self.versions(name)
            if version.range == shared
            and version not in bad
            and all(self.allows(requirement, version) for requirement in wanted)
        ]

    def is_satisfied_by(self, requirement: Want, candidate: Pick) -> bool:
        return self.allows(requirement.requirement, candidate.version)

    def allows(self, requirement: Requirement, version: Version) -> bool:
        """Whether a version does, which is asked again and again."""
        self.looks += 1
        if self.looks > MOST_LOOKS:
            raise _given_up(self.looks)
        # By identity, for a hash takes longer: both live in `known`, `releases` or `root`.
        key = id(requirement), id(version)
        if key not in self.does:
            self.does[key] = requirement.allows(version)
        return self.does[key]

    def get_dependencies(self, candidate: Pick) -> list[Want]:
        parent = f"{candidate.name} {candidate.version}"
        return [self.want(each, parent) for each in self.release(candidate).dependencies]

    # ----- what comes out

    def locked(self, mapping: Mapping[Key, Pick], wants: Sequence[Want]) -> Lock:
        """The choice as a lock; what was granted to a package before stays."""
        asked: dict[Key, dict[Requirement, None]] = {}
        chosen = []
        for pick in mapping.values():
            wants = [*wants, *self.get_dependencies(pick)]
        for want in wants:
            asked.setdefault(self.identify(want), {})[want.requirement] = None
        for key, pick in mapping.items():
            release = self.release(pick)
            uses = {mapping[self.identify(want)] for want in self.get_dependencies(pick)}
            before = self.lock.find(pick.name, pick.version) or next(
                (each for each in self.lock.packages if each.name == pick.name), None
            )
            chosen.append(
                Locked(
                    pick.name,
                    pick.version,
                    release.source,
                    release.manifest_digest,
                    release.layer_digest,
                    tuple(sorted(asked.get(key, ()), key=str)),
                    tuple(sorted((use.name, use.version) for use in uses)),
                    before.permissions if before else None,
                )
            )
        return Lock(tuple(sorted(chosen, key=lambda each: (each.name, each.version))))

    def impossible(self, wants: Sequence[Want]) -> InputError:
        """Why there is no choice, by who wants what."""
        name = wants[0].name
        versions = sorted(self.versions(name), reverse=True)
        said = list(dict.fromkeys(f"{each.parent} wants {each.requirement}" for each in wants))
        if len(said) > MOST_SHOWN:
            said[MOST_SHOWN:] = [f"and {len(said) - MOST_SHOWN} more"]
        hint = f"change what [dependencies] says of {name}"
        if self.frozen:
            hint = f"{FILE} may lack what wherever.toml asks: run it once without --frozen"
        elif self.silent:
            hint = "run it once without --offline"
        if not versions:
            there = "in wherever.lock" if self.frozen else "among the packages kept here"
            if not self.frozen and not self.silent:
                hint = f'build it, or name its folder: "{name}" = {{ path = "../{name.name}" }}'
            parents = list(dict.fromkeys(each.parent for each in wants))
            if len(parents) > MOST_SHOWN:
                parents[MOST_SHOWN:] = [f"and {len(parents) - MOST_SHOWN} more"]
            need = "needs" if len(parents) == 1 else "need"
            return NotFound(f"{name}, which {', '.join(parents)} {need}, is not {there}", hint)
        shown = ", ".join(map(str, versions[:MOST_SHOWN]))
        more = f" and {len(versions) - MOST_SHOWN} more" if len(versions) > MOST_SHOWN else ""
        return InputError(
            f"no version of {name} fits: {', '.join(said)}; there is {shown}{more}", hint
        )


def _given_up(tries: int) -> InputError:
    return InputError(
        f"no versions that fit together were found in {tries} tries",
        "narrow the requirements in [dependencies]",
    )


def _called(root: Manifest) -> str:
    return str(root.name or "this package")


def _bare(lock: Lock) -> tuple[tuple[object, ...], ...]:
    return tuple(
        (each.name, each.version, each.source, each.manifest_digest, each.dependencies)
        for each in lock.packages
    )


def _first_change(lock: Lock, found: Lock) -> str:
    before, after = set(map(str, lock.packages)), set(map(str, found.packages))
    for word, names in (("lacks", after - before), ("has no use for", before - after)):
        if names:
            return f"it {word} {min(names)}"
    return "sources or dependencies changed"
