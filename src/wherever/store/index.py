"""Wheels and sdists straight from pip's index, for where pip is missing or would build."""

from __future__ import annotations

import hashlib
import html.parser
import json
import os
import re
import urllib.parse

from wherever.errors import NotFound, RemoteError
from wherever.store import settings
from wherever.store.download import ARCHIVE_LIMIT, Order, printable

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html; q=0.2"


def fetch(order: Order, *, sdist: bool = False) -> tuple[str, str]:
    """Downloads the newest or the named version; its path and its version.

    Args:
        sdist: look at sdists only; else wheels go first.
    """
    web = settings.pip_index()
    url = f"{web.base}/{order.package}/"
    try:
        kind, page = web.page(url, ACCEPT)
    except NotFound:
        raise NotFound(f"the index has no {order.package}", "check the package's name") from None
    files = _from_json(page) if kind.endswith("json") else _from_html(page, url)
    found = choose(files, order.version, sdist)
    if not found:
        versions = sorted({v for v, _, _, _ in map(_sorted, files)}, key=_rank)[-5:]
        there = f"; it has {', '.join(printable(v, 40) for v in versions)}" if versions else ""
        raise NotFound(
            f"the index has no file of {order.label} that can be read without building it",
            f"choose another version{there}",
        )
    version, name, link, sha256 = found
    if not sha256:
        raise RemoteError(f"the index gives no sha256 for {printable(name)}")
    path = os.path.join(order.folder, "wheel.whl" if name.endswith(".whl") else "sdist.tar.gz")
    web.file(urllib.parse.urljoin(url, link), path, ARCHIVE_LIMIT, order.arrived)
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise RemoteError(f"{printable(name)} came damaged: its sha256 is not the index's")
    return path, version


File = tuple[str, str, str]
Candidate = tuple[str, str, str, str]


def choose(files: list[File], version: str, sdist: bool) -> Candidate | None:
    """The best of (name, link, sha256): its version, name, link and digest.

    Only wheels for any machine count: a wasm file fits them all.
    """
    candidates = [each for each in map(_sorted, files) if each[0]]
    if version:
        candidates = [each for each in candidates if _rank(each[0]) == _rank(version)]
    wheels = [each for each in candidates if each[1].endswith("-any.whl")]
    sdists = [each for each in candidates if each[1].endswith(".tar.gz")]
    for group in (sdists,) if sdist else (wheels, sdists):
        released = [each for each in group if version or re.fullmatch(r"[0-9.]+", each[0])]
        if found := released or group:
            return max(found, key=lambda each: _rank(each[0]))
    return None


def _sorted(file: File) -> Candidate:
    name = file[0]
    if name.endswith(".whl"):
        version = name.split("-")[1] if name.count("-") >= 4 else ""
    elif name.endswith(".tar.gz"):
        version = name.removesuffix(".tar.gz").rpartition("-")[2]
    else:
        version = ""
    return (version, *file)


def _rank(version: str) -> tuple[tuple[int, int | str], ...]:
    """Orders versions well enough to find one's equal and the newest of the plain ones."""
    parts = re.findall(r"[0-9]+|[a-z]+", version.lower())
    while parts and parts[-1] == "0":
        parts.pop()
    return tuple((1, int(part[:18])) if part.isdigit() else (0, part) for part in parts)


def _from_json(page: bytes) -> list[File]:
    try:
        return [
            (str(file["filename"]), str(file["url"]), str(file["hashes"].get("sha256", "")))
            for file in json.loads(page)["files"]
            if not file.get("yanked")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RemoteError("the index's page is not one of pip's") from None


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.files: list[File] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        link = given.get("href")
        if tag == "a" and link and "data-yanked" not in given:
            link, _, fragment = link.partition("#")
            name = urllib.parse.unquote(link.rpartition("/")[2])
            digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
            self.files.append((name, link, digest))


def _from_html(page: bytes, url: str) -> list[File]:
    links = _Links()
    links.feed(page.decode("utf-8", "replace"))
    return links.files
