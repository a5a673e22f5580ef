"""An app of ours as an ASGI 3 application, to mount in anyone's server.

It promises what our own server does: short bodies are there when the app is called, long ones are
read as they come, an app learns when its client has gone, and no header of an answer can be more
than a header. What only a server can keep, such as the time that a client takes, is that server's.
"""

from __future__ import annotations

import asyncio

from wherever.edge.asgi_exchange import AsgiExchange, complain
from wherever.edge.http.ids import Ids
from wherever.edge.http.limits import Limits
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.asgi_exchange import Message, Receive, Send
    from wherever.edge.exchange import App


class Asgi:
    """An application that answers with an app.

    Where it is mounted under a path, the app sees what comes after that, and is told of it in
    `x-forwarded-prefix`.

    Args:
        app: what answers; how large a body it takes is said as for our own server.
        limits: of these, the sizes of bodies hold here.

    Example:
        >>> application = Asgi(StaticFiles("public"))  # doctest: +SKIP
    """

    def __init__(self, app: App, limits: Limits | None = None) -> None:
        self._app = app
        self._limits = limits or Limits()
        self._most: object = getattr(app, "max_body", self._limits.body_bytes)
        self._ids = Ids()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._answer(AsgiExchange(scope, self._ids.next()), receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        else:
            raise InternalError(f"ASGI connections of type {scope['type']!r} are not served")

    async def _answer(self, exchange: AsgiExchange, receive: Receive, send: Send) -> None:
        pump = asyncio.ensure_future(self._pump(exchange, receive))
        try:
            await exchange.deliver(send)
        finally:
            pump.cancel()
            exchange.lose()

    async def _pump(self, exchange: AsgiExchange, receive: Receive) -> None:
        try:
            await self._take(exchange, receive)
        except Exception as error:
            complain(error)
            exchange.lose()

    async def _take(self, exchange: AsgiExchange, receive: Receive) -> None:
        """Gathers the body, calls the app, reads on where it reads, sees the client go."""
        try:
            most = self._most(exchange) if callable(self._most) else self._most
            assert most is None or isinstance(most, int)
        except Exception as error:
            self._complain(exchange, error)
            return
        length = dict(exchange.headers).get(b"content-length", b"")
        announced = int(length) if length.isdigit() and len(length) < 19 else 0
        if most is not None and announced > most:
            exchange.refuse(413, "the body is too long")
            return
        held = self._limits.held_bytes
        pieces: list[bytes] = []
        came = 0
        is_called = announced > held
        if is_called:
            self._stream(exchange, pieces, 0)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                exchange.lose()
                return
            piece = message.get("body", b"")
            more = message.get("more_body", False)
            came += len(piece)
            if most is not None and came > most:
                exchange.refuse(413, "the body is too long")
                return
            if is_called:
                await exchange.put(piece, more, held)
            else:
                pieces.append(piece)
                if not more and came <= held:
                    exchange.body = b"".join(pieces)
                    self._serve(exchange)
                elif came > held:
                    self._stream(exchange, pieces, came, more)
                    is_called = True
                    await exchange.put(b"", more, held)
            if not more:
                break
        while (await receive())["type"] != "http.disconnect":
            pass
        exchange.lose()

    def _stream(
        self, exchange: AsgiExchange, pieces: list[bytes], came: int, more: bool = True
    ) -> None:
        exchange.begin_stream()
        if pieces:
            exchange.inflow.put(pieces, came, not more)
        self._serve(exchange)

    def _serve(self, exchange: AsgiExchange) -> None:
        try:
            self._app.serve(exchange)
        except Exception as error:
            self._complain(exchange, error)

    def _complain(self, exchange: AsgiExchange, error: Exception) -> None:
        complain(error)
        exchange.fail()


async def _live(receive: Receive, send: Send) -> None:
    """There is nothing to start and nothing to end, and the server is told so."""
    while True:
        message = await receive()
        kind = message["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
