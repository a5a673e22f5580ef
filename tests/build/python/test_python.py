"""A script of Python runs as its author knows it, and what cannot be built is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

import wherever
from wherever.build import building, command, templates, tools
from wherever.build import project as projects
from wherever.build.python import words
from wherever.errors import BuildFailed

MAIN = """
import os, random, secrets, sys

import helper.words


def main():
    import argparse
    from datetime import datetime

    what = sys.argv[1]
    if what == "hello":
        print(helper.words.loud(sys.stdin.read()), sys.argv[2:], __name__, __file__)
        print(datetime.strptime("2026-01-02", "%Y-%m-%d").year, os.environ["NAME"])
    elif what == "file":
        with open("/data/out.txt", "w") as file:
            file.write("hé\\\\n")
    elif what == "exit":
        sys.exit(int(sys.argv[2]))
    elif what == "random":
        print(random.random(), secrets.token_hex(8), os.urandom(8).hex())
    elif what == "encode":
        print("日".encode("SHIFT-JIS").hex(), "é".encode("mac-roman").hex())
    elif what == "say":
        sys.exit("no such thing")
    elif what == "parse":
        argparse.ArgumentParser(prog="tool").parse_args(["--wrong"])
    else:
        helper.words.fall(1)


if __name__ == "__main__":
    main()
""".replace("\\\\", "\\")


WRONG = (
    'File "wrong.py", line 2',
    "    print(x",
    "         ^",
    "SyntaxError: '(' was never closed",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One program, built once: it takes about fifteen seconds."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "helper").mkdir()
    (folder / "helper" / "__init__.py").write_text("")
    (folder / "helper" / "words.py").write_text(
        "def loud(text):\n    return text.strip().upper()\n\n\ndef fall(n):\n    return n / 0\n"
    )
    (folder / "main.py").write_text(MAIN)
    with pytest.MonkeyPatch.context() as patch:
        root = Path(__file__).resolve().parents[3]
        patch.setenv("WHEREVER_TOOLS", str(root / ".cache" / "tools"))
        result = building.build(projects.find(folder / "main.py"), lambda text: None)
    assert (result.kind, result.warnings) == ("component", ())
    return result.wasm


@pytest.mark.timeout(240)
def test_it_reads_and_prints_and_finds_its_modules(program: Path) -> None:
    done = wherever.run(program, ["hello", "a", "b"], input=b"hi there\n", env={"NAME": "Ada"})
    assert done.stderr == b""
    assert done.stdout == b"HI THERE ['a', 'b'] __main__ main.py\n2026 Ada\n"
    assert done.exit_code == 0


@pytest.mark.timeout(120)
def test_files_exit_codes_and_errors_are_as_python_has_them(program: Path, tmp_path: Path) -> None:
    assert wherever.run(program, ["file"], dirs=[f"{tmp_path}:/data"]).exit_code == 0
    assert (tmp_path / "out.txt").read_text() == "hé\n"
    assert wherever.run(program, ["exit", "7"]).exit_code == 7
    done = wherever.run(program, ["say"])
    assert (done.exit_code, done.stderr) == (1, b"no such thing\n")
    done = wherever.run(program, ["parse"])
    assert (done.exit_code, done.stderr) == (
        2,
        b"usage: tool [-h]\ntool: error: unrecognized arguments: --wrong\n",
    )
    done = wherever.run(program, ["fall"])
    assert done.exit_code == 1
    assert done.stderr.decode() == (
        "Traceback (most recent call last):\n"
        '  File "main.py", line 33, in <module>\n'
        "    main()\n"
        "    ~~~~^^\n"
        '  File "main.py", line 29, in main\n'
        "    helper.words.fall(1)\n"
        "    ~~~~~~~~~~~~~~~~~^^^\n"
        '  File "helper/words.py", line 6, in fall\n'
        "    return n / 0\n"
        "           ~~^~~\n"
        "ZeroDivisionError: division by zero\n"
    )


@pytest.mark.timeout(120)
def test_encodings_that_it_names_are_there(program: Path) -> None:
    assert wherever.run(program, ["encode"]).stdout == b"93fa 8e\n"


@pytest.mark.timeout(120)
def test_no_random_number_stems_from_the_build(program: Path) -> None:
    first, second = (wherever.run(program, ["random"]).stdout.split() for _ in range(2))
    assert len({*first, *second}) == 6


def test_wrong_source_is_told_in_the_words_of_python(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are those of the tool, as `languages_py.py` has them from it."""
    said = ("Traceback (most recent call last):", words.MARK, *WRONG, words.MARK, "Caused by: it")

    def run(argv: Sequence[str | Path], **rest: object) -> str:
        raise BuildFailed("componentize-py failed with code 1:", said=said)

    monkeypatch.setattr(command, "run", run)
    (project / "wrong.py").write_text("x = 1\nprint(x\n")
    with pytest.raises(wherever.InputError) as caught:
        building.build(projects.find(project / "wrong.py"), lambda text: None)
    assert str(caught.value) == "\n".join(("Python cannot read this:", *WRONG))


def test_the_template_is_a_package_of_python(tmp_path: Path) -> None:
    templates.make(tmp_path / "tool", "python")
    found = projects.find(tmp_path / "tool")
    assert (found.name, found.language, found.main.name) == ("my:tool", "python", "main.py")
    assert [need.name for need in found.toolchain.needs()] == ["componentize-py", "pip"]
    assert tools.folder().name == "tools"
