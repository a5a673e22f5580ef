"""Tarballs straight from an npm registry, for machines without npm."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import urllib.parse

from wherever.errors import NotFound, RemoteError
from wherever.store import settings
from wherever.store.download import ARCHIVE_LIMIT, Order

ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"


def fetch(order: Order) -> tuple[str, str]:
    """Downloads a package's tarball, checked against the registry's own digest."""
    web = settings.npm_registry(order.package)
    url = f"{web.base}/{urllib.parse.quote(order.package, safe='@')}"
    try:
        _, page = web.page(url, ACCEPT)
        document = json.loads(page)
        version = order.version or document["dist-tags"]["latest"]
        dist = document["versions"].get(version, {}).get("dist")
    except NotFound:
        raise NotFound(f"npm has no {order.package}", "check the package's name") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RemoteError(f"the registry's page for {order.label} is not one of npm's") from None
    if not isinstance(dist, dict) or not isinstance(dist.get("tarball"), str):
        raise NotFound(
            f"npm has no {order.package}@{order.version}", "leave the version out for the newest"
        )
    path = os.path.join(order.folder, "package.tgz")
    web.file(dist["tarball"], path, ARCHIVE_LIMIT, order.arrived)
    _check(path, str(dist.get("integrity") or ""), str(dist.get("shasum") or ""), order.label)
    return path, str(version)


def _check(path: str, integrity: str, shasum: str, label: str) -> None:
    offered = dict(part.split("-", 1) for part in integrity.split() if "-" in part)
    for name in ("sha512", "sha384", "sha256"):
        if name in offered:
            if base64.b64encode(_digest(path, name)).decode() == offered[name].partition("?")[0]:
                return
            raise RemoteError(f"{label} came damaged: its {name} is not the registry's")
    if _digest(path, "sha1").hex() != shasum:
        raise RemoteError(f"{label} came damaged: its digest is not the registry's")


def _digest(path: str, name: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, name).digest()
