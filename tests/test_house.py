"""The house: what holds for the package, its tests and its scripts as a whole."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tokenize
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from wherever.errors import InputError
from wherever.version import refuse_free_threading

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def script(name):
    """Load one of scripts/, which have no suffix, as a module."""
    loader = SourceFileLoader(name, str(ROOT / "scripts" / name))
    module = module_from_spec(spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


# ----- the Python it runs on


def test_a_free_threaded_python_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(sys, "version", "3.13.0 experimental free-threading build (main)")
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3.13t")
    with pytest.raises(InputError) as caught:
        refuse_free_threading()
    assert str(caught.value) == (
        "Wherever does not run guests on a free-threaded Python (/usr/bin/python3.13t);"
        " use the default build of the same version"
    )


def test_this_python_is_not_refused():
    refuse_free_threading()


def test_this_python_is_one_that_is_claimed():
    assert f"3.{sys.version_info.minor}" in script("pythons").claimed()


# ----- the shape of the source


SILENCERS = ("type: ignore", "noqa", "TODO", "FIXME", "pragma:", "fmt: off")


def test_a_file_holds_one_idea():
    lines = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in SOURCES}
    assert {path: count for path, count in lines.items() if count > 400} == {}


def comments(path):
    with path.open("rb") as source:
        yield from (t for t in tokenize.tokenize(source.readline) if t.type == tokenize.COMMENT)


def test_no_comment_silences_a_check():
    assert [
        f"{path.relative_to(ROOT)}:{comment.start[0]}: {comment.string}"
        for path in SOURCES
        for comment in comments(path)
        if any(word in comment.string for word in SILENCERS)
    ] == []


# ----- the pages


def test_every_link_between_pages_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = [
        (page.relative_to(ROOT), link)
        for page in pages
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
        if "://" not in link
    ]
    assert len(links) > 10
    assert [(page, link) for page, link in links if not (ROOT / page.parent / link).exists()] == []


def test_every_page_is_reached_from_the_index():
    index = ROOT / "docs" / "index.md"
    pages = {page.relative_to(index.parent) for page in index.parent.rglob("*.md")}
    linked = {Path(link) for link in re.findall(r"\]\(([^)#]+)", index.read_text())}
    assert pages - linked == {Path("index.md")}


# ----- the page that is made from the parser


def test_the_reference_shows_what_a_parser_says():
    parser = argparse.ArgumentParser("tool", description="Do things.", epilog="Exit codes: 0.")
    verbs = parser.add_subparsers()
    run = verbs.add_parser("run", description="Run a thing.")
    run.add_argument("-m", "--memory", metavar="SIZE", default="1g", help="at most (%(default)s)")
    run.add_argument("--quiet", action="store_true", help="a | b")
    run.add_argument("--secret", help=argparse.SUPPRESS)
    run.add_argument("what", metavar="WHAT", help="the thing")
    run.add_argument("args", metavar="ARGS", nargs="*")
    assert script("docs").page(parser).splitlines()[4:] == [
        "## tool",
        "",
        "Do things.",
        "",
        "```text",
        "tool [OPTIONS] VERB ...",
        "```",
        "",
        "| option | |",
        "|---|---|",
        "| `-h`, `--help` | show this help message and exit |",
        "",
        "```text",
        "Exit codes: 0.",
        "```",
        "",
        "### tool run",
        "",
        "Run a thing.",
        "",
        "```text",
        "tool run [OPTIONS] WHAT [ARGS ...]",
        "```",
        "",
        "| argument | |",
        "|---|---|",
        "| `WHAT` | the thing |",
        "| `ARGS` |  |",
        "",
        "| option | |",
        "|---|---|",
        "| `-h`, `--help` | show this help message and exit |",
        "| `-m`, `--memory` `SIZE` | at most (1g) |",
        "| `--quiet` | a \\| b |",
    ]


# ----- the tests themselves


@pytest.fixture
def session(tmp_path):
    """Run a pytest session of its own over one test, with this folder's conftest."""
    shutil.copy(Path(__file__).parent / "conftest.py", tmp_path)

    def run(body, **environment):
        (tmp_path / "test_one.py").write_text(body)
        kept = {k: v for k, v in os.environ.items() if k not in ("CI", "WHEREVER_NO_SKIPS")}
        quiet = ["-q", "-c", os.devnull, "-p", "no:cacheprovider", "--rootdir", tmp_path]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *quiet, tmp_path],
            env={**kept, **environment},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout

    return run


SKIPPING = "import pytest\ndef test_it(): pytest.skip('not today')\n"
SKIPPING_ALL = "import pytest\npytest.skip('not here', allow_module_level=True)\n"


def test_a_skipped_test_is_only_named_on_a_laptop(session):
    code, said = session(SKIPPING)
    assert code == 0
    assert "not accept: test_one.py::test_it" in said


@pytest.mark.parametrize("switch", ["CI", "WHEREVER_NO_SKIPS"])
def test_a_skipped_test_fails_make_test(session, switch):
    code, said = session(SKIPPING, **{switch: "1"})
    assert code == 1
    assert "not accept: test_one.py::test_it" in said


def test_a_skipped_file_fails_make_test(session):
    code, said = session(SKIPPING_ALL, CI="1")
    assert code != 0
    assert "not accept: test_one.py" in said


def test_a_guest_can_be_written_as_text(wat):
    path = wat("(module)")
    assert path.read_bytes() == b"\0asm\1\0\0\0"
    assert wat("(module)") == path


def test_leaks_can_be_seen(descriptors, rss):
    before = descriptors()
    with open(os.devnull):
        assert descriptors() == before + 1
    assert descriptors() == before
    assert rss() > 1 << 20


def test_the_home_is_not_the_users(home):
    assert os.environ["WHEREVER_HOME"] == str(home)
    assert not home.is_relative_to(Path.home() / ".cache")
