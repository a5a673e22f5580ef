"""What packages are called: names, versions, and requirements that versions meet.

Versions follow Semantic Versioning 2 without build metadata, which a registry's tags cannot
hold. Requirements follow Cargo's rules, those about prereleases included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, total_ordering

from wherever.errors import InputError

LONGEST_LABEL = 64
"""Characters of a namespace, and of the name in it."""

LONGEST_VERSION = 128
"""Characters of a version: as many as a registry's tag may have."""

MOST_COMPARATORS = 32
"""Parts of one requirement."""

_LABEL = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")
_IDENTIFIER = re.compile(r"0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_OPERATOR = re.compile(r"(>=|<=|[=><~^]?)\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """The name of a package: `namespace:name`.

    Each side is made of lower-case words joined by hyphens, and each word starts with a letter,
    so that a name fits into registries, interfaces and file names alike.

    Example:
        >>> Name.parse("acme:image-tool").name
        'image-tool'
    """

    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Name:
        """The name that the text is.

        Raises:
            InputError: it is not one.
        """
        namespace, colon, name = text.partition(":")
        if colon and _is_label(namespace) and _is_label(name):
            return cls(namespace, name)
        raise InputError(f"{_shown(text)} is not a package's name", _name_hint(text))

    def __str__(self) -> str:
        return f"{self.namespace}:{self.name}"


@total_ordering
@dataclass(frozen=True)
class Version:
    """A version: three numbers, and for a prerelease what follows a hyphen.

    Example:
        >>> Version.parse("1.2.0-rc.1") < Version.parse("1.2.0") < Version.parse("1.10.0")
        True
    """

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version:
        """The version that the text is.

        Raises:
            InputError: it is not one.
        """
        core, hyphen, rest = text.partition("-")
        numbers = core.split(".")
        identifiers = tuple(rest.split(".")) if hyphen else ()
        if (
            len(text) > LONGEST_VERSION
            or len(numbers) != 3
            or not all(map(_NUMBER.fullmatch, numbers))
            or not all(map(_IDENTIFIER.fullmatch, identifiers))
        ):
            raise InputError(f"{_shown(text)} is not a version", _version_hint(text))
        return cls(int(numbers[0]), int(numbers[1]), int(numbers[2]), identifiers)

    @property
    def range(self) -> str:
        """What versions share that may stand for each other: `1`, `0.3` or `0.0.7`."""
        if self.major:
            return f"{self.major}"
        return f"0.{self.minor}" if self.minor else f"0.0.{self.patch}"

    @cached_property
    def _key(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        # A number comes before a word, fewer identifiers before more, a release after all.
        return (
            (self.major, self.minor, self.patch),
            not self.prerelease,
            tuple(
                (False, int(part), "") if part.isdigit() else (True, 0, part)
                for part in self.prerelease
            ),
        )

    def __lt__(self, other: object) -> bool:
        return self._key < other._key if isinstance(other, Version) else NotImplemented

    def __str__(self) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        return f"{core}-{'.'.join(self.prerelease)}" if self.prerelease else core


@dataclass(frozen=True, slots=True)
class Comparator:
    """One part of a requirement; numbers that were left open are None.

    Attributes:
        operator: one of `^ ~ = > >= < <=`.
    """

    operator: str
    major: int
    minor: int | None = None
    patch: int | None = None
    prerelease: tuple[str, ...] = ()

    def lets(self, version: Version) -> bool:
        """Whether the version lies where this points, prereleases by order alone."""
        floor = Version(self.major, self.minor or 0, self.patch or 0, self.prerelease)
        if self.operator == "^" or (self.operator == "~" and self.patch is not None):
            lowest = Version(self.major, self.minor or 0, self.patch or 0, ("0",))
            return (lowest if self.patch is None else floor) <= version < self._ceiling
        mine = (self.major, self.minor, self.patch)
        theirs = (version.major, version.minor, version.patch)
        # Where numbers were left open, what only differs in those is neither more nor less.
        meant = all(a in (None, b) for a, b in zip(mine, theirs, strict=True))
        if (
            meant
            and self.operator in ("=", "~", ">=", "<=")
            and version.prerelease == self.prerelease
        ):
            return True
        apart = self.patch is not None or not meant
        return apart and (
            (self.operator in (">", ">=") and version > floor)
            or (self.operator in ("<", "<=") and version < floor)
        )

    @property
    def _ceiling(self) -> Version:
        """The first version that is too new for `^` and `~`."""
        if self.minor is None or (self.operator == "^" and self.major):
            return Version(self.major + 1, 0, 0, ("0",))
        if self.patch is None or self.operator == "~" or self.minor:
            return Version(self.major, self.minor + 1, 0, ("0",))
        return Version(self.major, self.minor, self.patch + 1, ("0",))

    def names_prerelease_of(self, version: Version) -> bool:
        """Whether it names a prerelease of the same three numbers."""
        mine = (self.major, self.minor, self.patch)
        return bool(self.prerelease) and mine == (version.major, version.minor, version.patch)

    def __str__(self) -> str:
        numbers = [str(n) for n in (self.major, self.minor, self.patch) if n is not None]
        tail = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        return self.operator + ".".join(numbers) + tail


@dataclass(frozen=True, slots=True)
class Requirement:
    """The versions that would do: `^1.2`, `~1.2.3`, `=1.0.0`, `>=1, <3`, `1.*` or `*`.

    A bare `1.2` means `^1.2`: anything that may stand for 1.2. A prerelease does only where the
    requirement names a prerelease of the same three numbers.

    Example:
        >>> Requirement.parse("^1.2").allows(Version.parse("1.9.1"))
        True
        >>> Requirement.parse("^1.2").allows(Version.parse("1.9.1-rc.1"))
        False
    """

    comparators: tuple[Comparator, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """The requirement that the text is.

        Raises:
            InputError: it is not one.
        """
        if text.strip() in ("*", "x", "X"):
            return cls()
        parts = text.split(",") if len(text) <= LONGEST_VERSION * MOST_COMPARATORS else []
        found = [_comparator(part.strip()) for part in parts]
        comparators = tuple(comparator for comparator in found if comparator is not None)
        if not 0 < len(parts) == len(comparators) <= MOST_COMPARATORS:
            raise InputError(
                f"{_shown(text)} is not a requirement on versions",
                "write it like ^1.2, ~1.2.3, =1.0.0, >=1, <3 or *",
            )
        return cls(comparators)

    def allows(self, version: Version) -> bool:
        """Whether the version would do."""
        return all(each.lets(version) for each in self.comparators) and (
            not version.prerelease
            or any(each.names_prerelease_of(version) for each in self.comparators)
        )

    def __str__(self) -> str:
        return ", ".join(map(str, self.comparators)) or "*"


def _comparator(text: str) -> Comparator | None:
    match = _OPERATOR.fullmatch(text)
    if match is None or len(text) > LONGEST_VERSION:
        return None
    operator, rest = match[1], match[2]
    core, hyphen, tail = rest.partition("-")
    identifiers = tuple(tail.split(".")) if hyphen else ()
    parts = core.split(".")
    numbers = [part for part in parts if part not in ("*", "x", "X")]
    wild = len(numbers) < len(parts)
    if (
        not 1 <= len(numbers) <= len(parts) <= 3
        or parts[: len(numbers)] != numbers
        or not all(map(_NUMBER.fullmatch, numbers))
        or not all(map(_IDENTIFIER.fullmatch, identifiers))
        or (identifiers and len(numbers) < 3)
    ):
        return None
    major, minor, patch = [int(number) for number in numbers] + [None] * (3 - len(numbers))
    # `1.*` leaves a number open as `=1` does, whereas `1` is `^1`.
    operator = operator or ("=" if wild else "^")
    return Comparator(operator, major or 0, minor, patch, identifiers)


def _is_label(text: str) -> bool:
    return len(text) <= LONGEST_LABEL and _LABEL.fullmatch(text) is not None


def _name_hint(text: str) -> str:
    near = re.sub(r"[^a-z0-9:]+", "-", text[: 2 * LONGEST_LABEL].lower().replace("/", ":", 1))
    near = ":".join(re.sub(r"^[-0-9]+|-+(?=[0-9]|$)", "", side) for side in near.split(":", 1))
    namespace, _, name = near.partition(":")
    if _is_label(namespace) and _is_label(name):
        return f"write {near}"
    if _is_label(near):
        return f"put a namespace before it, such as me:{near}"
    return "write NAMESPACE:NAME in lower-case words joined by hyphens, such as me:image-tool"


def _version_hint(text: str) -> str:
    near = text.removeprefix("v").partition("+")[0]
    core, hyphen, rest = near.partition("-")
    numbers = core.split(".")
    if len(near) <= LONGEST_VERSION and len(numbers) <= 3 and all(map(_NUMBER.fullmatch, numbers)):
        padded = ".".join([*numbers, "0", "0"][:3]) + hyphen + rest
        if padded != text and all(map(_IDENTIFIER.fullmatch, rest.split(".") if hyphen else ())):
            return f"write {padded}"
    return "write three numbers, such as 1.2.0, or 1.2.0-rc.1 for a prerelease"


def _shown(text: str) -> str:
    """The text for a message: quoted, without what a terminal would obey, and not too long."""
    return ascii(text) if len(text) <= 80 else f"{text[:77]!a}..."
