"""Who owns a server's addresses: starts the workers, replaces those that die, and reloads.

The listening sockets stay open here while workers come and go, so that a connection that waits
to be taken is never lost. A configuration that cannot be read, or whose apps do not open, leaves
everything as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time

from wherever.edge.host import addresses, listening, worker
from wherever.edge.host.apps import counted
from wherever.edge.host.control import Control
from wherever.edge.host.fleet import Fleet, Secure
from wherever.edge.host.listening import Sockets
from wherever.edge.host.state import LOG, RECORD
from wherever.edge.tls.context import NO_HTTP2, has_http2
from wherever.errors import InputError, WhereverError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.edge.config import ServerConfig
    from wherever.edge.host.addresses import Address
    from wherever.edge.host.state import State
    from wherever.edge.host.versions import Versions
    from wherever.edge.observe.status import Status
    from wherever.edge.tls.certificate import Certificate

INTERRUPTED = 130

MOST_LEAVING = 3
"""Earlier generations that may still be answering when another reload is asked for."""


class Supervisor:
    """One server, from its start to its end.

    Args:
        versions: where what is to be served comes from; asked in a thread, for each reload anew.
        state: the server's folder.
        report: takes lines for the server's log.
        ready: called when the server answers: `name`, `listen`, `apps` and `status`, the address
            of its page.
    """

    def __init__(
        self,
        versions: Versions,
        state: State,
        report: Callable[[str], object],
        ready: Callable[[dict[str, Any]], object] | None = None,
        server: str = worker.SERVER,
        opener: str = worker.OPENER,
    ) -> None:
        self._versions = versions
        self._state = state
        self._report = report
        self._ready = ready
        self._parts = {"folder": state.folder, "server": server, "opener": opener}
        self._sockets = Sockets()
        self._fleet: Fleet | None = None
        self._number = 0
        self._since = time.time()
        self._reloads = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()
        self._page: Status | None = None
        self._on_terminal = os.isatty(0)
        self._quiet: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._now = asyncio.Event()
        self._code = 0

    async def run(self) -> int:
        """Serve until told to stop; the exit code.

        Raises:
            WhereverError: it could not begin.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled, number)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        control = Control(self)
        try:
            beginning = asyncio.create_task(self._begin())
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait((beginning, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not beginning.done():
                beginning.cancel()
                await asyncio.gather(beginning, return_exceptions=True)
                return self._code
            await beginning
            await control.start(self._state.listen())
            await self._show_page()
            self._say_ready()
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), 60)
                self._state.trim()
            await self._end()
        finally:
            await control.close()
            if self._page is not None:
                await self._page.close()
            self._sockets.close()
        return self._code

    # ----- what is asked of it

    async def reload(self) -> dict[str, Any]:
        """Has new workers answer by what is to be served now, and the old ones drain.

        Raises:
            WhereverError: that cannot be served; the old workers go on.
        """
        return await self._replace(self._versions.load)

    async def deploy(self, app: str, what: str) -> dict[str, Any]:
        """The same, with something else as one app."""
        return await self._replace(lambda: self._versions.deploy(app, what))

    async def rollback(self, app: str, digest: str) -> dict[str, Any]:
        """The same, with an earlier version of one app."""
        return await self._replace(lambda: self._versions.rollback(app, digest))

    def stop(self) -> None:
        """Has requests end, and then everything."""
        self._stop.set()

    async def status(self) -> dict[str, Any]:
        """How the server is doing."""
        fleet = self._fleet
        assert fleet is not None
        return {
            **self._told(),
            "pid": os.getpid(),
            "since": self._since,
            "generation": fleet.number,
            "workers": await fleet.ask(),
            "draining": len(self._leaving),
        }

    @property
    def listening(self) -> list[Address]:
        """Where it listens."""
        return self._sockets.addresses

    # ----- how it does it

    async def _replace(self, load: Callable[[], ServerConfig]) -> dict[str, Any]:
        """Has new workers answer, and the old ones drain.

        Raises:
            WhereverError: that cannot be served; the old workers go on.
        """
        async with self._reloads:
            if len(self._leaving) >= MOST_LEAVING:
                raise InputError(
                    f"{MOST_LEAVING} earlier generations are still ending their requests",
                    "wait for them, or set a shorter drain",
                )
            old = self._fleet
            await self._change(load)
            if old is not None:
                seconds = old.config.drain
                task = asyncio.create_task(old.drain(seconds))
                self._leaving.add(task)
                task.add_done_callback(self._leaving.discard)
                # Whoever connects from now on is answered by the new ones.
                await old.deaf()
            self._report(f"reloaded: generation {self._number} answers")
            return {"generation": self._number}

    async def _begin(self) -> None:
        async with self._reloads:
            await self._change(self._versions.load)

    async def _change(self, load: Callable[[], ServerConfig]) -> None:
        config = await asyncio.to_thread(load)
        config.check()
        wanted = listening.wanted(config)
        certificates = await asyncio.to_thread(listening.certificates, config)
        opened = self._sockets.add(wanted, config.public)
        try:
            plain = self._sockets.of(wanted, tls=False)
            secure = Secure(self._sockets.of(wanted, tls=True), certificates)
            fleet = Fleet(self._number + 1, config, plain, self._report, secure, **self._parts)
            await fleet.start()
        except BaseException as error:
            self._sockets.close(opened)
            if isinstance(error, WhereverError):
                error.what = self._versions.named(error.what)
                error.hint = self._versions.named(error.hint)
            raise
        self._number += 1
        self._fleet = fleet
        self._sockets.keep(wanted)
        self._warn(certificates)
        try:
            await asyncio.to_thread(self._versions.activated, config)
        except OSError as error:
            # They answer all the same, and those before them have to leave.
            self._report(f"cannot note which versions are served: {error.strerror or error}")

    async def _show_page(self) -> None:
        """Opens the status page, on this machine alone."""
        assert self._fleet is not None
        wanted = self._fleet.config.status
        if not wanted:
            return
        from wherever.edge.observe.status import Status

        address = addresses.parse(wanted)
        self._page = Status(
            self._state.path(RECORD),
            self._state.path(LOG),
            self._about,
            address.host,
            address.port,
            served=self._served,
        )
        try:
            await self._page.start()
        except InputError:
            await self._fleet.kill()
            raise

    def _about(self) -> dict[str, Any]:
        return {
            "name": self._state.name,
            "addresses": [address.url for address in self.listening],
        }

    def _served(self) -> list[str]:
        assert self._fleet is not None
        return counted(self._fleet.config)

    def _told(self) -> dict[str, Any]:
        assert self._fleet is not None
        return {
            "name": self._state.name,
            "listen": [address.url for address in self.listening],
            "apps": described(self._fleet.config, self.listening),
            "status": self._page.address if self._page is not None else "",
        }

    def _say_ready(self) -> None:
        told = self._told()
        self._state.write(since=self._since, listen=told["listen"], folder=os.getcwd())
        if self._ready is not None:
            self._ready(told)

    async def _end(self) -> None:
        assert self._fleet is not None
        fleet = self._fleet
        draining = asyncio.gather(
            fleet.drain(fleet.config.drain), *self._leaving, return_exceptions=True
        )
        # Whoever comes now is refused, and not left to wait for nobody.
        self._sockets.close()
        now = asyncio.create_task(self._now.wait())
        await asyncio.wait((draining, now), return_when=asyncio.FIRST_COMPLETED)
        if not draining.done():
            await fleet.kill()
        now.cancel()

    def _signalled(self, number: int) -> None:
        if self._stop.is_set():
            self._now.set()
            self._code = INTERRUPTED
            return
        self._report("ending: requests that are being answered may end; once more ends it now")
        self._stop.set()

    def _hang_up(self) -> None:
        """Reloads; or ends, where the terminal that it was started on has gone."""
        if self._on_terminal and not os.isatty(0):
            self._stop.set()
            return
        task = asyncio.create_task(self._reload_quietly())
        self._quiet.add(task)
        task.add_done_callback(self._quiet.discard)

    async def _reload_quietly(self) -> None:
        try:
            await self.reload()
        except WhereverError as error:
            self._report(f"not reloaded, and all goes on as before: {error}")

    def _warn(self, certificates: list[Certificate]) -> None:
        """Says what is, or soon will be, wrong with what the server shows."""
        for certificate in certificates:
            warning = certificate.warning()
            if warning:
                self._report(warning)
        if certificates and not has_http2():
            self._report(f"HTTP/2 is not spoken here: {NO_HTTP2}")


def described(config: ServerConfig, listening: list[Address]) -> list[dict[str, Any]]:
    """Each app, and the addresses at which it answers."""
    base = listening[0].url if listening else ""
    found = []
    for app in config.apps:
        urls = []
        for place in app.places:
            path = place.route.removesuffix("...")
            plain = not base.startswith("unix:") and not place.host
            urls.append(f"{base}{path}" if plain else f"{place.host or base}{path}")
        if app.is_private:
            urls = [f"http://{app.name}.internal/"]
        found.append({"name": app.name, "what": app.what, "urls": urls})
    return found


def serve(supervisor: Callable[[], Supervisor]) -> int:
    """Run a supervisor in this process; its exit code.

    Args:
        supervisor: makes it, inside of the loop.
    """

    async def run() -> int:
        return await supervisor().run()

    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        raise InputError(f"the server ended: {error}") from None
