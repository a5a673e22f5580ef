"""Makes this package's wheel with Python alone: nothing else is needed for `pip install .`.

The same files give the same bytes, on any day and in any folder.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

_DATE = (1980, 1, 1, 0, 0, 0)


def build_wheel(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> str:
    """What pip calls, in the folder of the package: https://peps.python.org/pep-0517/"""
    return write_wheel(Path.cwd(), Path(wheel_directory))


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """An archive of the source."""
    return write_sdist(Path.cwd(), Path(sdist_directory))


def write_wheel(folder: Path, target: Path) -> str:
    """Writes the wheel of a package's folder into another; the wheel's name.

    Args:
        folder: the package, with its pyproject.toml and its `src`.
        target: where the wheel goes.
    """
    project = _project(folder)
    base = _base(project)
    source = folder / "src"
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in _files(source)}
    info = f"{base}.dist-info"
    files[f"{info}/METADATA"] = _metadata(project, folder).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: wherever\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD").encode()
    target.mkdir(parents=True, exist_ok=True)
    name = f"{base}-py3-none-any.whl"
    with zipfile.ZipFile(target / name, "w") as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return name


def write_sdist(folder: Path, target: Path) -> str:
    """Writes the source of a package's folder as an archive; the archive's name."""
    project = _project(folder)
    base = _base(project)
    metadata = _metadata(project, folder).encode()
    target.mkdir(parents=True, exist_ok=True)
    name = f"{base}.tar.gz"
    names = ["README.md", "make_wheel.py", "pyproject.toml"]
    paths = [*(folder / each for each in names), *_files(folder / "src")]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    with open(target / name, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path, data in {"PKG-INFO": metadata, **files}.items():
                entry = tarfile.TarInfo(f"{base}/{path}")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return name


def _project(folder: Path) -> dict[str, Any]:
    with open(folder / "pyproject.toml", "rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
    return project


def _base(project: dict[str, Any]) -> str:
    name = re.sub(r"[-_.]+", "_", project["name"]).lower()
    return f"{name}-{project['version']}"


def _files(source: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        found += [Path(folder, name) for name in sorted(names)]
    return found


def _metadata(project: dict[str, Any], folder: Path) -> str:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        *([f"Summary: {project['description']}"] if project.get("description") else []),
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {each}" for each in project["dependencies"]),
        "Description-Content-Type: text/markdown; charset=UTF-8",
        "",
        (folder / project["readme"]).read_text("utf-8"),
    ]
    return "\n".join(lines)


def _record(files: dict[str, bytes], own: str) -> str:
    rows = []
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join([*rows, f"{own},,\n"])
