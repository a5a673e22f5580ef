"""The versions of a server's apps: each is copied when it is first served, and named by its digest.

So a worker that is replaced opens what the others serve, whatever was built meanwhile, and an
earlier version can come back.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from wherever.edge import serverfile
from wherever.edge.config import AppSpec, ServerConfig
from wherever.errors import InputError, NotFound
from wherever.home import cannot_keep, with_made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from wherever.package.layout import Opened

ROOM, HISTORY = "kept", "versions.json"

MOST = 10
"""Versions of one app that are kept."""

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an app.

    Attributes:
        digest: what names it; its beginning is enough for people.
        what: what was named when it was served first.
        path: of the copy.
        time: when it was served first.
    """

    digest: str
    what: str
    path: str
    time: float

    @property
    def short(self) -> str:
        """The digest as people write it."""
        return self.digest[:_SHOWN]


class Versions:
    """Where a server's settings come from, with each app as a copy that nobody changes.

    Args:
        folder: of the server.
        read: reads the settings anew.
    """

    def __init__(self, folder: str, read: Callable[[], ServerConfig]) -> None:
        self._folder = folder
        self._read = read
        self._active: ServerConfig | None = None
        self._pinned: dict[str, Version] = {}
        # The apps as the settings have them, with nothing of their packages: as they were read
        # last, and as they were when what is served now was read.
        self._read_last: dict[str, AppSpec] = {}
        self._own: dict[str, AppSpec] = {}

    def load(self) -> ServerConfig:
        """What is to be served now.

        Raises:
            WhereverError: it cannot be.
        """
        config = self._read()
        self._pinned = {}
        self._read_last = {app.name: app for app in config.apps}
        return replace(config, apps=tuple(self._pin(app) for app in config.apps))

    def deploy(self, name: str, what: str) -> ServerConfig:
        """What is served, with something else as one app, until the next reload.

        Raises:
            WhereverError: there is no such app, or it cannot be served.
        """
        return self._with(replace(self._app(name), what=what))

    def rollback(self, name: str, digest: str = "") -> ServerConfig:
        """What is served, with an earlier version of one app, until the next reload.

        Args:
            digest: the beginning of the version's; empty for the one before.

        Raises:
            NotFound: there is no such app or version.
        """
        app = self._app(name)
        history = history_of(self._folder).get(name, [])
        served = self._served()[name]
        now = next((n for n, each in enumerate(history) if each.path == served), len(history))
        found = [each for each in history if each.digest.startswith(digest)] if digest else []
        if not digest and now > 0:
            found = [history[now - 1]]
        if len(found) != 1:
            which = f"no version {digest}" if digest else "no version before this one"
            raise NotFound(f"{name} has {which}", "see: wherever versions")
        self._pinned[name] = found[0]
        app = replace(app, what=found[0].path)
        opened = _package(app.what) if os.path.isdir(app.what) else None
        return self._replaced(app if opened is None else _settled(app, opened))

    def named(self, text: str) -> str:
        """The text with what was named in place of the path of its copy."""
        for version in self._pinned.values():
            text = text.replace(version.path, version.what)
        return text

    def activated(self, config: ServerConfig) -> None:
        """Notes what is served from now on, and forgets what is too old."""
        self._active = config
        self._own = self._read_last
        history = history_of(self._folder)
        served = self._served()
        for name, version in self._pinned.items():
            if version.path != served.get(name):
                continue  # its workers did not begin
            known = history.setdefault(name, [])
            if all(each.digest != version.digest for each in known):
                known.append(version)
            del known[:-MOST]
        for name in set(history) - {app.name for app in config.apps}:
            del history[name]
        self._write(history)
        self._sweep(history)

    def _app(self, name: str) -> AppSpec:
        """An app as the settings have it."""
        self._read_last = self._own  # what was read since was not served
        if name in self._own:
            return self._own[name]
        there = ", ".join(self._own)
        raise NotFound(f"this server has no app called {name}", f"the apps are: {there}")

    def _served(self) -> dict[str, str]:
        """What each app is that is served."""
        return {app.name: app.what for app in self._active.apps} if self._active else {}

    def _with(self, app: AppSpec) -> ServerConfig:
        return self._replaced(self._pin(app))

    def _replaced(self, app: AppSpec) -> ServerConfig:
        assert self._active is not None
        apps = tuple(app if each.name == app.name else each for each in self._active.apps)
        return replace(self._active, apps=apps)

    # ----- copies

    def _pin(self, app: AppSpec) -> AppSpec:
        """The app with a copy in place of what it names, and with what its package says."""
        try:
            if os.path.isfile(app.what):
                version = self._copy_file(app.what)
            else:
                opened = _package(app.what)
                if opened is None:
                    return app
                version = self._copy_package(app.what, opened)
                app = _settled(app, opened)
        except OSError as error:
            raise cannot_keep(error) from None
        except InputError as error:
            if not error.what.startswith(app.what):
                error.what = f"{app.name}: {error.what}"
            raise
        self._pinned[app.name] = version
        return replace(app, what=version.path)

    def _copy_file(self, what: str) -> Version:
        base = os.path.basename(what)
        with self._fresh() as fresh:
            digest = hashlib.sha256(base.encode())
            with open(what, "rb") as file, open(os.path.join(fresh, base), "wb") as copy:
                while piece := file.read(1 << 20):
                    digest.update(piece)
                    copy.write(piece)
            place = self._put(fresh, digest.hexdigest())
        return Version(digest.hexdigest(), what, os.path.join(place, base), time.time())

    def _copy_package(self, what: str, opened: Opened) -> Version:
        from wherever.package import layout

        digest = opened.digest.partition(":")[2]
        place = os.path.join(self._folder, ROOM, digest)
        if not os.path.isdir(place):
            with self._fresh() as fresh:
                layout.write(fresh, opened, alone=True)
                self._put(fresh, digest)
        return Version(digest, what, place, time.time())

    def _put(self, fresh: str, digest: str) -> str:
        place = os.path.join(self._folder, ROOM, digest)
        if not os.path.isdir(place):
            os.rename(fresh, place)
        return place

    @contextlib.contextmanager
    def _fresh(self) -> Iterator[str]:
        """An empty folder, which is taken away where it was not put in its place."""
        fresh = os.path.join(self._folder, ROOM, ".fresh")
        shutil.rmtree(fresh, ignore_errors=True)
        with_made(os.path.join(self._folder, ROOM))
        os.mkdir(fresh, 0o700)
        try:
            yield fresh
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _sweep(self, history: dict[str, list[Version]]) -> None:
        room = os.path.join(self._folder, ROOM)
        needed = {each.digest for versions in history.values() for each in versions}
        for name in os.listdir(room) if os.path.isdir(room) else ():
            if name not in needed:
                shutil.rmtree(os.path.join(room, name), ignore_errors=True)

    def _write(self, history: dict[str, list[Version]]) -> None:
        path = os.path.join(self._folder, HISTORY)
        told = {
            name: [[each.digest, each.what, each.path, each.time] for each in versions]
            for name, versions in history.items()
        }
        with open(f"{path}.new", "w") as file:
            json.dump(told, file)
        os.replace(f"{path}.new", path)


def history_of(folder: str) -> dict[str, list[Version]]:
    """The versions of each app of a server, the oldest first."""
    try:
        with open(os.path.join(folder, HISTORY)) as file:
            told: dict[str, list[Any]] = json.load(file)
        found = {name: [Version(*each) for each in versions] for name, versions in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    # A copy that somebody removed cannot come back.
    return {
        name: [each for each in versions if os.path.exists(each.path)]
        for name, versions in found.items()
    }


def _settled(app: AppSpec, opened: Opened) -> AppSpec:
    """The app with what its package says of serving, where the settings say nothing."""
    where = str(opened.manifest.name or app.what)
    said = serverfile.serve_table(opened.manifest.serve, f"the manifest of {where}")
    return replace(app, serving=app.serving.over(said))


def _package(what: str) -> Opened | None:
    """The package that is named, or None for a program that is kept elsewhere, by its digest."""
    from wherever.run import packaged, resolve

    if os.path.isdir(what):
        return packaged.from_folder(what).package
    return resolve.resolve(what).package
