"""Parts by group and name: our own from a static table, strangers' by entry point.

A group is a seam, such as `wherever.executor`; a name is one part that fits it. Our own parts
are declared in pyproject.toml through the same entry points as anybody's, and once more in
`BUILT_IN`, so that a start reads no package metadata. A stranger is looked for only when the
name is not ours, and never takes the place of a part of ours.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

BUILT_IN: dict[str, dict[str, str]] = {
    "wherever.binding": {
        "c": "wherever.bind.c:generate",
        "cpp": "wherever.bind.cpp:generate",
        "go": "wherever.bind.go:generate",
        "java": "wherever.bind.java:generate",
        "python": "wherever.bind.python:generate",
        "rust": "wherever.bind.rust:generate",
        "typescript": "wherever.bind.typescript:generate",
    },
    "wherever.toolchain": {
        "assemblyscript": "wherever.build.assemblyscript:TOOLCHAIN",
        "c": "wherever.build.zig.c:TOOLCHAIN",
        "go": "wherever.build.go:TOOLCHAIN",
        "javascript": "wherever.build.javascript.toolchain:JAVASCRIPT",
        "python": "wherever.build.python:TOOLCHAIN",
        "rust": "wherever.build.rust:TOOLCHAIN",
        "script": "wherever.build.script:TOOLCHAIN",
        "typescript": "wherever.build.javascript.toolchain:TYPESCRIPT",
        "wat": "wherever.build.wat:TOOLCHAIN",
        "zig": "wherever.build.zig.ziglang:TOOLCHAIN",
    },
}
"""Group, then name, then where the part is: `module:attribute`."""


def part(group: str, name: str) -> object:
    """Find the part of that name, loading only the module it lives in.

    Raises:
        NotFound: no installed package offers it.
        InputError: two packages offer it, or the one that does cannot be imported.
    """
    where = BUILT_IN.get(group, {}).get(name)
    if where is not None:
        return _load(where)
    from wherever.errors import InputError, NotFound

    offers = [offer for offer in _strangers(group) if offer.name == name]
    if not offers:
        raise NotFound(
            f"no part named {name!r} in {group}", f"there is: {', '.join(names(group)) or 'none'}"
        )
    if len(offers) > 1:
        owners = " and ".join(sorted(_owner(offer) for offer in offers))
        raise InputError(
            f"{name!r} in {group} is offered by two packages, {owners}", "uninstall one of them"
        )
    try:
        return _load(offers[0].value)
    except Exception as error:
        raise InputError(
            f"{name!r} in {group}, from the package {_owner(offers[0])}, cannot be loaded:"
            f" {type(error).__name__}: {error}",
            "update or uninstall that package",
        ) from error


def names(group: str) -> list[str]:
    """List the names a group has, ours first, without loading any."""
    own = list(BUILT_IN.get(group, {}))
    return own + sorted({offer.name for offer in _strangers(group)}.difference(own))


def _load(where: str) -> object:
    from importlib import import_module

    module, _, attribute = where.partition(":")
    found: object = import_module(module)
    for step in attribute.split(".") if attribute else ():
        found = getattr(found, step)
    return found


def _strangers(group: str) -> list[EntryPoint]:
    import site
    import sys
    from importlib.metadata import entry_points

    if sys.flags.no_site:  # how the command starts; a stranger may be behind a .pth file
        site.main()
    return [offer for offer in entry_points(group=group) if _owner(offer) != "wherever"]


def _owner(offer: EntryPoint) -> str:
    return offer.dist.name if offer.dist is not None else "unknown"
