"""What a guest may reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from wherever.policy.folder import parse_folder


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder of the host that a guest sees at a path of its own.

    Example:
        >>> Mount.parse("photos:/in:ro")
        Mount(host='photos', guest='/in', read_only=True)
    """

    host: str
    guest: str
    read_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Mount:
        """A mount from `HOST`, `HOST:GUEST`, `HOST:GUEST:ro` or `HOST::ro`.

        A folder without a guest path is seen under the path it was given with.

        Raises:
            InputError: the text is not a mount.
        """
        return cls(*parse_folder(text))


@dataclass(frozen=True, slots=True)
class Grants:
    """What a guest may reach. The empty value grants nothing.

    Attributes:
        files: folders of the host, each at a path of the guest.
        env: environment variables.
        network: hosts that it may ask by HTTP, each as `HOST` or `HOST:PORT`.

    Example:
        >>> Grants().with_files(Mount("photos", "/in", read_only=True)).files[0].guest
        '/in'
    """

    files: tuple[Mount, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    network: tuple[str, ...] = ()

    def with_files(self, *mounts: Mount) -> Grants:
        """The same grants and these folders."""
        return replace(self, files=self.files + mounts)

    def with_env(self, **variables: str) -> Grants:
        """The same grants and these environment variables."""
        return replace(self, env=MappingProxyType({**self.env, **variables}))

    def with_network(self, *hosts: str) -> Grants:
        """The same grants and these hosts."""
        return replace(self, network=self.network + hosts)
