"""What a toolchain says of the tools that it works with."""

from __future__ import annotations

from wherever.build import tools
from wherever.build.pins import PINS
from wherever.build.toolchain import Need
from wherever.errors import InputError


def need(name: str) -> Need:
    """A pinned tool: kept, to be fetched, or not to be had on this platform."""
    pin = PINS[name]
    try:
        kept = tools.kept(name)
    except InputError as error:
        return Need(name, pin.version, "missing", hint=error.hint)
    if kept is not None:
        return Need(name, pin.version, "kept")
    return Need(name, pin.version, "fetch", pin.download)
