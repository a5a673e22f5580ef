"""The first minutes of a package: new, build, run, test, packages, df."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Ran

Command = Callable[..., Any]


@pytest.fixture
def here(tmp_path: Path, fresh_home: Path, wherever: Command) -> Command:
    """Runs the command in an empty folder with a home of its own and the checkout's tools."""
    env = {"WHEREVER_HOME": str(fresh_home), "WHEREVER_TOOLS": str(ROOT / ".cache" / "tools")}
    (tmp_path / "w").mkdir()

    def run(*words: object, inside: str = "") -> Ran:
        ran: Ran = wherever(*words, env=env, cwd=tmp_path / "w" / inside)
        return ran

    return run


def test_from_an_empty_folder_to_a_package_that_runs_by_its_name(here: Command) -> None:
    assert here("new", "tool", "--lang", "wat") == Ran(
        0,
        "made my:tool in tool\nnext: cd tool && wherever build && wherever run .\n",
        "",
    )
    ran = here("run", ".", inside="tool")
    assert ran == Ran(126, "", "wherever: .: it was not built yet; wherever build .\n")
    built = here("build", inside="tool")
    assert (built.exit_code, built.stderr) == (0, "")
    first, second, third = built.stdout.splitlines()
    assert first.startswith("built build/tool.wasm in ")
    assert second.startswith("package my:tool 0.1.0 sha256:")
    assert third == "next: wherever run ."
    said = "Hello from WebAssembly text!\n"
    assert here("run", ".", inside="tool") == Ran(0, said, "")
    assert here("run", "my:tool") == Ran(0, said, "")
    assert here("test", inside="tool") == Ran(0, "ok     says hello\n1 passed\n", "")
    listed = here("packages").stdout
    assert listed.startswith("my:tool@0.1.0  1.")
    assert listed.endswith("A first program in WebAssembly's own text.\n")


def test_a_site_is_made_to_be_served(here: Command) -> None:
    assert here("new", "acme:shop", "--lang", "c", "--kind", "http") == Ran(
        0, "made acme:shop in shop\nnext: cd shop && wherever build && wherever serve .\n", ""
    )


def test_packages_are_removed_by_name_and_freed(here: Command) -> None:
    assert here("packages").stdout.startswith("no packages are kept here")
    here("new", "tool", "--lang", "wat")
    here("build", "tool")
    assert here("packages", "remove", "my:tool").stderr == (
        "wherever: my:tool has no version; write my:tool@VERSION\n"
    )
    assert here("packages", "remove", "my:tool@0.1.0").stdout.startswith("removed my:tool@0.1.0")
    again = here("packages", "remove", "my:tool@0.1.0")
    assert (again.exit_code, again.stdout) == (127, "")
    rows = json.loads(here("df", "--json").stdout)
    (packages,) = (row for row in rows if row["what"] == "packages")
    assert packages["unused"] > 1000
    assert json.loads(here("packages", "prune", "--json").stdout)["freed"] == packages["unused"]
    assert "packages" in here("df").stdout


def test_without_a_name_the_languages_are_listed(here: Command) -> None:
    ran = here("new")
    assert (ran.exit_code, ran.stderr) == (0, "wherever new NAME --lang LANG makes one\n")
    assert "wat" in [line.split()[0] for line in ran.stdout.splitlines()]
    assert json.loads(here("new", "--json").stdout)["templates"]["wat"] == ["command"]
    for words, missing in ((("--lang", "c"), "NAME"), (("tool",), "--lang")):
        ran = here("new", *words)
        assert ran == Ran(
            125, "", f"wherever: new needs {missing}; wherever new NAME --lang LANG\n"
        )


def test_a_failing_case_says_what_was_otherwise(here: Command, tmp_path: Path) -> None:
    here("new", "tool", "--lang", "wat")
    here("build", "tool")
    toml = tmp_path / "w" / "tool" / "wherever.toml"
    toml.write_text(toml.read_text().replace("Hello from", "Goodbye to") + "exit-code = 3\n")
    assert here("test", "tool") == Ran(
        1,
        "FAILED says hello\n"
        "       exit code 0, and not 3\n"
        "       stdout was 'Hello from WebAssembly text!\\n', and not"
        " 'Goodbye to WebAssembly text!\\n'\n"
        "0 passed, 1 failed\n",
        "",
    )
    told = json.loads(here("test", "tool", "--json").stdout)
    assert [case["passed"] for case in told] == [False]
    toml.write_text(toml.read_text().partition("[[test]]")[0])
    assert here("test", "tool").stderr == (
        "wherever: tool: its package has no tests; write some: [[test]] with name, args, stdin"
        " and stdout in wherever.toml\n"
    )


def test_a_build_that_fails_leaves_what_was_there(here: Command, tmp_path: Path) -> None:
    here("new", "tool", "--lang", "wat")
    here("build", "tool")
    main = tmp_path / "w" / "tool" / "main.wat"
    main.write_text("(module (func $f (export")
    ran = here("build", "tool")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("wherever: wasm-tools failed with code 1:\nerror: ")
    assert "main.wat:1:" in ran.stderr
    assert here("run", "tool").stdout == "Hello from WebAssembly text!\n"
    shutil.rmtree(tmp_path / "w" / "tool" / "build")
    assert here("run", "tool").exit_code == 126


def test_a_manifest_is_written_for_what_is_there(here: Command, tmp_path: Path) -> None:
    folder = tmp_path / "w"
    assert here("init").stderr.startswith("wherever: ")
    (folder / "main.wat").write_text("(module)")
    ran = here("init", "--name", "acme:it")
    assert ran == Ran(0, "wrote wherever.toml\nnext: wherever build\n", "")
    assert (folder / "wherever.toml").read_text() == (
        '[package]\nname = "acme:it"\nversion = "0.1.0"\n\n'
        '[build]\nlanguage = "wat"\nmain = "main.wat"\n'
    )
    assert here("build").exit_code == 0
    assert here("init").stderr == (
        "wherever: wherever.toml is there already; remove it first, or see what it would be with"
        " --print\n"
    )


def test_another_tools_manifest_is_taken_over(here: Command, tmp_path: Path) -> None:
    (tmp_path / "w" / "wasmer.toml").write_text('[package]\nname = "acme/it"\nversion = "1.0.0"\n')
    printed = here("init", "--from", "wasmer.toml", "--print").stdout
    assert 'name = "acme:it"' in printed
    assert here("init", "--from", "wasmer.toml").exit_code == 0
    assert (tmp_path / "w" / "wherever.toml").read_text() == printed
    assert here("init", "--from", "none.toml", "sub").exit_code == 125


def test_a_packages_card_is_shown_with_what_it_asks_for(here: Command, tmp_path: Path) -> None:
    here("new", "tool", "--lang", "wat")
    toml = tmp_path / "w" / "tool" / "wherever.toml"
    toml.write_text(toml.read_text() + '[permissions]\nfiles = ["/in:ro"]\n')
    here("build", "tool")
    shown = here("inspect", "tool").stdout.splitlines()
    assert shown[0].startswith("my:tool 0.1.0, sha256:")
    assert shown[1:4] == [
        "A first program in WebAssembly's own text.",
        "",
        "             its imports allow  it asks for  granted",
    ]
    assert shown[4].split() == ["files", "nothing", "/in:ro", "-"]
    told = json.loads(here("inspect", "--json", "my:tool").stdout)["package"]
    assert told["manifest"]["package"]["name"] == "my:tool"
    assert told["card"][0] == {
        "subject": "files", "proved": "", "declared": "/in:ro", "granted": "",
    }  # fmt: skip


def test_a_source_that_changed_since_is_named_and_what_was_built_runs(
    here: Command, tmp_path: Path
) -> None:
    here("new", "tool", "--lang", "wat")
    here("build", "tool")
    main = tmp_path / "w" / "tool" / "main.wat"
    main.write_text(main.read_text().replace("Hello", "Howdy"))
    ran = here("run", "tool")
    assert ran.stdout == "Hello from WebAssembly text!\n"
    assert ran.stderr == "wherever: main.wat is newer than what was built; wherever build tool\n"
    assert here("run", "--quiet", "tool").stderr == ""
    here("build", "tool")
    assert here("run", "tool") == Ran(0, "Howdy from WebAssembly text!\n", "")


def test_components_are_composed_by_the_command(here: Command, tmp_path: Path) -> None:
    from tests.build.test_compose import ADD, APP

    (tmp_path / "w" / "add.wat").write_text(ADD)
    (tmp_path / "w" / "app.wat").write_text(APP)
    for name in ("add", "app"):
        assert here("build", f"{name}.wat").exit_code == 0
    ran = here("compose", "app.wasm", "add.wasm", "-o", "whole.wasm")
    first, second, third = ran.stdout.splitlines()
    assert (ran.exit_code, first[:19]) == (0, "composed whole.wasm")
    assert (second, third) == ("  lab:math/add@1.0.0", "next: wherever inspect whole.wasm")
    assert here("run", "whole.wasm") == Ran(0, "", "")
    told = json.loads(here("compose", "app.wasm", "add.wasm", "--json").stdout)
    assert (told["path"], told["met"]) == ("composed.wasm", ["lab:math/add@1.0.0"])
    assert "imports lab:math/add@1.0.0" in here("compose", "app.wasm", "app.wasm").stderr


def test_the_next_command_can_be_typed_as_it_is_shown(here: Command) -> None:
    assert here("new", "tool", "--lang", "wat").exit_code == 0
    folder = Path(here("build", "tool", "--json").stdout.split('"')[3]).parent.parent
    folder.rename(folder.with_name("my tool"))
    assert here("build", "my tool").stdout.endswith("next: wherever run 'my tool'\n")
    ran = here("new", "my tool/other", "--lang", "wat")
    assert ran.stdout.endswith("next: cd 'my tool/other' && wherever build && wherever run .\n")


def test_init_names_a_file_of_any_name(here: Command, tmp_path: Path) -> None:
    folder = tmp_path / "w" / "odd"
    folder.mkdir()
    (folder / 'a "b".wat').write_text('(module (func (export "_start")))')
    assert here("init", "odd").exit_code == 0
    assert 'main = "a \\"b\\".wat"' in (folder / "wherever.toml").read_text()


def test_a_call_that_goes_wrong_fails_its_own_case_alone(here: Command, tmp_path: Path) -> None:
    folder = tmp_path / "w" / "lib"
    folder.mkdir()
    (folder / "main.wat").write_text(
        '(module (func (export "boom") unreachable) (func (export "add") (param i32 i32)'
        " (result i32) local.get 0 local.get 1 i32.add))"
    )
    cases = [("boom", "[]"), ("none", "[]"), ("__class__", "[]"), ("add", '["x", 2]'),
             ("add", "[1]"), ("add", "[9999999999999, 2]"), ("add", "[1, 2]")]  # fmt: skip
    (folder / "wherever.toml").write_text(
        '[package]\nname = "my:lib"\nversion = "0.1.0"\nkind = "library"\n'
        + "".join(
            f'[[test]]\nname = "{at}"\ncall = {{ name = "{name}", args = {args}, result = 3 }}\n'
            for at, (name, args) in enumerate(cases)
        )
    )
    assert here("build", "lib").exit_code == 0
    ran = here("test", "lib", "--json")
    told = json.loads(ran.stdout)
    assert ([each["passed"] for each in told], ran.exit_code) == ([False] * 6 + [True], 1)
    assert told[1]["wrong"] == ["there is no function none"]
    assert told[2]["wrong"] == ["there is no function __class__"]
    assert all(each["wrong"][0].startswith(("boom: ", "add: ")) for each in told[:1] + told[3:6])
