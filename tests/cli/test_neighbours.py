"""A script that imports what lies beside it is told how to reach it."""

from __future__ import annotations

import pytest

from wherever.cli.neighbours import missed

FAILS = "#!/usr/bin/env micropython\nimport sys, helper\n"


@pytest.mark.parametrize(
    ("name", "text", "beside", "command"),
    [
        ("app.py", "import os\nfrom helper import f\n", "helper.py", "python app.py"),
        ("app.py", "import helper.deep as h\n", "helper/__init__.py", "python app.py"),
        ("app.py", "#!/usr/bin/micropython\nimport helper", "helper.py", "micropython app.py"),
        ("main.mjs", 'import { f } from "./lib.mjs";\n', "lib.mjs", "quickjs main.mjs"),
        ("a b.rb", 'require_relative "lib"\n', "lib.rb", "ruby 'a b.rb'"),
    ],
)
def test_what_a_script_imports(tmp_path, monkeypatch, name, text, beside, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text)
    path = tmp_path / beside
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert missed(name) == (beside.partition("/")[0], f"wherever run --dir . {command}")


@pytest.mark.parametrize(
    "text", ["import os\n", "print('helper')\n", "import app\n", "import data"]
)
def test_what_it_does_not(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(text)
    (tmp_path / "helper.py").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "data.txt").touch()
    assert missed("app.py") is None
    assert missed("gone.py") is None


def test_it_is_said_when_the_script_fails_and_following_it_helps(wherever, tmp_path, program_home):
    env = {"WHEREVER_HOME": str(program_home)}
    (tmp_path / "app.py").write_text(FAILS)
    (tmp_path / "helper.py").write_text("print('helped')\n")
    ran = wherever("run", "app.py", cwd=tmp_path, env=env)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.endswith(
        "wherever: app.py: it does not see helper.py, which lies beside it;"
        " wherever run --dir . micropython app.py\n"
    )
    assert "wherever:" not in wherever("run", "-q", "app.py", cwd=tmp_path, env=env).stderr
    helped = wherever("run", "--dir", ".", "micropython", "app.py", cwd=tmp_path, env=env)
    assert (helped.exit_code, helped.stdout, helped.stderr) == (0, "helped\n", "")
