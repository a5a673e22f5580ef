"""Manifests of other tools become ours, and what has no place is told."""

import random

import pytest

from wherever.errors import InputError, NotFound
from wherever.package.foreign import convert
from wherever.package.manifest import parse

WASMER = """\
[package]
name = "Ada/Image_Tool"
version = "1.2.0"
description = "Makes \\"small\\" images."
license = "MIT"
license-file = "LICENSE.md"
repository = "https://example.com/tool"
entrypoint = "slow"
private = true

[dependencies]
"ada/codec" = "^1"
"ada/python" = "3.12.9+build.9"

[fs]
"share" = "./share"
"/etc" = "../etc"

[[module]]
name = "tool"
source = "target/tool.wasm"
abi = "wasi"

[[command]]
name = "tool"
module = "tool"
runner = "https://webc.org/runner/wasi"
[command.annotations.wasi]
main-args = ["--fast"]
env = ["LANG=C", "EMPTY="]
cwd = "/work"
exec-name = "it"

[[command]]
name = "slow"
module = "ada/python:python"
main_args = "-c 'a b'"
runner = "wcgi"
[command.annotations.wcgi]
dialect = "rfc-3875"
"""

FROM_WASMER = """\
# Made from wasmer.toml.

[package]
name = "ada:image-tool"
version = "1.2.0"
description = "Makes \\"small\\" images."
license = "MIT"
repository = "https://example.com/tool"

[[command]]
name = "slow"
args = ["-c", "a b"]

[[command]]
name = "tool"
args = ["--fast"]
env = { LANG = "C", EMPTY = "" }
workdir = "/work"

[dependencies]
"ada:codec" = "^1"

[files]
"/share" = "./share"

# What wasmer.toml says besides, and has no place here:
#   command slow: runner = "wcgi"
#   command slow: module = "ada/python:python" (a program of another package)
#   command slow: annotations.wcgi = { dialect = "rfc-3875" }
#   command tool: annotations.wasi.exec-name = "it"
#   dependencies.ada/python = "3.12.9+build.9" ('3.12.9+build.9' is not a requirement on versions)
#   fs./etc = "../etc" ('../etc' is not a path inside the package's folder)
#   module tool = "target/tool.wasm" (build makes it)
#   package.license-file = "LICENSE.md"
#   package.private = true
"""

SPIN = """\
spin_manifest_version = 2
[application]
name = "greeter"
version = "0.1.0"
authors = ["Ada"]
[variables]
token = { required = true, secret = true }
[[trigger.http]]
route = "/..."
component = "greeter"
[component.greeter]
source = "target/greeter.wasm"
files = ["data/a.txt", "images/*.jpg", { source = "assets", destination = "/pictures" }]
allowed_outbound_hosts = ["https://api.example.com", "redis://cache:6379", "*://*:*"]
environment = { MODE = "slow" }
[component.greeter.build]
command = "cargo build"
"""

FROM_SPIN = """\
# Made from spin.toml.

[package]
name = "me:greeter"
version = "0.1.0"
authors = ["Ada"]

[[command]]
name = "greeter"
env = { MODE = "slow" }

[permissions]
network = ["api.example.com:443", "cache:6379"]

[files]
"/data/a.txt" = "data/a.txt"
"/pictures" = "assets"

# What spin.toml says besides, and has no place here:
#   application.name = "greeter" (it has no namespace: put yours in place of me)
#   component.greeter.files = "images/*.jpg" (name files or folders, not patterns)
#   component.greeter.allowed_outbound_hosts = "*://*:*" (name the hosts)
#   component.greeter.source = "target/greeter.wasm"
#   component.greeter.build = { command = "cargo build" }
#   variables = { token = { required = true, secret = true } }
#   trigger = { http = [{ route = "/...", component = "greeter" }] }
"""

SPIN_1 = """\
spin_version = "1"
name = "old"
version = "1.0.0"
trigger = { type = "http" }
[[component]]
id = "one"
source = "one.wasm"
allowed_http_hosts = ["api.example.com", "insecure:allow-all"]
files = 3
"""

FROM_SPIN_1 = """\
# Made from spin.toml.

[package]
name = "me:old"
version = "1.0.0"

[permissions]
network = ["api.example.com:443"]

# What spin.toml says besides, and has no place here:
#   application.name = "old" (it has no namespace: put yours in place of me)
#   component.one.files = 3 (it is no list)
#   component.one.allowed_http_hosts = "insecure:allow-all" ('insecure:allow-all' is not an address)
#   component.one.source = "one.wasm"
#   trigger = { type = "http" }
"""

WKG = """\
[overrides]
"ada:codec" = { path = "../codec", version = "^1" }
[metadata]
author = "Ada"
licenses = "MIT"
source = "git@example.com:x"
homepage = "https://example.com"
revision = "f00"
"""

FROM_WKG = """\
# Made from wkg.toml.

[package]
authors = ["Ada"]
license = "MIT"
homepage = "https://example.com"

[dependencies]
"ada:codec" = { path = "../codec", version = "^1" }

[build]
wit = "wit"

# What wkg.toml says besides, and has no place here:
#   metadata.source = "git@example.com:x" ('git@example.com:x' is not the address of a page)
#   metadata.revision = "f00"
#   name and version (they stand in the first line of the WIT files)
"""


@pytest.mark.parametrize(
    "name, theirs, ours",
    [
        ("wasmer.toml", WASMER, FROM_WASMER),
        ("spin.toml", SPIN, FROM_SPIN),
        ("spin.toml", SPIN_1, FROM_SPIN_1),
        ("wkg.toml", WKG, FROM_WKG),
        ("wasmer.toml", "", "# Made from wasmer.toml.\n"),
    ],
)
def test_a_manifest_is_taken_over(tmp_path, name, theirs, ours):
    (tmp_path / name).write_text(theirs)
    assert convert(tmp_path / name) == convert(tmp_path) == ours
    parse(ours)


def test_what_is_no_manifest_is_told(tmp_path):
    (tmp_path / "Cargo.toml").write_text("")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "spin.toml").write_text("\nname = \n")
    said = []
    for path in ("Cargo.toml", "", "none/wkg.toml", "broken"):
        with pytest.raises(InputError) as caught:
            convert(tmp_path / path)
        said.append(str(caught.value).replace(str(tmp_path), "T"))
    known = "known are wasmer.toml, wapm.toml, spin.toml, wkg.toml"
    assert said == [
        f"T/Cargo.toml is no manifest that can be taken over; {known}",
        f"T has no manifest of another tool; {known}",
        "there is no T/none/wkg.toml",
        "T/broken/spin.toml:2:8: this is not TOML: invalid value",
    ]
    with pytest.raises(NotFound):
        convert(tmp_path)


def test_nothing_of_it_is_obeyed_or_gets_out_of_its_comment(tmp_path):
    (tmp_path / "wkg.toml").write_text(
        '[metadata]\nrevision = "a\\n[permissions]\\nfiles = [\\"/\\"]"\n"\\u001b[2J" = 1\n'
        f'"{"k" * 500}" = 2\n'
    )
    text = convert(tmp_path)
    assert parse(text) == parse('[build]\nwit = "wit"')
    assert text.replace("\n", "").isprintable()
    assert max(map(len, text.splitlines())) < 210


@pytest.mark.parametrize(
    "name, text",
    [
        ("wasmer.toml", "".join(f'[[command]]\nname = "a{n}"\n' for n in range(9000))),
        (
            "spin.toml",
            "[component.a]\nallowed_outbound_hosts = ["
            + "".join(f'"h{n}",' for n in range(25_000))
            + "]",
        ),
        (
            "spin.toml",
            "".join(f"[component.c{n}]\nfiles=['f{n}']\n" for n in range(6500)),
        ),
    ],
    ids=["commands", "hosts", "files"],
)
def test_a_long_one_becomes_a_manifest_of_the_size_that_is_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    made = convert(tmp_path / name)
    parse(made)
    assert " and " in made.splitlines()[-1]


def test_two_commands_of_one_name_do_not_both_come_along(tmp_path):
    (tmp_path / "wasmer.toml").write_text('[[command]]\nname = "a"\n' * 2)
    made = convert(tmp_path)
    assert [each.name for each in parse(made).commands] == ["a"]
    assert made.endswith("#   command a = \"a\" ('a' is the name of two)\n")


def test_a_path_that_no_system_takes_is_told(tmp_path):
    with pytest.raises(InputError, match="no manifest that can be taken over"):
        convert(tmp_path / ("x" * 300))
    with pytest.raises(InputError, match="File name too long"):
        convert(tmp_path / ("x" * 300) / "wkg.toml")


def test_whatever_they_hold_becomes_a_manifest(tmp_path):
    rng = random.Random(11)
    values = [
        '"x"',
        "3",
        "true",
        "[]",
        "[1]",
        '["a", {b = 1}]',
        "{}",
        "{ a = { b = [1.5] } }",
        "1979-05-27",
        "inf",
        '"/../x"',
        '["A=B", "C"]',
        '"a:b"',
        "0x" + "f" * 400,
    ]
    texts = {"wasmer.toml": WASMER, "spin.toml": SPIN + SPIN_1.partition("[[")[0], "wkg.toml": WKG}
    for number in range(600):
        name = rng.choice(sorted(texts))
        lines = texts[name].splitlines()
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(lines))
            key, equals, _ = lines[at].partition(" = ")
            lines[at] = f"{key} = {rng.choice(values)}" if equals else rng.choice(lines)
        file = tmp_path / name
        file.write_text("\n".join(lines))
        try:
            text = convert(file)
        except InputError as error:
            assert "this is not TOML" in str(error), number
        else:
            parse(text)
