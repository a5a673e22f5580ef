"""What an app's guests may reach: by its grants the network, and the apps beside it."""

from __future__ import annotations

from wherever.net.client import Client
from wherever.net.rules import Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.config import AppSpec
    from wherever.edge.internal import Neighbours


class Outside:
    """What an app's guests may reach.

    Args:
        spec: the app's settings.
        neighbours: the apps of its server.

    Attributes:
        name: the app's.
        neighbours: the same.
    """

    def __init__(self, spec: AppSpec, neighbours: Neighbours) -> None:
        self.name = spec.name
        self.neighbours = neighbours
        self._rules = Rules.of(spec.network)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The way to the network; made when it is first asked for."""
        if self._client is None:
            self._client = Client(self._rules)
        return self._client

    def close(self) -> None:
        """Ends every call."""
        if self._client is not None:
            self._client.close()
