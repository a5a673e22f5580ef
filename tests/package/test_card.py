"""The permission card: proved by real programs, declared by manifests, granted by users."""

from pathlib import Path

import pytest

from wherever.errors import NotRunnable
from wherever.package.card import Card, Row, card, difference, shown, undeclared, unmet
from wherever.package.manifest import parse
from wherever.policy.grants import Grants, Mount

WASI = "wasi_snapshot_preview1"
GUESTS = Path(__file__).parent.parent / "guests"


@pytest.fixture
def preview_1(wat):
    """A module that imports functions of preview 1, and the start of a program."""

    def make(*names):
        imports = "".join(f'(import "{WASI}" "{name}" (func))' for name in names)
        return wat(f'(module {imports} (func (export "_start")))').read_bytes()

    return make


@pytest.fixture
def component(wat):
    """A component that imports instances by name."""

    def make(*names):
        imports = "".join(f'(import "{name}" (instance))' for name in names)
        return wat(f"(component {imports})").read_bytes()

    return make


NET = "wasi:sockets/tcp@0.2.0"

ASKING = parse("""
[permissions]
files = ["./photos:/in:ro", "/out"]
network = ["api.example.com:443"]
env = ["LOG_LEVEL"]
clock = true
[build]
allow-build-scripts = true
""")


def test_the_card_of_a_module(preview_1):
    program = preview_1("path_open", "fd_write", "clock_time_get", "environ_get")
    grants = Grants().with_files(Mount("p", "/in", read_only=True)).with_env(LOG_LEVEL="1")
    found = card(program, ASKING, grants)
    assert found.rows() == [
        Row(
            "files",
            "reads and writes, only in folders that you give it with --dir",
            "photos:/in:ro, /out",
            "/in:ro",
        ),
        Row("network", "", "api.example.com:443", ""),
        Row(
            "environment",
            "only the variables that you give it with --env",
            "LOG_LEVEL",
            "LOG_LEVEL",
        ),
        Row("clock", "reads the time", "yes", ""),
        Row("build", "", "its dependencies ran code of theirs", ""),
    ]
    assert undeclared(found) == ()
    assert unmet(found) == (
        "it asks to read and write /out (--dir FOLDER:/out)",
        "it asks for the network at api.example.com:443 (--net api.example.com:443)",
    )


def test_the_card_of_a_real_component(wat):
    text = (GUESTS / "component.wat").read_text()
    body = (GUESTS / "bodies.wat").read_text().split("\n;;; ")[1].partition("\n")[2]
    program = wat(text.replace("BODY\n", body + "\n")).read_bytes()
    assert (
        card(program, parse("")).text()
        == """\
             its imports allow                                              it asks for  granted
files        reads and writes, only in folders that you give it with --dir  -            -
network      nothing                                                        -            -
environment  nothing                                                        -            -
clock        reads the time, and sleeps                                     -            -"""
    )


def test_an_author_is_told_what_the_manifest_forgets(preview_1, component):
    asks_nothing = parse("[permissions]\nclock = false\nrandom = true")
    module = preview_1(
        "path_open",
        "fd_readdir",
        "environ_get",
        "poll_oneoff",
        "random_get",
        "sock_accept",
        "path_unlink_file",
        "path_rename",
        "path_symlink",
    )
    assert undeclared(card(module, asks_nothing)) == (
        "it imports path_open, fd_readdir, path_unlink_file, path_rename and 1 more for files,"
        " which permissions.files does not ask for",
        "it imports environ_get for environment variables, which permissions.env does not ask for",
        "it imports poll_oneoff for the clock, and permissions.clock is false",
    )
    assert undeclared(card(component(NET), asks_nothing)) == (
        "it imports wasi:sockets/tcp@0.2.0 for the network,"
        " which permissions.network does not ask for",
    )
    # A component that reads its arguments imports the same as one that reads variables.
    arguments = component("wasi:cli/environment@0.2.12")
    assert undeclared(card(arguments, asks_nothing)) == ()
    assert undeclared(card(module, parse(""))) == ()
    assert undeclared(card(preview_1("fd_write", "proc_exit"), asks_nothing)) == ()


def test_a_version_that_can_more_says_so(preview_1, component):
    nothing = parse("")
    old, new = preview_1("fd_read", "path_open"), preview_1("fd_write", "path_open", "random_get")
    assert difference(card(old, nothing), card(new, nothing)) == (
        "it can now use random numbers: it imports random_get",
        "it can now write files, where it could only read them",
    )
    assert difference(card(new, nothing), card(old, nothing)) == ()
    assert difference(card(new, nothing), card(component(NET, "acme:db/query@1.0.0"), nothing)) == (
        "it can now use the network: it imports wasi:sockets/tcp@0.2.0",
        "it can now use functions of a host of its own: it imports acme:db/query@1.0.0",
    )


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('files = ["/in:ro"]', 'files = ["/in:ro", "/in/deep:ro"]', ()),
        ('files = ["/in:ro"]', 'files = ["/in"]', ("it asks to read and write /in",)),
        ('files = ["/in"]', 'files = ["/in:ro"]', ()),
        ('files = ["/in"]', 'files = ["/input"]', ("it asks to read and write /input",)),
        ('files = ["/"]', 'files = ["/etc"]', ()),
        (
            'files = ["./a:/a:ro"]',
            'files = ["./b:/a:ro"]',
            ("it asks to read b as /a",),
        ),
        ('network = ["*.x.org:*"]', 'network = ["a.x.org:443", "*.b.x.org:80"]', ()),
        (
            'network = ["a.x.org:443"]',
            'network = ["a.x.org:80", "*.x.org:443", "ba.x.org:443"]',
            (
                "it asks for the network at a.x.org:80",
                "it asks for the network at *.x.org:443",
                "it asks for the network at ba.x.org:443",
            ),
        ),
        (
            'network = ["*.x.org:1"]',
            'network = ["x.org:1", "evilx.org:1"]',
            ("it asks for the network at x.org:1", "it asks for the network at evilx.org:1"),
        ),
        ('env = ["A"]', 'env = ["A", "B"]', ("it asks for the variable B",)),
        ("clock = false", "clock = true", ("it asks for the clock",)),
        ("", "random = true", ()),
    ],
)
def test_a_version_that_asks_for_more_says_so(preview_1, old, new, said):
    program = preview_1("fd_write")
    before, after = (card(program, parse(f"[permissions]\n{text}")) for text in (old, new))
    assert difference(before, after) == said


def test_build_scripts_are_named_when_they_come():
    assert difference(Card(), card([], ASKING, Grants()))[-1] == (
        "its dependencies ran code of theirs while it was built"
    )


def test_a_programs_own_names_are_made_safe(wat):
    program = wat('(module (import "\\1b[2Jevil\\e2\\80\\ae" "f" (func)))').read_bytes()
    found = card(program, parse(""))
    assert found.rows()[-1].proved == ("only what a host of its own gives it: \\x1b[2Jevil\\u202e")
    assert found.text().replace("\n", "").isprintable()
    assert shown("x" * 1000) == "x" * 197 + "..."


def test_what_is_no_program_has_no_card():
    with pytest.raises(NotRunnable):
        card(b"\x7fELF", parse(""))
