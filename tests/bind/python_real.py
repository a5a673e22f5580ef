"""Packages of Python as their users have them: installed by pip in a fresh place, and type-checked.

`scripts/conformance bindings` runs these. Each case is a name, and what went wrong or nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from tests.build.bindings import echo_c, worlds
from wherever.build import project as projects
from wherever.build.bindings import wit

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = Path(__file__).parent / "typescript" / "guest"
LANGUAGES = ("c", "cpp", "zig", "go", "python", "javascript", "typescript")
ECHO = """[package]
name = "lab:echo"
version = "1.0.0"
kind = "library"
[build]
language = "c"
main = "echo.c"
world = "echo"
"""

TEXT = """import my_{name} as text

title: str = text.slug("Hello,  World!")
counts: text.Counts = text.count("one two")
with text.open(timeout=5, memory="512m") as lib:
    assert lib.count("one two") == counts
print(title, counts)
"""
TOLD = "hello-world Counts(words=2, letters=6)\n"

WRONG = """import my_c as text

text.slug(3)
text.count("a").wrds
text.Counts("a", 1)
text.open(timeot=3)
"""
WRONGS = ("arg-type", "attr-defined", "arg-type", "call-arg")

STORE = """import shop
import wherever


class Host:
    class Printer:
        def __init__(self, name: str) -> None:
            self.lines = 0

        def print(self, line: str) -> int:
            self.lines += 1
            return self.lines

    def log(self, line: str) -> None:
        print("log:", line)

    def price(self, name: str) -> int:
        if name != "tea":
            raise shop.NoPrice.Later(60)
        return 3

    def echo(self, data: bytes) -> bytes:
        return data[::-1]


with shop.open(imports=Host(), timeout="5s") as lib, lib.Basket("me") as basket:
    basket.put(shop.Item("tea", 2, shop.Size.SMALL, shop.Service.BY_POST))
    print(basket.total(), basket.items(), lib.through(b"abc"), lib.sums([1, 2.5]))
    basket.put(shop.Item(name="cup", count=1, size=None, service=shop.Service(0)))
    try:
        basket.total()
    except shop.Trouble.PriceOf as error:
        match error.value:
            case shop.NoPrice.Later(seconds):
                print("later", seconds)
    try:
        lib.delete("")
    except wherever.ResultError as error:
        print(error)
    printer = Host.Printer("mine")
    print(lib.receipt(basket, printer), printer.lines, lib.greet(None, times=1))
"""
STORY = """log: nobody
6 [Item(name='tea', count=2, size=<Size.SMALL: 0>, service=<Service.BY_POST: 2>)] b'cba' (3.5, 2)
later 60
no name
2 2 nobody
"""


class Place:
    """A fresh environment with Wherever of this checkout, and packages that are bound into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", with_pip=True)
        self.python = folder / "venv" / "bin" / "python"
        self.pip("install", str(ROOT), "mypy>=2,<3")

    def pip(self, *words: str) -> None:
        """What pip does, or its words as an error."""
        self.said([self.python, "-m", "pip", "-q", "--disable-pip-version-check", *words])

    def said(self, argv: list[str | Path]) -> str:
        """What a program prints, run where nothing of the checkout is found."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(
            [os.fspath(word) for word in argv],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError((done.stdout + done.stderr)[-2000:])
        return done.stdout

    def install(self, project: Path, name: str) -> None:
        """Builds a project, binds it, and has pip install the wheel."""
        out = self.folder / "bindings" / name
        self.said([self.python, "-m", "wherever", "build", project])
        words = ["bind", project, "--lang", "python", "-o", out, "--name", name]
        self.said([self.python, "-m", "wherever", *words])
        (wheel,) = (out / "python" / "dist").iterdir()
        self.pip("install", "--no-index", str(wheel))

    def run(self, source: str) -> str:
        """What a program prints that mypy finds nothing wrong with."""
        (self.folder / "user.py").write_text(source)
        checked = self.said([self.python, "-m", "mypy", "--strict", "user.py"])
        assert checked == "Success: no issues found in 1 source file\n", checked
        return self.said([self.python, "user.py"])


def cases() -> Iterator[tuple[str, str]]:
    """Every case; each installs what the ones before it left alone."""
    with tempfile.TemporaryDirectory(prefix="wherever-python-") as scratch:
        place = Place(Path(scratch))
        for language in LANGUAGES:
            yield f"python/{language}", _tried(lambda each=language: _text(place, each))
        for case in (_wrong, _shop, _every_type, _hook, _alone):
            name = case.__name__.strip("_").replace("_", "-")
            yield f"python/{name}", _tried(lambda each=case: each(place))


def _tried(case) -> str:
    try:
        case()
    except AssertionError as error:
        return str(error) or "it is not as expected"
    return ""


def _text(place: Place, language: str) -> None:
    """The template's library, from its source to five lines of a user."""
    name = f"my-{language}"
    words = ["new", name, "--kind", "library", "--lang", language]
    place.said([place.python, "-m", "wherever", *words])
    place.install(place.folder / name, name)
    told = place.run(TEXT.format(name=language))
    assert told == TOLD, told


def _wrong(place: Place) -> None:
    """What is not as the library says is found before it runs."""
    (place.folder / "wrong.py").write_text(WRONG)
    argv = [place.python, "-m", "mypy", "--strict", "--no-error-summary", "wrong.py"]
    done = subprocess.run(argv, cwd=place.folder, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(lines) == len(WRONGS), done.stdout
    for line, code in zip(lines, WRONGS, strict=True):
        assert line.endswith(f"[{code}]"), line


def _shop(place: Place) -> None:
    shutil.copytree(SHOP, place.folder / "shop", ignore=shutil.ignore_patterns("build"))
    place.install(place.folder / "shop", "shop")
    (place.folder / "shop").rename(place.folder / "guest")  # it is in the way of the package
    told = place.run(STORE)
    assert sorted(told.splitlines()) == sorted(STORY.splitlines()), told


def _every_type(place: Place) -> None:
    """All of a package is as mypy wants it, not what is used of it alone."""
    folder = place.folder / "echo"
    (folder / "wit").mkdir(parents=True)
    (folder / "wit" / "world.wit").write_text(worlds.each_kind())
    (folder / "wherever.toml").write_text(ECHO)
    (folder / "echo.c").write_text("")
    world = wit.read(projects.find(folder), folder)
    (folder / "echo.c").write_text(echo_c.source(world))
    place.install(folder, "echo-types")
    checked = place.said([place.python, "-m", "mypy", "--strict", "-p", "echo_types"])
    assert checked == "Success: no issues found in 1 source file\n", checked


def _hook(place: Place) -> None:
    (wasm,) = (place.folder / "my-c" / "build").glob("*.wasm")
    shutil.copy(wasm, place.folder / "found-beside.wasm")
    source = "import wherever.hook, found_beside; print(found_beside.slug('A b'))"
    assert place.said([place.python, "-c", source]) == "a-b\n"


def _alone(place: Place) -> None:
    """The folder of a package builds with nothing but Python, without any index."""
    folder = place.folder / "bindings" / "my-c" / "python"
    shutil.rmtree(folder / "dist")
    place.pip("uninstall", "-y", "my-c")
    place.pip("install", "--no-index", str(folder))
    assert place.said([place.python, "-c", "import my_c; print(my_c.slug('A b'))"]) == "a-b\n"


if __name__ == "__main__":
    failed = 0
    for own, wrong in cases():
        failed += bool(wrong)
        print(f"{own}: {wrong or 'ok'}", flush=True)
    sys.exit(1 if failed else 0)
