"""Every program of the catalogue really runs: fetched, verified, compiled, started."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ran
from wherever.errors import WhereverError
from wherever.store import fetch
from wherever.store.catalogue import PROGRAMS
from wherever.store.program import Program

Wherever = Callable[..., Ran]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def programs(program_home: Path) -> Path:
    """A home where all of them are kept; this is where they are fetched, once a machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_HOME", str(program_home))
        for program in PROGRAMS:
            try:
                fetch.program(program)
            except WhereverError as error:
                pytest.fail(f"these tests need pip's index and npm's registry: {error}")
    return program_home


# Ruby and Perl take their time to be compiled on a machine that has never seen them.
@pytest.mark.timeout(240)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_does_what_its_example_says(
    program: Program, programs: Path, wherever: Wherever, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for name, text in program.example.files:
        (work / name).write_text(text)
    ran = wherever(
        *("run", "--dir", f"{work}:/box", program.label, *program.example.args),
        stdin=program.example.stdin,
        env={"WHEREVER_HOME": str(programs)},
        timeout=200,
    )
    assert ran == Ran(0, program.example.stdout, "")
    for name, beginning in program.example.makes:
        assert (work / name).read_bytes().startswith(beginning.encode("latin-1"))


RUBY = """\
require "json"
at_exit { puts "bye" }
puts JSON.generate([ARGV, __FILE__ == $0])
begin
  raise "caught"
rescue => error
  puts error.message
end
exit 3
"""

PERL = """\
use strict; use warnings; use List::Util qw(sum);
END { print "bye\\n" }
print sum(1 .. 4), " @ARGV\\n";
eval { die "caught\\n" };
print $@;
print while <DATA>;
exit 3;
__DATA__
data
"""

JAVASCRIPT = """\
import { twice } from './twice.mjs';
console.log(twice(21), scriptArgs.slice(1).join());
await Promise.resolve();
console.log('soon');
setTimeout(() => { console.log('late'); std.exit(3); }, 1);
"""


@pytest.mark.timeout(60)
def test_scripts_of_ruby_and_perl_get_arguments_and_give_exit_codes(
    programs: Path, wherever: Wherever, tmp_path: Path
) -> None:
    env = {"WHEREVER_HOME": str(programs)}
    (tmp_path / "a.rb").write_text(RUBY)
    (tmp_path / "a.pl").write_text(PERL)
    assert wherever("run", "a.rb", "x", "-y", env=env, cwd=tmp_path, timeout=50) == Ran(
        3, '[["x","-y"],true]\ncaught\nbye\n', ""
    )
    assert wherever("run", "a.pl", "x", "-y", env=env, cwd=tmp_path, timeout=50) == Ran(
        3, "10 x -y\ncaught\ndata\nbye\n", ""
    )


LUA = """\
print(...)
for _, seconds in ipairs { 0, 951782400, 4102444799, -1, -62135596800 } do
  io.write(os.date("!%F %T;", seconds))
end
print(os.time { year = 2024, month = 14, day = 1, hour = 12 }, os.date("%j %w", 1709208000))
local file = assert(io.open("/box/a.txt", "w"))
file:write("one\\ntwo\\n")
file:close()
file = io.open("/box/a.txt", "a") file:write("three\\n") file:close()
file = io.open("/box/a.txt", "r+")
file:seek("set", 4) file:write("TWO") file:seek("set", 0)
print((file:read("a"):gsub("\\n", " ")))
file:close()
print(os.rename("/box/a.txt", "/box/b.txt"), os.rename("/box/a.txt", "/else/b.txt"))
print(os.remove("/box/b.txt"), os.remove("/box/b.txt"))
print(io.open("/box/none"))
local step = coroutine.wrap(function(a) error("after " .. coroutine.yield(a + 1)) end)
print(step(1), pcall(step, 2))
os.exit(3)
"""


def test_lua_has_files_dates_and_errors_that_can_be_caught(
    programs: Path, wherever: Wherever, tmp_path: Path
) -> None:
    env = {"WHEREVER_HOME": str(programs)}
    (tmp_path / "a.lua").write_text(LUA)
    run = ("run", "--dir", f"{tmp_path}:/box", tmp_path / "a.lua")
    assert wherever(*run, "x", "-y", env=env) == Ran(
        3,
        "x\t-y\n"
        "1970-01-01 00:00:00;2000-02-29 00:00:00;2099-12-31 23:59:59;"
        "1969-12-31 23:59:59;0001-01-01 00:00:00;"
        "1738411200\t060 4\n"
        "one TWO three \n"
        "true\tnil\tNo such file or directory\t44\n"
        "true\tnil\t/box/b.txt: No such file or directory\t44\n"
        "nil\t/box/none: No such file or directory\t44\n"
        "2\tfalse\t/script/a.lua:17: after 2\n",
        "",
    )
    ran = wherever("run", "lua", "-e", "local t = nil; t.x = 1", env=env)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("lua: (command line):1: attempt to index a nil value")
    ran = wherever("run", "lua", "-e", "local function f() return f() + 1 end f()", env=env)
    assert ran.stderr.startswith("lua: (command line):1: stack overflow")


def test_javascript_has_modules_promises_timers_and_flushed_output(
    programs: Path, wherever: Wherever, tmp_path: Path
) -> None:
    env = {"WHEREVER_HOME": str(programs)}
    (tmp_path / "main.js").write_text(JAVASCRIPT)
    (tmp_path / "twice.mjs").write_text("export const twice = (n) => n * 2;")
    run = ("run", "--dir", f"{tmp_path}:/box", "quickjs")
    assert wherever(*run, "/box/main.js", "x", "-y", env=env) == Ran(3, "42 x,-y\nsoon\nlate\n", "")
    assert wherever(*run, "-e", "std.out.puts('kept back')", env=env).stdout == "kept back"
    assert wherever(*run, "-", env=env, stdin="console.log(await 1)").stdout == "1\n"


@pytest.mark.timeout(60)
def test_errors_of_scripts_are_theirs_alone(programs: Path, wherever: Wherever) -> None:
    env = {"WHEREVER_HOME": str(programs)}
    assert wherever("run", "quickjs", "-e", "throw new Error('x')", env=env) == Ran(
        1, "", "Error: x\n    at <eval> (<evalScript>:1:10)\n\n"
    )
    assert wherever("run", "ruby", "-e", "raise 'x'", env=env, timeout=50) == Ran(
        1, "", "-e:1:in '<main>': x (RuntimeError)\n"
    )
    assert wherever("run", "perl", "-e", "die 'x'", env=env, timeout=50) == Ran(
        255, "", "x at -e line 1.\n"
    )


def test_resvg_writes_letters_and_takes_its_options(
    programs: Path, wherever: Wherever, tmp_path: Path
) -> None:
    env = {"WHEREVER_HOME": str(programs)}
    plain, bold = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="16" {weight}>'
        "Wer</text></svg>"
        for weight in ("", 'font-weight="bold"')
    )
    drawn = []
    for svg in (plain, bold, plain.replace("Wer", "")):
        (tmp_path / "a.svg").write_text(svg)
        run = ("run", "--dir", f"{tmp_path}:/box", "resvg", "-w", "80", "--background", "white")
        assert wherever(*run, "/box/a.svg", "/box/a.png", env=env) == Ran(0, "", "")
        drawn.append((tmp_path / "a.png").read_bytes())
    assert len(set(drawn)) == 3, "letters, bold letters and no letters look different"
    assert all(int.from_bytes(png[16:20], "big") == 80 for png in drawn)
    bad = {
        ("/box/none.svg", "/box/b.png"): "cannot open /box/none.svg",
        ("/box/a.svg", "/none/b.png"): "cannot write /none/b.png",
        ("-w", "1e9", "/box/a.svg", "/box/b.png"): "not a number: 1e9",
        ("--background", 'x"y', "/box/a.svg", "/box/b.png"): 'not a colour: x"y',
        ("/box/bad.svg", "/box/b.png"): (
            "resvg: SVG data parsing failed cause unknown token at 1:1"
        ),
    }
    (tmp_path / "bad.svg").write_text("hello")
    for args, message in bad.items():
        ran = wherever("run", "--dir", f"{tmp_path}:/box", "resvg", *args, env=env)
        assert ran == Ran(1, "", f"{message}\n")


def test_graphviz_says_what_is_wrong_with_a_graph(programs: Path, wherever: Wherever) -> None:
    env = {"WHEREVER_HOME": str(programs)}
    for graph, message in {
        "graph { a -- ": "dot: syntax error in line 1\n\n",
        "hello": "dot: syntax error in line 1 near 'hello'\n\n",
    }.items():
        assert wherever("run", "dot", stdin=graph, env=env) == Ran(1, "", message)
    ran = wherever("run", "dot", "-Tpng", stdin="graph { a -- b }", env=env)
    assert (ran.exit_code, ran.stderr[:38]) == (1, 'dot: Format: "png" not recognized. Use')
    for engine in ("neato", "circo", "fdp", "sfdp", "twopi", "osage", "patchwork"):
        ran = wherever("run", "dot", f"-K{engine}", "-Tsvg", stdin="graph { a -- b }", env=env)
        assert ran.stdout.endswith("</svg>\n")


@pytest.mark.timeout(120)
def test_the_examples_of_the_checkout_run(
    programs: Path, wherever: Wherever, tmp_path: Path
) -> None:
    env = {"WHEREVER_HOME": str(programs)}
    real = subprocess.run([sys.executable, EXAMPLES / "words.py"], capture_output=True, text=True)
    assert wherever("run", EXAMPLES / "words.py", env=env).stdout == real.stdout != ""
    assert "Conway" in wherever("run", EXAMPLES / "life.js", env=env).stdout
    assert wherever("run", EXAMPLES / "floors.dot", env=env).stdout.endswith("</svg>\n")
    run = ("run", "--dir", f"{EXAMPLES}:/in:ro", "--dir", f"{tmp_path}:/out", "resvg")
    assert wherever(*run, "/in/lantern.svg", "/out/lantern.png", env=env) == Ran(0, "", "")
    assert (tmp_path / "lantern.png").stat().st_size > 20_000
