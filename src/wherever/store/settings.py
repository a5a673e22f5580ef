"""Where the user's pip and npm get packages from, read as they read it."""

from __future__ import annotations

import configparser
import os
import re
import sys
import urllib.parse

from wherever.store.web import Web

PYPI = "https://pypi.org/simple"
NPM = "https://registry.npmjs.org"


def pip_index() -> Web:
    """The index that pip would ask: its environment, then its files, then PyPI."""
    found: dict[str, str] = {}
    for path in _pip_files():
        config = configparser.RawConfigParser()
        try:
            config.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeError, OSError):
            continue
        for section in ("global", "download"):
            if config.has_section(section):
                found.update((k.replace("_", "-"), v.strip()) for k, v in config.items(section))
    for key in ("index-url", "cert"):
        value = os.environ.get("PIP_" + key.upper().replace("-", "_"))
        if value:
            found[key] = value
    certificates = found.get("cert") or os.environ.get("REQUESTS_CA_BUNDLE", "")
    return Web(found.get("index-url") or PYPI, certificates=certificates)


def _pip_files() -> list[str]:
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = os.path.expanduser("~")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    if sys.platform == "darwin":
        config = os.path.join(home, "Library", "Application Support")
    files = ["/etc/pip.conf", "/etc/xdg/pip/pip.conf", os.path.join(home, ".pip", "pip.conf")]
    files += [os.path.join(config, "pip", "pip.conf"), os.path.join(sys.prefix, "pip.conf")]
    return [*files, named] if named else files


def npm_registry(package: str) -> Web:
    """The registry that npm would ask for a package: environment, ~/.npmrc, then npm's own."""
    found = _npm_settings()
    scope = package.partition("/")[0] if package.startswith("@") else ""
    base = (found.get(f"{scope}:registry") if scope else "") or found.get("registry") or NPM
    parts = urllib.parse.urlsplit(base)
    authorization = ""
    path = parts.path.rstrip("/")
    # npm writes credentials under the registry's address, or under a part of it.
    while True:
        key = f"//{parts.netloc}{path}/"
        if token := found.get(f"{key}:_authToken"):
            authorization = f"Bearer {token}"
        elif basic := found.get(f"{key}:_auth"):
            authorization = f"Basic {basic}"
        if authorization or not path:
            break
        path = path.rpartition("/")[0]
    more = os.environ.get("NODE_EXTRA_CA_CERTS", "")
    return Web(base, authorization, found.get("cafile", ""), more)


def _npm_settings() -> dict[str, str]:
    lowered = {k.lower(): v for k, v in os.environ.items()}
    found: dict[str, str] = {}
    user = lowered.get("npm_config_userconfig") or os.path.expanduser("~/.npmrc")
    for path in ("/etc/npmrc", user):
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read(1 << 20).splitlines()
        except (OSError, UnicodeError):
            continue
        for line in lines:
            key, equals, value = line.partition("=")
            if equals and not key.lstrip().startswith(("#", ";")):
                found[key.strip()] = _filled(value.strip().strip('"'))
    for key in ("registry", "cafile"):
        if given := lowered.get(f"npm_config_{key}"):
            found[key] = given
    return found


def _filled(value: str) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda match: os.environ.get(match[1], ""), value)
