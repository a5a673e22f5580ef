"""Packages are fetched by a real pip, and nothing that a stranger wrote runs on this machine."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from wherever.build import command
from wherever.build import project as projects
from wherever.build.python import pip, requirements
from wherever.errors import InputError

BACKEND = """import pathlib
pathlib.Path({mark!r}).write_text("a stranger's code ran")
raise SystemExit("it ran")
"""
SETTINGS = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.fixture(autouse=True)
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for what is fetched."""
    folder = tmp_path / "caches"
    folder.mkdir()
    monkeypatch.setattr(command, "caches", lambda name: folder)
    return folder


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file that is there once code of the stranger's has run."""
    return tmp_path / "mark"


@pytest.fixture
def index(tmp_path: Path, mark: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from: `good` is a wheel, of `evil` there is only source."""
    folder = tmp_path / "index"
    folder.mkdir()
    _sdist(folder / "evil-1.0.tar.gz", mark)
    _wheel(folder, "good")
    _sdist(folder / "good-2.0.tar.gz", mark)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def _wheel(folder: Path, name: str, *needed: str) -> None:
    facts = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "WORD = 'good'\n")
        lines = "".join(f"Requires-Dist: {each}\n" for each in needed)
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        file.writestr(f"{facts}/METADATA", head + lines)
        file.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{facts}/RECORD", "")


def _sdist(path: Path, mark: Path) -> None:
    name = path.name.removesuffix(".tar.gz")
    with tarfile.open(path, "w:gz") as file:
        for inner, text in _source(mark).items():
            data = text.encode()
            entry = tarfile.TarInfo(f"{name}/{inner}")
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))


def _source(mark: Path) -> dict[str, str]:
    code = BACKEND.format(mark=str(mark))
    return {"pyproject.toml": SETTINGS, "backend.py": code, "setup.py": code}


def fetch(project: Path, tmp_path: Path) -> list[str]:
    """Fetches what a project needs; the names of what came."""
    target = tmp_path / "target"
    target.mkdir()
    found = projects.find(project / "main.py")
    asked = requirements.wanted(found, ["something"])
    place = pip.installed(asked.lines, asked.constraints, target, lambda text: None)
    assert place is not None
    return sorted(path.name for path in place.iterdir())


@pytest.mark.usefixtures("index")
def test_a_wheel_is_fetched_although_newer_source_is_there(project: Path, tmp_path: Path) -> None:
    (project / "main.py").write_text("import good\n")
    (project / "requirements.txt").write_text("Good >= 1.0, <3 ; python_version > '3'\n")
    assert fetch(project, tmp_path) == ["good-1.0.dist-info", "good.py"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "good\n--pre -e .\n"),
        ("requirements.txt", "good[a -e .]\n"),
        ("requirements.txt", "evil.tar\n"),
        ("requirements.txt", "good==1.tar\n"),
        ("requirements.txt", "good --no-binary good\n"),
        ("pyproject.toml", '[project]\ndependencies = ["good\\n-e ."]\n'),
    ],
)
@pytest.mark.usefixtures("index")
def test_no_line_has_code_run(
    project: Path, tmp_path: Path, mark: Path, name: str, text: str
) -> None:
    for inner, code in _source(mark).items():
        (project / inner).write_text(code)
    (project / "main.py").write_text("import good\n")
    for link in ("evil.tar", "good==1.tar"):
        _sdist(project / link, mark)
    kept = SETTINGS if name == "pyproject.toml" else ""
    (project / name).write_text(text + kept)
    with pytest.raises(InputError) as caught:
        fetch(project, tmp_path)
    assert "is not taken: " in caught.value.what
    assert not mark.exists()


@pytest.mark.usefixtures("index")
def test_a_package_of_source_alone_is_refused(project: Path, tmp_path: Path, mark: Path) -> None:
    (project / "main.py").write_text("import evil\n")
    (project / "requirements.txt").write_text("evil\n")
    with pytest.raises(InputError) as caught:
        fetch(project, tmp_path)
    assert caught.value.what == (
        "evil: the index has no wheel of it in pure Python for Python 3.14"
    )
    assert not mark.exists()


def test_a_wheel_cannot_ask_for_source_either(
    project: Path, tmp_path: Path, index: Path, mark: Path
) -> None:
    _wheel(index, "sly", f"evil @ {(index / 'evil-1.0.tar.gz').as_uri()}")
    (project / "main.py").write_text("import sly\n")
    (project / "requirements.txt").write_text("sly\n")
    with pytest.raises(InputError) as caught:
        fetch(project, tmp_path)
    assert not mark.exists()
    assert "would have to be built by code of its own" in caught.value.what


def test_the_users_own_settings_cannot_have_source_built(
    project: Path, tmp_path: Path, index: Path, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[install]\nno-binary = good\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_NO_BINARY", "good")
    assert index.is_dir()
    (project / "main.py").write_text("import good\n")
    (project / "requirements.txt").write_text("good\n")
    assert "good.py" in fetch(project, tmp_path)
    assert not mark.exists()


OPTIONAL = """try:
    from ._fast import word
except ImportError:
    from ._slow import word
"""


def _compiled(folder: Path) -> None:
    """A wheel as MarkupSafe has it, and a package that needs it."""
    _wheel(folder, "flaskish", "MarkupSafe>=1")
    name, facts = "markupsafe-3.0", "markupsafe-3.0.dist-info"
    files = {
        "markupsafe/__init__.py": OPTIONAL,
        "markupsafe/_slow.py": "word = 'slow'\n",
        "markupsafe/_fast.c": "int fast;",
        "markupsafe/_fast.cpython-314-x86_64-linux-gnu.so": "\x7fELF",
        f"{facts}/METADATA": "Metadata-Version: 2.1\nName: MarkupSafe\nVersion: 3.0\n",
        f"{facts}/WHEEL": "Wheel-Version: 1.0\nTag: cp314-cp314-manylinux_2_17_x86_64\n",
    }
    rows = "".join(f"{each},sha256=AAAA,1\n" for each in (*files, f"{facts}/RECORD"))
    wheel = folder / f"{name}-cp314-cp314-manylinux_2_17_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for each, text in {**files, f"{facts}/RECORD": rows}.items():
            file.writestr(each, text)


def test_machine_code_that_is_optional_is_left_out(
    project: Path, tmp_path: Path, index: Path, mark: Path
) -> None:
    _compiled(index)
    _sdist(index / "markupsafe-9.0.tar.gz", mark)
    (project / "main.py").write_text("import flaskish\n")
    (project / "requirements.txt").write_text("flaskish\ngood\n")
    came = fetch(project, tmp_path)
    assert came == [
        "flaskish-1.0.dist-info", "flaskish.py", "good-1.0.dist-info", "good.py",
        "markupsafe", "markupsafe-3.0.dist-info",
    ]  # fmt: skip
    (place,) = (each for each in (tmp_path / "caches").iterdir() if not each.name.startswith("."))
    assert sorted(path.name for path in (place / "markupsafe").iterdir()) == [
        "__init__.py", "_slow.py",
    ]  # fmt: skip
    assert not mark.exists()


def test_machine_code_of_others_is_not(
    project: Path, tmp_path: Path, index: Path, mark: Path
) -> None:
    _compiled(index)
    for path in index.glob("markupsafe*"):
        path.rename(path.with_name(path.name.replace("markupsafe", "quickness")))
    _wheel(index, "flaskish", "quickness>=1")
    (project / "main.py").write_text("import flaskish\n")
    (project / "requirements.txt").write_text("flaskish\n")
    with pytest.raises(InputError) as caught:
        fetch(project, tmp_path)
    assert caught.value.what == (
        "quickness>=1: the index has no wheel of it in pure Python for Python 3.14"
    )


def test_a_package_with_a_digest_is_taken_as_it_is_or_not_at_all(
    project: Path, tmp_path: Path, index: Path
) -> None:
    _compiled(index)
    (project / "main.py").write_text("import markupsafe\n")
    digest = "0" * 64
    (project / "requirements.txt").write_text(f"markupsafe==3.0 --hash=sha256:{digest}\n")
    with pytest.raises(InputError) as caught:
        fetch(project, tmp_path)
    assert "markupsafe" in caught.value.what
