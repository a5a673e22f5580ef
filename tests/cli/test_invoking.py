"""`run --invoke` of components: arguments as JSON, results too, and help from the types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from tests.cli.test_new import Command, here
from tests.conftest import Ran

__all__ = ["here"]


@pytest.fixture
def text(here: Command) -> Command:
    """The command, beside a library `text` that is built."""
    assert here("new", "text", "--lang", "c", "--kind", "library").exit_code == 0
    assert here("build", inside="text").exit_code == 0
    return here


@pytest.mark.timeout(120)
def test_functions_are_called_with_text_and_json(text: Command) -> None:
    wasm = "text/build/text.wasm"
    assert text("run", "--invoke", "slug", wasm, "Hello, World!") == Ran(0, "hello-world\n", "")
    assert text("run", "--invoke", "count", wasm, '"a bc"') == Ran(
        0, '{"words": 2, "letters": 3}\n', ""
    )
    assert text("run", "--invoke", "text.count", "--json", "text", "ab") == Ran(
        0,
        '{\n  "result": {\n    "words": 1,\n    "letters": 2\n  },\n'
        '  "stdout": "",\n  "stderr": ""\n}\n',
        "",
    )
    assert text("run", "--invoke", "slug", wasm) == Ran(
        125,
        "",
        "wherever: slug takes 1 argument, not 0; slug <title: string> -> string\n",
    )
    assert text("run", "--invoke", "slog", wasm, "a") == Ran(
        126, "", "wherever: text.wasm exports no function slog; did you mean slug?\n"
    )
    assert text("run", "--invoke", "slug", "--dir", ".", wasm, "a") == Ran(
        125,
        "",
        "wherever: --dir has no meaning for a function of a component, which has no files, no"
        " network and no input; leave it out, or run the component as a command\n",
    )


ASKING = """(component
  (import "lab:asks/names" (instance $names (export "count" (func (result u32)))))
  (core func $count (canon lower (func $names "count")))
  (core module $inner
    (import "names" "count" (func $count (result i32)))
    (func (export "ask") (result i32) call $count)
    (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
  (core instance $given (export "count" (func $count)))
  (core instance $made (instantiate $inner (with "names" (instance $given))))
  (func (export "ask") (result u32) (canon lift (core func $made "ask")))
  (func (export "twice") (param "number" u32) (result u32)
    (canon lift (core func $made "twice"))))"""


def test_only_calls_of_what_nobody_gives_fail(here: Command, tmp_path: Path) -> None:
    wasm = str(tmp_path / "asks.wasm")
    Path(wasm).write_bytes(wat2wasm(ASKING))
    assert here("run", "--invoke", "twice", wasm, "21") == Ran(0, "42\n", "")
    ran = here("run", "--invoke", "ask", wasm)
    assert (ran.exit_code, ran.stdout) == (126, "")
    assert ran.stderr.startswith(
        "wherever: asks.wasm called count, one of its imports, which nothing gives it here; "
    )


@pytest.mark.timeout(120)
def test_help_is_made_from_the_types(text: Command) -> None:
    wasm = "text/build/text.wasm"
    listed = "slug <title: string> -> string\ncount <text: string> -> counts\n"
    assert text("run", "--invoke-help", wasm) == Ran(0, listed, "")
    ran = text("run", "--invoke", "count", "--invoke-help", wasm)
    assert ran.exit_code == 0
    assert ran.stdout.startswith("count <text: string> -> counts\n")
    assert ran.stdout.endswith('  text: string, such as "text"\n')


@pytest.mark.timeout(120)
def test_a_package_tests_its_functions(text: Command, tmp_path: Path) -> None:
    manifest = tmp_path / "w" / "text" / "wherever.toml"
    case = '\n[[test]]\nname = "{}"\ncall = {{ name = "count", args = ["a b"], result = {} }}\n'
    right = case.format("right", "{ words = 2, letters = 2 }")
    wrong = case.format("wrong", "{ words = 2, letters = 3 }")
    manifest.write_text(manifest.read_text() + right + wrong)
    ran = text("test", inside="text")
    assert (ran.exit_code, ran.stdout.splitlines()[-4:]) == (
        1,
        [
            "ok     right",
            "FAILED wrong",
            '       count gave {"words": 2, "letters": 2}, and not {"words": 2, "letters": 3}',
            "2 passed, 1 failed",
        ],
    )


BYTES = """(component
  (core module $inner
    (memory (export "memory") 1)
    (data (i32.const 8) "\\10\\00\\00\\00\\03\\00\\00\\00" "a\\c3\\a4" "\\ff\\00")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "greet") (result i32) (i32.const 8))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 512) (local.get 0))
      (i32.store (i32.const 516) (local.get 1))
      (i32.const 512)))
  (core instance $made (instantiate $inner))
  (alias core export $made "memory" (core memory $memory))
  (alias core export $made "realloc" (core func $realloc))
  (type $greet (func (result (list u8))))
  (type $echo (func (param "bytes" (list u8)) (result (list u8))))
  (func $greet (type $greet)
    (canon lift (core func $made "greet") (memory $memory)))
  (func $echo (type $echo)
    (canon lift (core func $made "echo") (memory $memory) (realloc $realloc)))
  (export "greet" (func $greet))
  (export "echo" (func $echo)))"""


def test_bytes_are_compared_as_text_or_bytes(here: Command, tmp_path: Path) -> None:
    folder = tmp_path / "w" / "lib"
    folder.mkdir()
    (folder / "main.wat").write_text(BYTES)
    calls = [
        'name = "greet", result = "a\u00e4"',
        'name = "greet", result = [97, 195, 164]',
        'name = "greet", result = { base64 = "YcOk" }',
        'name = "echo", args = ["hi"], result = "hi"',
        'name = "echo", args = [{ base64 = "/wA=" }], result = { base64 = "/wA=" }',
        'name = "greet", result = "b"',
        'name = "echo", args = [[255]], result = [255, 0]',
        'name = "greet", result = 7',
    ]
    (folder / "wherever.toml").write_text(
        '[package]\nname = "my:lib"\nversion = "0.1.0"\nkind = "library"\n'
        + "".join(
            f'[[test]]\nname = "{at}"\ncall = {{ {each} }}\n' for at, each in enumerate(calls)
        )
    )
    assert here("build", "lib").exit_code == 0
    told = json.loads(here("test", "lib", "--json").stdout)
    assert [each["wrong"] for each in told] == [
        *[[]] * 5,
        ['greet gave "a\u00e4", and not "b"'],
        ['echo gave {"base64": "/w=="}, and not {"base64": "/wA="}'],
        ['greet gave "a\u00e4", and not 7'],
    ]


@pytest.mark.timeout(120)
def test_a_packages_own_limits_hold_for_calls_too(here: Command, tmp_path: Path) -> None:
    assert here("new", "text", "--lang", "c", "--kind", "library").exit_code == 0
    manifest = tmp_path / "w" / "text" / "wherever.toml"
    manifest.write_text(manifest.read_text() + '\n[limits]\nmemory = "1m"\n')
    assert here("build", inside="text").exit_code == 0
    ran = here("run", "--invoke", "slug", "text", "A b")
    assert (ran.exit_code, ran.stdout) == (137, "")
    assert here("run", "--invoke", "slug", "--memory", "64m", "text", "A b") == Ran(0, "a-b\n", "")
