"""What shows a whole server: its own address, and its metrics on their way to a collector."""

from __future__ import annotations

import os
import socket

from wherever.edge.observe import layout
from wherever.edge.observe.control import Control, address, kept_key
from wherever.edge.observe.reader import Reader
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from wherever.edge.http.server import Server
    from wherever.edge.observe.otel import Metrics


class Status:
    """The status page of a server on an address of its own: one for a server, not for a worker.

    Args:
        record: the file that the workers count in; made where it is missing.
        log: the file that they log to, or empty where there is none.
        about: what the page says of the server: `name`, and `addresses` as a list.
        host, port: where it listens; port 0 is one that is free. Leave it on this machine.
        key: who has it may look; where it is empty, the one that is kept beside the record.
        environ: OpenTelemetry's variables.
        served: the names that requests are counted under now; None where nobody knows them.
    """

    def __init__(
        self,
        record: str,
        log: str,
        about: Callable[[], dict[str, Any]],
        host: str = "127.0.0.1",
        port: int = 0,
        key: str = "",
        environ: Mapping[str, str] = os.environ,
        served: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._record = record
        self._log = log
        self._about = about
        self._place = host, port
        self.key = key
        self._environ = environ
        self._served = served
        self._control: Control | None = None
        self._server: Server | None = None
        self._metrics: Metrics | None = None

    @property
    def address(self) -> str:
        """The page's address, with its key in it; there when it was started."""
        host, port = self._place
        return address(f"[{host}]" if ":" in host else host, port, self.key)

    async def start(self) -> str:
        """Begins to answer; the page's address.

        Raises:
            InputError: its address is taken, the record cannot be used, or one of the variables.
        """
        from wherever.edge.http.server import Server

        os.close(layout.open_file(self._record, create=True))
        if not self.key:
            self.key = kept_key(os.path.join(os.path.dirname(self._record), "key"))
        host, port = self._place
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listening = socket.create_server((host, port), family=family)
        except OSError as error:
            raise InputError(
                f"the status page cannot listen on {host}:{port}: {_why(error)}",
                "choose another port, or 0 for one that is free",
            ) from None
        listening.setblocking(False)
        self._place = host, listening.getsockname()[1]
        try:
            self._metrics = self._report()
            self._control = Control(
                self._record, self._log, self.key, self._about, served=self._served
            )
            self._control.start()
            self._server = Server(self._control)
            await self._server.start([listening])
        except BaseException:
            listening.close()
            await self.close()
            raise
        return self.address

    async def close(self) -> None:
        """Ends what is under way, and reports metrics once more."""
        if self._control is not None:
            await self._control.close()
        if self._server is not None:
            await self._server.close(1)
        if self._metrics is not None:
            self._metrics.close()
        self._control = self._server = self._metrics = None

    def _report(self) -> Metrics | None:
        if not any(name.startswith("OTEL_") for name in self._environ):
            return None
        from wherever.edge.observe.otelsettings import settings

        asked = settings(self._environ)
        if asked is None or asked.metrics is None:
            return None
        from wherever.edge.observe.otel import Metrics

        return Metrics(asked, Reader(self._record))


def _why(error: OSError) -> str:
    # Python adds the address to some of its messages, and has none for others.
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
