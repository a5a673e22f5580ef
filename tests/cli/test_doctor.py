"""`wherever doctor`, whole."""

import json

import pytest

from wherever.build import toolchains
from wherever.build.toolchain import Need
from wherever.cli import doctor
from wherever.cli.parser import parse
from wherever.run import checkup
from wherever.run.checkup import NOTE, OK, WRONG, Finding


@pytest.fixture
def patient(monkeypatch):
    def with_findings(*findings):
        monkeypatch.setattr(checkup, "examine", lambda: iter(findings))
        monkeypatch.setattr(toolchains, "toolchains", list)

    return with_findings


def run(*words):
    return doctor.main(parse("doctor", words))


def test_a_machine_on_which_everything_works(patient, capsys):
    patient(Finding("engine", OK, "there"), Finding("npm", NOTE, "not there", "install it"))
    assert run() == 0
    assert capsys.readouterr().out == (
        "ok     engine                there\n"
        "note   npm                   not there\n"
        "                             to do: install it\n"
        "\n"
        "Everything works.\n"
    )


def test_a_machine_on_which_something_is_wrong(patient, capsys):
    patient(Finding("cache", WRONG, "a\x1b[2Jb", "mend it"))
    assert run() == 1
    assert capsys.readouterr().out == (
        "wrong  cache                 a\\x1b[2Jb\n"
        "                             to do: mend it\n"
        "\n"
        "1 thing is wrong.\n"
    )
    patient(Finding("cache", WRONG, "x"), Finding("engine", WRONG, "y"))
    assert run() == 1
    assert capsys.readouterr().out.endswith("2 things are wrong.\n")


def test_for_programs(patient, capsys):
    patient(Finding("cache", WRONG, "x", "y"))
    assert run("--json") == 1
    assert json.loads(capsys.readouterr().out) == [
        {"part": "cache", "state": "wrong", "found": "x", "advice": "y"}
    ]


def test_this_machine(wherever):
    ran = wherever("doctor")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "ok     self-test             a guest runs\n" in ran.stdout
    assert "ok     build wat             wasm-tools " in ran.stdout
    assert ran.stdout.endswith("\n\nEverything works.\n")


def test_each_language_says_what_it_needs(patient, capsys, monkeypatch):
    patient()

    class Tools:
        name = "c"

        def needs(self):
            return [
                Need("zig", "0.17.1", "fetch", 5 << 20),
                Need("ld", "", "kept"),
                Need("cargo", "", "missing", hint="install Rust"),
            ]

    monkeypatch.setattr(toolchains, "toolchains", lambda: [Tools()])
    assert run() == 0
    assert capsys.readouterr().out == (
        "note   build c               zig 0.17.1, to fetch: 5 MiB; ld; cargo, not there\n"
        "                             to do: install Rust\n"
        "\n"
        "Everything works.\n"
    )
