"""A package of Python: its files, its wheel, and what it is to whoever imports it."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib
import inspect
import pickle
import pydoc
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import wherever
from wherever.bind.python import generate, make_wheel, module_name, version_of
from wherever.errors import InputError


class Host:
    """What the shop calls."""

    class Printer:
        def __init__(self, name):
            self.lines = []

        def print(self, line):
            self.lines.append(line)
            return len(self.lines)

    def __init__(self):
        self.said = []

    def log(self, line):
        self.said.append(line)

    def price(self, name):
        return {"tea": 3, "cup": 5}[name]

    def echo(self, data):
        return data[::-1]


TEXT = """package lab:text@0.3.0;
interface text {
  /// How much is in a text.
  record counts {
    /// How many words.
    words: u32,
    letters: u32,
  }
  /// How much is in a text.
  count: func(text: string, %from: option<u32>) -> counts;
}
world library { export text; }
"""


def made(library, folder):
    folder.mkdir()
    generate(library, folder, lambda text: None)
    return folder


# ----- what is written


def test_a_package_is_a_folder_with_its_source_and_its_wheel(library, tmp_path):
    folder = made(library(TEXT, "word-count", "0.3.0-rc.1"), tmp_path / "made")
    files = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*.*"))
    assert files == [
        "README.md",
        "dist/word_count-0.3.0rc1-py3-none-any.whl",
        "make_wheel.py",
        "pyproject.toml",
        "src/word_count/__init__.py",
        "src/word_count/__init__.pyi",
        "src/word_count/py.typed",
        "src/word_count/word-count.wasm",
    ]
    assert (folder / "pyproject.toml").read_text() == (
        '[build-system]\nrequires = []\nbuild-backend = "make_wheel"\nbackend-path = ["."]\n\n'
        '[project]\nname = "word-count"\nversion = "0.3.0rc1"\n'
        'description = "A library of these tests."\nreadme = "README.md"\n'
        f'requires-python = ">=3.11"\ndependencies = ["wherever>={wherever.__version__}"]\n'
    )


def test_a_readme_has_an_example_of_the_real_types(library, tmp_path):
    found = library(TEXT, "word-count", "0.3.0")
    folder = made(found, tmp_path / "made")
    assert (folder / "README.md").read_text().splitlines() == [
        "# word-count",
        "",
        "A library of these tests.",
        "",
        "WebAssembly in a sandbox, for Python 3.11 and later: word-count 0.3.0,",
        f"`{found.digest[:19]}...`. It runs wherever",
        "[wherever](https://pypi.org/project/wherever/) does.",
        "",
        "```console",
        "$ pip install dist/*.whl",
        "```",
        "",
        "```python",
        "import word_count",
        "",
        'answer = word_count.count("Hello, world!")',
        "```",
        "",
        "The library sees no files, no network and no variables. You say what a call may use:",
        "",
        "```python",
        'with word_count.open(timeout=1, memory="64m") as lib:',
        "    ...  # lib has what the module has",
        "```",
        "",
        "- A wrong argument is a `TypeError`, `ValueError` or `OverflowError` that names it.",
        "- What the library says went wrong is a `wherever.ResultError`, of a class of its own",
        "  where the error has a type. A limit is `wherever.LimitReached`, a crash",
        "  `wherever.Trapped`.",
        "- After a limit or a crash the next `word_count.FUNCTION` begins anew, with nothing",
        "  that was before; a library of `open` is over.",
        "",
        "Made by wherever; to make it again:",
        "",
        "```console",
        "$ wherever bind word-count.wasm --lang python --name word-count --package-version 0.3.0",
        "```",
    ]


def test_a_wheel_has_a_record_that_is_right_and_the_same_bytes_each_time(library, tmp_path):
    folder = made(library(TEXT), tmp_path / "made")
    (wheel,) = (folder / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (record,) = (name for name in names if name.endswith("RECORD"))
        rows = list(csv.reader(archive.read(record).decode().splitlines()))
        assert [row[0] for row in rows] == names
        for name, digest, size in rows[:-1]:
            data = archive.read(name)
            found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            assert (f"sha256={found}", str(len(data))) == (digest, size)
        assert rows[-1] == [record, "", ""]
        metadata = archive.read(record.replace("RECORD", "METADATA")).decode()
    assert metadata.startswith(
        "Metadata-Version: 2.1\nName: lab-lib\nVersion: 1.0.0\nSummary: A library of these tests.\n"
        f"Requires-Python: >=3.11\nRequires-Dist: wherever>={wherever.__version__}\n"
        "Description-Content-Type: text/markdown; charset=UTF-8\n\n# lab-lib\n"
    )
    again = tmp_path / "again"
    assert make_wheel.write_wheel(folder, again) == wheel.name
    assert (again / wheel.name).read_bytes() == wheel.read_bytes()


@pytest.mark.timeout(120)
def test_pip_installs_the_wheel_and_the_folder(library, tmp_path):
    folder = made(library(TEXT), tmp_path / "made")
    (wheel,) = (folder / "dist").iterdir()
    for number, what in enumerate((wheel, folder)):
        target = tmp_path / f"site-{number}"
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        words = ["--no-deps", "--no-index", "--no-cache-dir", "--target", target, what]
        done = subprocess.run([*pip, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        source = "import lab_lib, sys; print(lab_lib.__version__, 'wherever.engine' in sys.modules)"
        argv = [sys.executable, "-c", f"{source}; print(lab_lib.Counts(1, 2))"]
        done = subprocess.run(
            argv, cwd=target, capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout == "1.0.0 False\nCounts(words=1, letters=2)\n"


def test_a_name_that_python_has_is_refused():
    with pytest.raises(InputError) as caught:
        module_name("json")
    assert str(caught.value) == (
        "Python has a module json, which a package of that name would hide;"
        " name it otherwise: --name my-json"
    )
    assert [module_name(each) for each in ("word-count", "class")] == ["word_count", "class_"]


def test_versions_are_those_of_pythons_packages():
    versions = ["1.2.3", "1.0.0-alpha", "1.0.0-beta.2", "1.0.0-rc.1", "1.0.0-x.7.z"]
    assert [version_of(each) for each in versions] == [
        "1.2.3", "1.0.0a0", "1.0.0b2", "1.0.0rc1", "1.0.0.dev0+x.7.z",
    ]  # fmt: skip
    with pytest.raises(InputError, match="'new' is no version; give one: --package-version"):
        version_of("new")


# ----- what it is


def test_a_library_that_calls_its_host_is_opened_with_it(shop, imported):
    module = imported(shop)
    assert not hasattr(module, "greet")
    with pytest.raises(AttributeError) as caught:
        module.greet("you", 1)
    assert str(caught.value) == (
        "shop calls functions of yours (host.Printer, host.log, host.price, host.echo): greet is"
        " there in what shop.open(imports=...) gives"
    )
    with pytest.raises(AttributeError, match=r"has no attribute .Baskit.; did you mean Basket\?"):
        module.Baskit("you")
    host = Host()
    with module.open(imports=host, timeout=5) as lib:
        assert type(lib) is module.Library
        assert lib.greet("you", 2) == "you you"
        assert lib.greet(name=None, times=1) == "nobody"
        assert lib.through(memoryview(b"abc")) == b"cba"
        assert host.said == ["you you", "nobody"]


def test_objects_are_ended_and_belong_to_one_instance(shop, imported):
    module = imported(shop)
    with module.open(imports=Host()) as lib, module.open(imports=Host()) as other:
        with lib.Basket("me") as basket:
            basket.put(module.Item("tea", 2, None, module.Service.BY_POST))
            basket.put(module.Item("cup", 1, module.Size.SMALL, module.Service(0)))
            assert basket.total() == 11
            assert basket.items()[1] == module.Item("cup", 1, module.Size.SMALL, module.Service(0))
            assert isinstance(basket, module.Basket)
            assert repr(basket) == "<shop.Basket>"
            with pytest.raises(TypeError) as caught:
                other.receipt(basket, None)
            assert str(caught.value) == "receipt(): of: a Basket is no Basket of this instance"
            with pytest.raises(TypeError, match="lives in its library: it cannot be copied"):
                pickle.dumps(basket)
            assert module.Basket.total(basket) == 11
        assert lib.freed() == 1
        assert repr(basket) == "<shop.Basket, closed>"
        with pytest.raises(TypeError) as caught:
            module.Basket("me")
        assert str(caught.value) == "call Basket of a library that is open: lib.Basket(...)"


def test_errors_are_classes_of_the_library(shop, imported):
    module = imported(shop)

    class Poor(Host):
        def price(self, name):
            raise module.NoPrice.Later(seconds) if seconds else module.NoPrice.Unknown

    with module.open(imports=Poor()) as lib:
        basket = lib.Basket("me")
        with pytest.raises(module.Trouble.Empty) as caught:
            basket.total()
        assert isinstance(caught.value, wherever.ResultError)
        basket.put(module.Item("tea", 2, None, module.Service.BY_POST))
        for seconds in (0, 7):
            with pytest.raises(module.Trouble) as caught:
                basket.total()
            reason = module.NoPrice.Later(7) if seconds else module.NoPrice.Unknown()
            assert caught.value == module.Trouble.PriceOf(reason)
        with pytest.raises(wherever.ResultError, match=r"^no name$"):
            lib.delete("")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda lib: lib.greet("a", -1), "greet(): times: u8: -1 is not between 0 and 255"),
        (lambda lib: lib.greet(1, 1), "greet(): name: string: 1 is not a string"),
        (lambda lib: lib.greet("a"), "greet() missing 1 required positional argument: 'times'"),
        (lambda lib: lib.greet("a", 1, 2), "greet() takes 2 positional arguments but 3 were given"),
        (lambda lib: lib.greet(nam=1), "greet() got an unexpected keyword argument 'nam'"),
        (lambda lib: lib.sums([1, "2"]), "sums(): values: f64: '2' is not a number"),
        (lambda lib: lib.Basket(3), "Basket(): owner: string: 3 is not a string"),
        (lambda lib: lib.Basket("a").put(3), "Basket.put(): item: 3 is no Item"),
        (lambda lib: lib.Trouble(), "Trouble is made by its cases"),
    ],
)
def test_a_wrong_argument_is_named(shop, imported, call, error):
    with imported(shop).open(imports=Host()) as lib:
        with pytest.raises((TypeError, OverflowError)) as caught:
            call(lib)
    assert str(caught.value) == error


def test_values_are_pickled_by_the_modules_that_have_their_classes(shop, imported):
    module = imported(shop)
    values = [
        module.Item("tea", 2, None, module.Service.BY_POST),
        module.Size.VERY_LARGE,
        module.Service.BY_POST | module.Service.GIFT_WRAPPED,
        module.Trouble.PriceOf(value=module.NoPrice.Later(3)),
        module.Trouble.Empty(),
    ]
    assert pickle.loads(pickle.dumps(values)) == values
    assert [repr(each) for each in values] == [
        "Item(name='tea', count=2, size=None, service=<Service.BY_POST: 2>)",
        "<Size.VERY_LARGE: 1>",
        "<Service.GIFT_WRAPPED|BY_POST: 3>",
        "Trouble.PriceOf(value=NoPrice.Later(value=3))",
        "Trouble.Empty()",
    ]


def test_help_and_signatures_tell_what_the_library_says(shop, imported):
    module = imported(shop)
    with module.open(imports=Host()) as lib:
        assert str(inspect.signature(lib.greet)) == "(name: str | None, times: int) -> str"
        assert str(inspect.signature(lib.Basket)) == "(owner: str) -> None"
        whole = pydoc.render_doc(lib, renderer=pydoc.plaintext)
        own = pydoc.render_doc(lib.Basket.total, renderer=pydoc.plaintext)
    assert "A shop: baskets, prices, and things that go wrong." in whole
    for each in ("class Basket(Basket)", "One thing in a basket.", "Baskets that have been freed."):
        assert each in whole
    assert own == (
        "Python Library Documentation: function total in module shop\n\n"
        "total(self) -> int\n    What all of it costs.\n    \n    Raises:\n        Trouble\n"
    )
    assert "class Item(builtins.object)" in pydoc.render_doc(module, renderer=pydoc.plaintext)


def test_a_module_begins_anew_after_its_library_crashed(library, imported):
    module = imported(library(TEXT))
    count = module.count
    with pytest.raises(wherever.Trapped):
        count("a")  # it is made to trap, always
    with pytest.raises(InputError, match="was ended by an earlier call"):
        count("a")
    assert module.count is not count
    with pytest.raises(wherever.Trapped):
        module.count("a")
    assert inspect.signature(module.count).parameters["from_"].default is None


def test_a_module_that_is_reloaded_has_classes_of_its_own(library, imported):
    module = imported(library(TEXT))
    before = module.Counts
    assert importlib.reload(module) is module
    assert module.Counts is not before
    assert module.Counts(1, 2) != before(1, 2)


def test_a_file_that_is_gone_is_told_of_at_first_use(library, imported):
    module = imported(library(TEXT))
    path = Path(str(module.__file__)).parent / "lab-lib.wasm"
    path.unlink()
    with pytest.raises(wherever.NotFound) as caught:
        module.count("a")
    assert str(caught.value) == (
        f"{path} cannot be read: No such file or directory; install the package again"
    )


def test_a_package_works_out_of_a_zip(library, tmp_path):
    folder = made(library(TEXT), tmp_path / "made")
    (wheel,) = (folder / "dist").iterdir()
    source = "import lab_lib; print(lab_lib.Counts(1, 2), lab_lib.count.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={"PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("Counts(words=1, letters=2) count\n", "")
