"""What a caller gives for a component's imports: functions and classes under the names of WIT."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from wherever.component.python.names import camel, short, snake
from wherever.errors import NotRunnable

_MISSING = object()


class Imports:
    """Finds a caller's functions.

    Args:
        guest: what messages call the guest.
        given: by interface: a mapping, a module or an object with the functions; or, where the
            guest imports from one interface only, one of these itself.
        alone: whether it imports from one interface only.
        hosts: functions by interface and name.
    """

    def __init__(
        self, guest: str, given: Any, alone: bool, hosts: Mapping[tuple[str, str], Any]
    ) -> None:
        self._guest = guest
        self._given = given
        self._alone = alone
        self._hosts = hosts

    def function(self, interface: str, name: str, is_resource: bool = False) -> Any:
        """What is called for a function, or what makes a resource.

        Raises:
            NotRunnable: nothing was given for it.
        """
        bare = interface.partition("@")[0]
        for key in ((interface, name), (bare, name), (short(interface), name)):
            if key in self._hosts:
                return self._hosts[key]
        found = _named(self._home(interface), name)
        if found is _MISSING:
            where = f"{interface}." if interface else ""
            own = camel(name) if is_resource else snake(name)
            given = f'"{own}": ...'
            if interface and not self._alone:
                given = f'"{snake(short(interface))}": {{{given}}}'
            raise NotRunnable(
                f"{self._guest} imports {where}{name}, which it was not given",
                f"give it with imports={{{given}}}{', a class' if is_resource else ''}",
            )
        return found

    def of_resource(self, interface: str, name: str) -> Any:
        """The class for a resource.

        Raises:
            NotRunnable: nothing was given for it.
        """
        home = self._home(interface)
        for own in (name, camel(name)):
            found = home.get(own, _MISSING) if isinstance(home, Mapping) else _MISSING
            found = _attribute(home, own) if found is _MISSING else found
            if found is not _MISSING:
                return found
        return self.function(interface, name, is_resource=True)

    def _home(self, interface: str) -> Any:
        given = self._given
        if not interface:
            return given
        if isinstance(given, Mapping):
            for key in (interface, interface.partition("@")[0], short(interface)):
                if key in given:
                    return given[key]
        else:
            found = _attribute(given, snake(short(interface)))
            # A module of one interface may have a function of the interface's name.
            if found is not _MISSING and not (self._alone and callable(found)):
                return found
        return given if self._alone else None


def _named(home: Any, name: str) -> Any:
    for own in (name, snake(name)):
        if isinstance(home, Mapping):
            if own in home:
                return home[own]
        elif home is not None and (found := _attribute(home, own)) is not _MISSING:
            return found
    return _MISSING


def _attribute(home: Any, name: str) -> Any:
    # A library that is given to another has more attributes than members.
    is_library = isinstance(home, ModuleType) and type(home) is not ModuleType
    if is_library and name not in getattr(home, "__all__", (name,)):
        return _MISSING
    return getattr(home, name, _MISSING)
