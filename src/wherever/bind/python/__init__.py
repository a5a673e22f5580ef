"""Packages of Python: a library with its types, and a wheel of it."""

from __future__ import annotations

import json
import keyword
import re
import sys
from pathlib import Path

from wherever.bind.library import Made
from wherever.bind.python import make_wheel
from wherever.bind.python.readme import readme
from wherever.bind.python.stub import Stub
from wherever.component.python.names import spoken
from wherever.component.python.outline import Outline, Signature, Space
from wherever.errors import InputError
from wherever.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library, Tell

_MADE = Path(make_wheel.__file__)


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes a project: the source of a package, and the wheel made of it.

    Args:
        library: the component.
        folder: an empty folder.
        tell: called with what is being done.

    Raises:
        InputError: its name or version is none of Python's, or it has what Python has no words for.
    """
    module = module_name(library.name)
    outline = Outline(library.world, module)
    package = folder / "src" / module
    package.mkdir(parents=True)
    tell(f"writing {library.name}")
    wasm = f"{library.name}.wasm"
    for space in outline.spaces:
        name = space.name or "__init__"
        source = _top(library, outline, wasm) if space is outline.top else _inner(space)
        (package / f"{name}.py").write_text(source, "utf-8")
        (package / f"{name}.pyi").write_text(Stub(outline, space).text(), "utf-8")
    (package / "py.typed").write_bytes(b"")
    (package / wasm).write_bytes(library.data)
    (folder / "make_wheel.py").write_bytes(_MADE.read_bytes())
    (folder / "README.md").write_text(readme(library, outline), "utf-8")
    (folder / "pyproject.toml").write_text(_project(library), "utf-8")
    wheel = make_wheel.write_wheel(folder, folder / "dist")
    return Made.of(folder, f"pip install {{folder}}/dist/{wheel}")


def module_name(name: str) -> str:
    """What a package of that name is imported by.

    Raises:
        InputError: Python has a module of that name.

    Example:
        >>> module_name("word-count")
        'word_count'
    """
    found = name.replace("-", "_")
    if found in sys.stdlib_module_names or found == "wherever":
        raise InputError(
            f"Python has a module {found}, which a package of that name would hide",
            f"name it otherwise: --name my-{name}",
        )
    return f"{found}_" if keyword.iskeyword(found) else found


def version_of(version: str) -> str:
    """A version of ours as Python's packages have it: https://peps.python.org/pep-0440/

    Example:
        >>> version_of("1.2.0"), version_of("1.2.0-rc.1"), version_of("1.2.0-nightly.7")
        ('1.2.0', '1.2.0rc1', '1.2.0.dev0+nightly.7')

    Raises:
        InputError: it is no version.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?", version)
    if found is None:
        raise InputError(f"{version!r} is no version", "give one: --package-version 1.2.0")
    base, label = found[1], found[2]
    if label is None:
        return base
    known = re.fullmatch(r"(alpha|a|beta|b|rc)\.?(\d*)", label)
    if known is not None:
        return f"{base}{known[1].replace('alpha', 'a').replace('beta', 'b')}{known[2] or 0}"
    return f"{base}.dev0+{re.sub('[^0-9A-Za-z]+', '.', label).strip('.').lower()}"


def _top(library: Library, outline: Outline, wasm: str) -> str:
    names = [
        name
        for name, item in outline.top.members.items()
        if not (outline.imports and isinstance(item, Signature))
    ]
    listed = "".join(f"    {json.dumps(name)},\n" for name in sorted(names))
    said = outline.top.docs or spoken(library.description) or f"The library {library.name}."
    return (
        f"{_quoted(said, f'Made by `wherever bind` of {library.digest}.')}\n\n"
        "from wherever.run.modules import package as _package\n\n"
        f"__version__ = {json.dumps(version_of(library.version))}\n"
        f"__all__ = [\n{listed}]\n\n"
        f"_package(__name__, {json.dumps(wasm)})\n"
    )


def _inner(space: Space) -> str:
    return (
        f"{_quoted(space.docs or f'The interface {space.name}.')}\n\n"
        "from wherever.run.modules import interface as _interface\n\n"
        "_interface(__name__)\n"
    )


def _quoted(*paragraphs: str) -> str:
    from wherever.bind.python.writing import docstring

    return "\n".join(docstring("\n\n".join(paragraphs), ""))


def _project(library: Library) -> str:
    description = " ".join(spoken(library.description).split())
    lines = [
        "[build-system]",
        "requires = []",
        'build-backend = "make_wheel"',
        'backend-path = ["."]',
        "",
        "[project]",
        f"name = {json.dumps(library.name)}",
        f"version = {json.dumps(version_of(library.version))}",
        *([f"description = {json.dumps(description, ensure_ascii=False)}"] if description else []),
        'readme = "README.md"',
        'requires-python = ">=3.11"',
        f'dependencies = ["wherever>={__version__}"]',
    ]
    return "\n".join(lines) + "\n"
