"""`wherever inspect`: what a program needs and offers, and what it can reach."""

import json
from pathlib import Path

import pytest

from tests.edge.site import site

SAMPLES = Path(__file__).parent.parent / "wasm"

TOOL = """(module $tool
  (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
  (memory (export "memory") 2 32) (table 3 3 funcref)
  (func (export "_start"))
  (@producers (language "C" "23") (processed-by "clang" "22.1")))"""


def test_a_command_in_whole(wherever, wat):
    ran = wherever("inspect", wat(TOOL, "tool"))
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert (
        ran.stdout
        == """tool.wasm: a module, a command, 266 B

what it can reach, proved by its imports:
  files    reads and writes, only in folders that you give it with --dir
  streams  stdin, stdout and stderr
  random   random numbers

what it needs:
  memory    128 KiB at the start, may grow to 2 MiB
  table     3 of funcref, fixed
  features  none beyond WebAssembly 1.0

imports:
  wasi_snapshot_preview1: fd_write, path_open, random_get

exports:
  memory: memory 2..32
  _start: () -> ()

made by:
  language      C 23
  processed-by  clang 22.1

made of:
  type                31 B
  import              106 B
  function            2 B
  table               5 B
  memory              4 B
  export              19 B
  code                4 B
  custom 'producers'  41 B
  custom 'name'       13 B
"""
    )


def test_a_component_in_whole(wherever, wat):
    ran = wherever("inspect", wat((SAMPLES / "shapes-component.wat").read_text(), "shapes"))
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert (
        ran.stdout.split("\n\nmade by:")[0]
        == """shapes.wasm: a component, a library, 3.2 KiB

what it can reach, proved by its imports:
  host  only what a host of its own gives it: small, lab:demo/shapes@1.2.3, log

what it needs:
  memory    0 B at the start, may grow to 4 GiB
  table     3 of funcref, fixed
  features  component-model

imports:
  small: now
  lab:demo/shapes@1.2.3: [constructor]canvas, [method]canvas.draw, [static]canvas.open, area
  point: type point
  log: func(s: string, p: point)

exports:
  run: func(args: list<string>) -> result<_, string>
  out: give"""
    )


def test_what_reaches_nothing_says_so(wherever, wat):
    ran = wherever("inspect", wat('(module (func (export "f")))'))
    assert "  nothing  it imports nothing that leads out of the box\n" in ran.stdout


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('(module (func (export "_start")))', "a module, a command"),
        ('(module (func (export "_initialize")))', "a module, a library (a reactor)"),
        ("(module)", "a module, a library"),
        ("(component)", "a component, a library"),
        (
            '(component (instance $i) (export "wasi:cli/run@0.2.3" (instance $i)))',
            "a component, a command of WASI 0.2",
        ),
        (
            '(component (instance $i) (export "wasi:http/incoming-handler@0.2.3" (instance $i)))',
            "a component that answers HTTP (wherever serve)",
        ),
        (site("hello"), "a component that answers HTTP (wherever serve)"),
    ],
)
def test_a_program_is_named_by_what_it_exports(text, what, wherever, wat):
    assert wherever("inspect", wat(text, "it")).stdout.startswith(f"it.wasm: {what}, ")


def test_memories_are_told_apart(wherever, wat):
    ran = wherever(
        "inspect",
        wat("""(module (import "env" "m" (memory 1 2 shared)) (memory i64 1)
          (table 1 externref))"""),
    )
    assert (
        """what it needs:
  memory    64 KiB at the start, may grow to 128 KiB (imported, shared by threads)
  memory    64 KiB at the start, may grow to any size (64-bit)
  table     1 of externref, may grow to any number
  features  externref, memory64, multi-memory, reference-types, threads
"""
        in ran.stdout
    )
    assert "  env: m (memory)\n" in ran.stdout


def test_json_has_everything(wherever, wat):
    path = wat(TOOL, "tool")
    ran = wherever("inspect", path, "--json")
    found = json.loads(ran.stdout)
    assert found["name"] == "tool.wasm"
    assert (found["kind"], found["what"]) == ("module", "a module, a command")
    assert found["size"] == path.stat().st_size
    assert found["digest"].startswith("sha256:")
    assert [entry["subject"] for entry in found["reach"]] == ["files", "streams", "random"]
    assert found["imports"][2] == {
        "module": "wasi_snapshot_preview1",
        "name": "random_get",
        "kind": "func",
        "type": "(i32, i32) -> i32",
        "functions": [],
    }
    assert found["memories"][0]["largest"] == 2 << 20
    assert found["tables"] == [
        {"element": "funcref", "min": 3, "max": 3, "is64": False, "imported": False}
    ]
    assert found["producers"] == {"language": [["C", "23"]], "processed-by": [["clang", "22.1"]]}
    assert [section["name"] for section in found["sections"]][:2] == ["type", "import"]
    assert (found["modules"], found["features"]) == (0, [])


def test_json_of_a_component_counts_what_is_inside(wherever, wat):
    path = wat("(component (core module (memory 3)) (component (core module (memory 4))))")
    found = json.loads(wherever("inspect", path, "--json").stdout)
    assert (found["kind"], found["modules"]) == ("component", 2)
    assert [memory["min"] for memory in found["memories"]] == [3, 4]


def test_the_world_is_printed_on_request(wherever, wat):
    path = wat((SAMPLES / "shapes-module.wat").read_text())
    ran = wherever("inspect", path, "--wit")
    assert ran.stdout.startswith("package root:component;\n\nworld app {\n")
    assert ran.stdout.endswith("  }\n}\n")
    assert json.loads(wherever("inspect", path, "--wit", "--json").stdout)["wit"] == ran.stdout


def test_text_is_read_as_the_program_it_stands_for(wherever, tmp_path):
    (tmp_path / "small.wat").write_text('(module (memory 1) (func (export "f")))')
    ran = wherever("inspect", tmp_path / "small.wat")
    assert ran.stdout.startswith("small.wat: a module, a library, ")


def test_long_lists_are_cut(wherever, wat):
    exports = "".join(f'(func (export "f{n}"))' for n in range(100))
    ran = wherever("inspect", wat(f"(module {exports})"))
    assert "  f39: () -> ()\n  ... and 60 more; --json shows all\n" in ran.stdout
    assert "f40" not in ran.stdout


def test_names_cannot_move_the_terminal(wherever, tmp_path):
    evil = b"\x1b[2J\n\xe2\x80\xae"
    name = bytes([len(evil)]) + evil
    body = b"\1" + name + name + b"\3\x7f\0"
    section = name + b"rest"
    module = (
        b"\0asm\1\0\0\0\2" + bytes([len(body)]) + body + b"\0" + bytes([len(section)]) + section
    )
    path = tmp_path / "evil\x1b.wasm"
    path.write_bytes(module)
    ran = wherever("inspect", path)
    assert ran.exit_code == 0
    assert all(letter.isprintable() or letter == "\n" for letter in ran.stdout)
    assert "  \\x1b[2J\\n\\u202e: \\x1b[2J\\n\\u202e (global)\n" in ran.stdout
    assert "\x1b" not in wherever("inspect", path, "--json").stdout


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (None, 127, "it.wasm: there is no such file; "),
        (b"\x7fELF\2\1\1\0", 126, "it.wasm: it is a native program for Linux, not WebAssembly; "),
        (b"\0asm\1\0\0\0\1\x7f", 126, "it.wasm: malformed WebAssembly: the type section announces"
         " 127 bytes, 0 are left (at byte 8)\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_one_line(data, code, said, wherever, tmp_path):
    if data is not None:
        (tmp_path / "it.wasm").write_bytes(data)
    ran = wherever("inspect", "./it.wasm", cwd=tmp_path)
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert ran.stderr.replace("./", "").startswith(f"wherever: {said}")
    assert ran.stderr.count("\n") == 1


def test_a_module_without_a_world_says_so(wherever, wat):
    ran = wherever("inspect", wat("(module)", "it"), "--wit")
    assert (ran.exit_code, ran.stdout) == (126, "")
    assert ran.stderr == (
        "wherever: it.wasm: the module holds no WIT: it is a core module, and none of its"
        " sections describes a world\n"
    )


def test_a_recipe_is_on_the_card_of_its_program(wherever, program_home):
    ran = wherever("inspect", "resvg", env={"WHEREVER_HOME": str(program_home)})
    assert (ran.exit_code, ran.stdout.split("\n\n")[:2]) == (
        0,
        [
            "resvg: a module, a library, 2.4 MiB",
            "what it can reach, proved by its imports:\n"
            "  files      reads and writes, only in folders that you give it with --dir\n"
            "  arguments  what follows its name on the command line\n"
            "  streams    stdin, stdout and stderr",
        ],
    )


def test_a_script_stands_for_the_program_that_runs_it(wherever, program_home, tmp_path):
    (tmp_path / "page.js").write_text("print(1)")
    ran = wherever("inspect", tmp_path / "page.js", env={"WHEREVER_HOME": str(program_home)})
    assert ran.exit_code == 0
    assert ran.stdout.split(":")[0].endswith(".wasm, which runs page.js")
