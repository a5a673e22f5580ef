"""What an app's guests may reach: by its grants folders and network, and the apps beside it."""

from __future__ import annotations

import os

from wherever.edge.guest import shim
from wherever.net.client import Client
from wherever.net.rules import Rules
from wherever.run import devnull
from wherever.wasi.filesystem.folders import Folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.config import AppSpec
    from wherever.edge.internal import Neighbours
    from wherever.run.job import Job


class Outside:
    """What an app's guests may reach.

    Args:
        spec: the app's settings.
        neighbours: the apps of its server.
        job: what a run of it would be given: arguments, variables and folders.

    Attributes:
        name: the app's.
        neighbours: the same.
        variables, arguments: what the guest finds in its environment, as lines.
        folders: those that it is granted.

    Raises:
        InputError: a folder cannot be opened, or variables are too large.
    """

    def __init__(self, spec: AppSpec, neighbours: Neighbours, job: Job) -> None:
        self.name = spec.name
        self.variables = shim.listed([part for pair in job.env for part in pair])
        self.arguments = shim.listed([os.fsencode(spec.name), *job.args[1:]])
        self.folders = Folders.of(_mounts(job), job.working_folder())
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
        """Ends every call, and lets go of the folders; who has a file open keeps it."""
        self.folders = Folders()
        if self._client is not None:
            self._client.close()


def _mounts(job: Job) -> list[tuple[bytes, bytes, bool]]:
    """The folders of a job, and the /dev that comes with them where they have none."""
    if not job.mounts or any(guest.rstrip(b"/") == devnull.PATH for _, guest, _ in job.mounts):
        return job.mounts
    found = devnull.folder()
    return [*job.mounts, (os.fsencode(found), devnull.PATH, True)] if found else job.mounts
