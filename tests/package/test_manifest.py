"""`wherever.toml`: every key, what it may hold, and what is said where it does not."""

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherever.errors import InputError, NotFound
from wherever.package import schema
from wherever.package.manifest import Manifest, parse, read
from wherever.package.names import Name, Requirement, Version
from wherever.package.parts import (
    Build,
    Call,
    Case,
    Command,
    Dependency,
    FolderWish,
    Permissions,
)

WHOLE = '''\
[package]
name = "acme:tool"
version = "1.2.0-rc.1"
description = """
Makes images small.

And nothing else."""
license = "MIT"
authors = ["Ada <ada@example.com>", "Björn"]
readme = "README.md"
homepage = "https://example.com/tool"
repository = "https://example.com/tool.git"
keywords = ["image", "small"]
kind = "library"

[[command]]
name = "tool"
args = ["--quality", "80"]
env = { LANG = "C.UTF-8" }
workdir = "/inside/"

[[command]]
name = "tool-slow"

[permissions]
files = ["./data:/data:ro", "/in:ro", "/out"]
network = ["API.example.com:443", "*.example.org:*", "[::1]:80"]
env = ["LOG_LEVEL"]
clock = true
random = false

[limits]
memory = "64m"
timeout = "500ms"
fuel = 1000

[dependencies]
"acme:zlib" = "^1.2"
"acme:codec" = { version = ">=1, <3", path = "../codec" }
"acme:near" = { path = "../near" }

[files]
"/share/words.txt" = "./data//words.txt"
"/etc" = "etc"

[build]
language = "C"
main = "src/main.c"
flags = ["-O2", "-DNAME=\\"x\\""]
world = "acme:tool/tool"
wit = "wit"
requirements = "requirements.txt"
engine = "quickjs"
interpreter = "python@3.12"
output = "out/tool.wasm"
allow-build-scripts = true

[serve]
routes = [{ path = "/", method = "GET" }]

[web]
title = "Tool"

[[test]]
name = "says its name"
args = ["--name"]
stdin = "a\\u0000b"
stdout = "tool\\r\\n"
stderr = ""
exit-code = 3

[[test]]
name = "adds"
call = { name = "add", args = [1, [2.5, "x"], { a = true }], result = { sum = 3 } }
'''


def test_every_key_has_its_place():
    assert parse(WHOLE) == Manifest(
        name=Name("acme", "tool"),
        version=Version(1, 2, 0, ("rc", "1")),
        description="Makes images small.\n\nAnd nothing else.",
        license="MIT",
        authors=("Ada <ada@example.com>", "Björn"),
        readme="README.md",
        homepage="https://example.com/tool",
        repository="https://example.com/tool.git",
        keywords=("image", "small"),
        kind="library",
        commands=(
            Command("tool", ("--quality", "80"), {"LANG": "C.UTF-8"}, "/inside"),
            Command("tool-slow"),
        ),
        permissions=Permissions(
            True,
            (
                FolderWish("data", "/data", True),
                FolderWish("", "/in", True),
                FolderWish("", "/out"),
            ),
            ("api.example.com:443", "*.example.org:*", "[::1]:80"),
            ("LOG_LEVEL",),
            True,
            False,
        ),
        limits={"memory": 64 << 20, "timeout": 0.5, "fuel": 1000},
        dependencies=(
            Dependency(Name("acme", "codec"), Requirement.parse(">=1, <3"), "../codec"),
            Dependency(Name("acme", "near"), Requirement(), "../near"),
            Dependency(Name("acme", "zlib"), Requirement.parse("^1.2")),
        ),
        files={"/etc": "etc", "/share/words.txt": "data/words.txt"},
        build=Build(
            "c",
            "src/main.c",
            ("-O2", '-DNAME="x"'),
            "acme:tool/tool",
            "wit",
            "requirements.txt",
            "quickjs",
            "python@3.12",
            "out/tool.wasm",
            True,
        ),
        serve={"routes": ({"path": "/", "method": "GET"},)},
        web={"title": "Tool"},
        tests=(
            Case("says its name", ("--name",), "a\0b", "tool\r\n", "", 3),
            Case("adds", call=Call("add", (1, (2.5, "x"), {"a": True}), {"sum": 3})),
        ),
    )


def test_nothing_is_a_manifest_too():
    assert parse("") == Manifest()
    assert Manifest().to_json() == {}
    assert Manifest.from_json({}) == Manifest()


def test_a_manifest_comes_out_of_json_as_it_went_in():
    manifest = parse(WHOLE, folder=Path("here"))
    packed = json.loads(json.dumps(manifest.to_json()))
    again = Manifest.from_json(packed)
    assert again.to_json() == packed
    assert again.folder is None
    assert [each.path for each in again.dependencies] == ["", "", ""]
    whole = {name: getattr(manifest, name) for name in Manifest.__slots__}
    bare = tuple(Dependency(each.name, each.requirement) for each in manifest.dependencies)
    assert again == Manifest(**{**whole, "dependencies": bare, "folder": None})


@pytest.mark.parametrize(
    "host", ["0177.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "1.2.3.4.5", "256.1.1.1",
             "1.2.3.04", "*.1.2.3.4", "[1:2]", "[::ffff:1.2.3.400]", "a.0x1"],
)  # fmt: skip
def test_an_address_has_one_spelling(host):
    with pytest.raises(InputError) as caught:
        parse(f'[permissions]\nnetwork = ["{host}:80"]')
    assert str(caught.value).endswith(
        f"permissions.network[0]: '{host}:80' is no address that all programs read alike; write an"
        " IPv4 address as four decimal numbers, such as 192.0.2.1:443"
    )


@pytest.mark.parametrize("wish", ["127.0.0.1:80", "[::1]:80", "1.example:80", "0x.example:*"])
def test_addresses_that_all_read_alike_can_be_wished_for(wish):
    assert parse(f'[permissions]\nnetwork = ["{wish}"]').permissions.network == (wish,)


def test_a_stated_wish_for_nothing_is_kept():
    manifest = parse("[permissions]")
    assert manifest.permissions == Permissions(stated=True)
    assert manifest.to_json() == {"permissions": {}}
    assert Manifest.from_json({"permissions": {}}) == manifest


@pytest.mark.parametrize(
    "text, said",
    [
        (
            '[package]\nnmae = "x"',
            ":2: package.nmae: there is no such key; did you mean package.name?",
        ),
        ("[pakage]", ":1: pakage: there is no such key; did you mean package?"),
        (
            "[limits]\ncpu-time = 1",
            ":2: limits.cpu-time: there is no such key; did you mean limits.cpu_time?",
        ),
        (
            "[build]\nallow_build_scripts = true",
            ":2: build.allow_build_scripts: there is no such key;"
            " did you mean build.allow-build-scripts?",
        ),
        (
            "[permissions]\nqqq = 1",
            ":2: permissions.qqq: there is no such key;"
            " keys here are: files, network, env, clock, random",
        ),
        (
            '"\\u001b[2J" = 1',
            ':1: "\\x1b[2J": there is no such key; keys here are: package, command,'
            " permissions, limits, dependencies, files, build, serve, web, test",
        ),
        (
            '[package]\n\nname = "Tool"',
            ":3: package.name: 'Tool' is not a package's name;"
            " put a namespace before it, such as me:tool",
        ),
        (
            "[package]\nversion = 1.2",
            ":2: package.version is the number 1.2, not text; put it in quotes",
        ),
        ('[package]\nversion = "1.2"', ":2: package.version: '1.2' is not a version; write 1.2.0"),
        (
            '[package]\ndescription = "\\u001b[31mred"',
            ":2: package.description holds the character '\\x1b'; leave it out",
        ),
        (
            '[package]\nlicense = "MIT\\u202e"',
            ":2: package.license holds the character '\\u202e'; leave it out",
        ),
        ('[package]\nauthors = "Ada"', ":2: package.authors is text, not a list; put it in [ ]"),
        (
            '[package]\nauthors = [\n"Ada",\n1]',
            ":4: package.authors[1] is the number 1, not text; put it in quotes",
        ),
        (
            '[package]\nhomepage = "javascript:alert(1)"',
            ":2: package.homepage: 'javascript:alert(1)'"
            " is not the address of a page; begin it with https://",
        ),
        (
            '[package]\nreadme = "../../etc/passwd"',
            ":2: package.readme: '../../etc/passwd' is not a"
            " path inside the package's folder; write it from that folder, with / between names and"
            " without ..",
        ),
        ('[package]\nkind = "app"', ":2: package.kind: 'app' is no kind; write command or library"),
        ("package = 3", ":1: package is the number 3, not a table; write [package]"),
        ("command = {}", ":1: command is a table, not a list; put it in [ ]"),
        ("[[command]]\nargs = []", ":1: command[0] has no name; add name = ..."),
        (
            '[[command]]\nname = "../x"',
            ":2: command[0].name: '../x' is not a name;"
            " use letters, digits, '-', '_' and '.', at most 64",
        ),
        (
            '[[command]]\nname = "a"\n[[command]]\nname = "a"',
            ":4: command[1].name: 'a' is the name of two; rename one of them",
        ),
        (
            '[[command]]\nname = "a"\nargs = ["\\u0000"]',
            ":3: command[0].args[0]: it holds a null character, which no program can be given",
        ),
        (
            '[[command]]\nname = "a"\nenv = { "A=B" = "" }',
            ":3: command[0].env.\"A=B\": 'A=B' is not the"
            " name of a variable; write it like LOG_LEVEL",
        ),
        (
            '[permissions]\nfiles = ["/etc/../x"]',
            ":2: permissions.files[0]: '/etc/../x' is not a path"
            " of the guest; begin it with / and leave out ..",
        ),
        (
            '[permissions]\nfiles = ["/etc:/etc"]',
            ":2: permissions.files[0]: '/etc' is not a path inside"
            " the package's folder; write it from that folder, with / between names and without ..",
        ),
        (
            '[permissions]\nfiles = ["data"]',
            ":2: permissions.files[0]: 'data' is not a wish for a folder;"
            " write /GUEST:ro, or ./FOLDER:/GUEST:ro",
        ),
        (
            '[permissions]\nnetwork = ["https://x.org"]',
            ":2: permissions.network[0]: 'https://x.org' is"
            " not an address; write HOST:PORT, such as api.example.com:443",
        ),
        (
            '[permissions]\nnetwork = ["x.org:70000"]',
            ":2: permissions.network[0]: 'x.org:70000' is not"
            " an address; write HOST:PORT, such as api.example.com:443",
        ),
        ('[permissions]\nclock = "yes"', ":2: permissions.clock is text, not true or false"),
        (
            '[limits]\nmemory = "lots"',
            ":2: limits.memory: 'lots' is not a size; write it like 64m or 1.5g",
        ),
        (
            "[limits]\nfuel = -1",
            ":2: limits.fuel: must be more than 0, and -1 is not; write it like 1000 or 10k",
        ),
        (
            "[limits]\ntimeout = nan",
            ":2: limits.timeout is the number nan, which a manifest cannot keep; write it as text",
        ),
        (
            "[limits]\nmemory = 0x" + "f" * 5000,
            ":2: limits.memory is a number with too many digits, which"
            " a manifest cannot keep; write it as text",
        ),
        (
            '[dependencies]\nzlib = "1"',
            ":2: dependencies.zlib: 'zlib' is not a package's name;"
            " put a namespace before it, such as me:zlib",
        ),
        (
            '[dependencies]\n"a:b" = "latest"',
            ":2: dependencies.\"a:b\": 'latest' is not a requirement on"
            " versions; write it like ^1.2, ~1.2.3, =1.0.0, >=1, <3 or *",
        ),
        (
            '[dependencies."a:b"]\ngit = "x"',
            ':2: dependencies."a:b".git: there is no such key; keys here are: version, path',
        ),
        (
            '[dependencies]\n"a:b" = {}',
            ':2: dependencies."a:b" has neither version nor path; write "^1.0"',
        ),
        ('[files]\n"/a" = "x"\n"/a/" = "y"', ':3: files."/a/" is /a a second time'),
        (
            '[files]\n"/a" = "/etc/passwd"',
            ":2: files.\"/a\": '/etc/passwd' is not a path inside the"
            " package's folder; write it from that folder, with / between names and without ..",
        ),
        (
            "[serve]\nsince = 2020-01-01",
            ":2: serve.since is a date, which a manifest cannot keep; write it as text",
        ),
        ("serve = 1", ":1: serve is the number 1, not a table; write [serve]"),
        ('[[test]]\nname = "t"\nexit-code = 256', ":3: test[0].exit-code is not between 0 and 255"),
        (
            '[[test]]\nname = "t"\nstdin = "x"\ncall = { name = "f" }',
            ":3: test[0].stdin does not go with a call; write call or stdin",
        ),
    ],
    ids=lambda text: ascii(text[:40]),
)
def test_what_is_wrong_is_told_with_file_line_key_and_remedy(text, said):
    with pytest.raises(InputError) as caught:
        parse(text, "pkg/wherever.toml")
    assert str(caught.value) == f"pkg/wherever.toml{said}"


@pytest.mark.parametrize(
    "values, said",
    [
        (None, "the manifest is nothing, not a table"),
        ([], "the manifest is a list, not a table"),
        (
            {"package": {"name": 1}},
            "the manifest: package.name is the number 1, not text; put it in quotes",
        ),
        (
            {"web": {"x": float("nan")}},
            "the manifest: web.x is the number nan, which a manifest cannot keep; write it as text",
        ),
        ({"web": {"x": "\ud800"}}, "the manifest: web.x is not text; leave lone surrogates out"),
        ({"limits": {"output": None}}, "the manifest: limits.output is nothing; leave it out"),
        (
            {"dependencies": {"a:b": {"path": "/home/me"}}},
            'the manifest: dependencies."a:b".path is a'
            " folder of its author's machine; leave it out",
        ),
        (
            {"build": {"flags": ["x"] * 5000}},
            "the manifest: build.flags has more than 4096 entries",
        ),
    ],
)
def test_json_is_checked_as_strictly(values, said):
    with pytest.raises(InputError) as caught:
        Manifest.from_json(values)
    assert str(caught.value) == said


def test_json_as_deep_as_python_allows_is_refused():
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InputError) as caught:
        Manifest.from_json({"serve": {"x": deep}})
    assert str(caught.value) == (
        "the manifest: tables and lists lie more than 24 deep in each other; write it flatter"
    )
    # Python takes such a thing apart by recursion where it is not helped.
    while isinstance(deep, list):
        deep = deep.pop()


def test_a_folder_and_a_file_are_read(tmp_path):
    file = tmp_path / "wherever.toml"
    with pytest.raises(NotFound) as caught:
        read(tmp_path)
    assert str(caught.value) == (f"there is no {file}; write one, or make one with `wherever init`")
    file.write_text('[package]\nname = "a:b"\n')
    assert read(tmp_path) == read(file) == Manifest(name=Name("a", "b"))
    assert read(tmp_path).folder == tmp_path
    file.write_text("\n[packages]")
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert str(caught.value) == (f"{file}:2: packages: there is no such key; did you mean package?")


def test_a_command_is_found_by_its_name_or_is_the_first():
    manifest = parse(WHOLE)
    assert manifest.command() == manifest.commands[0]
    assert manifest.command("tool-slow") == manifest.commands[1]
    assert parse("").command() is None
    said = []
    for each, name in ((manifest, "tool-slwo"), (manifest, "q"), (parse(""), "q")):
        with pytest.raises(NotFound) as caught:
            each.command(name)
        said.append(str(caught.value))
    assert said == [
        "the package has no command called 'tool-slwo'; did you mean tool-slow?",
        "the package has no command called 'q'; it has: tool, tool-slow",
        "the package has no command called 'q'; it has: none",
    ]


def test_a_manifest_does_not_change():
    manifest = parse(WHOLE)
    for mapping in (manifest.serve, manifest.files, manifest.limits, manifest.commands[0].env):
        with pytest.raises(TypeError):
            mapping["x"] = 1


# ----- whatever they hold

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.dates()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    "name version description files env args call result clock memory fuel a:b /a version path"
    " flags main language exit-code stdin x".split()
)
TABLES = st.sampled_from(
    "package command permissions limits dependencies files build serve web test x".split()
)


@given(
    st.dictionaries(
        TABLES,
        VALUES
        | st.dictionaries(KEYS, VALUES, max_size=4)
        | st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=2),
        max_size=4,
    )
)
def test_any_json_is_a_manifest_or_refused_in_words(values):
    try:
        manifest = Manifest.from_json(values)
    except InputError as error:
        assert str(error).startswith("the manifest")
        assert str(error).isprintable()
        assert len(str(error)) < 1000
        return
    packed = json.loads(json.dumps(manifest.to_json(), allow_nan=False))
    assert Manifest.from_json(packed).to_json() == packed


def test_a_damaged_manifest_is_read_or_refused_in_words():
    rng = random.Random(7)
    pieces = ["\n", "[", "]", "{", "}", "=", '"', "'", '"""', ".", ",", "\\", "#", "\0", "é", "1e9"]
    for _ in range(1500):
        text = WHOLE
        for _ in range(rng.choice((1, 1, 2, 5))):
            at = rng.randrange(len(text))
            how = rng.randrange(4)
            if how == 0:
                text = text[:at] + rng.choice(pieces) + text[at:]
            elif how == 1:
                text = text[:at] + text[at + rng.randint(1, 40) :]
            elif how == 2:
                other = rng.randrange(len(text))
                text = text[:at] + text[other : other + rng.randint(1, 80)] + text[at:]
            else:
                text = text[:at] + chr(rng.choice((27, 0x202E, 0, 65, 34))) + text[at + 1 :]
        try:
            parse(text, "w")
        except InputError as error:
            assert str(error).startswith("w:")
            assert str(error).isprintable()
            assert len(str(error)) < 1000


# ----- the page


PAGE = Path(__file__).parent.parent.parent / "docs" / "manifest.md"


def test_what_the_page_shows_is_one_manifest_with_every_key():
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    whole = "\n".join(blocks)
    packed = parse(whole).to_json()
    assert set(schema.TABLES) - set(packed) == {"web"}
    keys = {
        *schema.PACKAGE,
        *schema.COMMAND,
        *schema.PERMISSIONS,
        *schema.LIMITS,
        *schema.DEPENDENCY,
        *schema.BUILD,
        *schema.CASE,
        *schema.CALL,
    }
    assert {key for key in keys if not re.search(rf"\b{key} = ", whole)} == set()
