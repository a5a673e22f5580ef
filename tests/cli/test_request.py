"""From options to a job: what the user says, and what the program brings."""

from __future__ import annotations

from wherever.cli.request import asked, complete
from wherever.run.program import Program


def test_the_users_variables_come_before_the_programs():
    program = Program("tool.wasm", "tool")
    program.env = {"MODE": "slow", "LIB": "/lib"}
    values = {"env": ["MODE=fast"]}
    job = asked(values, ["x"])
    complete(job, program, values, ["x"])
    assert sorted(job.env) == [(b"LIB", b"/lib"), (b"MODE", b"fast")]
    assert (job.wasm, job.args) == ("tool.wasm", [b"tool", b"x"])
