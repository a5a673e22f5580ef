"""A component that asks for HTTP runs beside a shim, or is told why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

import wherever
from wherever.errors import NotRunnable

HTTP = '(import "wasi:http/types@0.2.0" (instance))'
RUN = """
  (core module $m (func (export "run") (result i32) BODY))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exported))"""


def component(body: str, more: str = "") -> bytes:
    return f"(component {HTTP} {more} {RUN.replace('BODY', body)})".encode()


@pytest.mark.parametrize(
    ("body", "ended", "code"),
    [
        ("(i32.const 0)", "exited", 0),
        ("(i32.const 1)", "exited", 1),
        ("unreachable", "trapped", 134),
        ("(loop (br 0)) unreachable", "limit", 124),
    ],
)
def test_how_it_ends(body: str, ended: str, code: int) -> None:
    out = wherever.run(component(body), timeout=0.5 if ended == "limit" else 60)
    assert (out.ended, out.exit_code) == (ended, code)


def test_instructions_are_counted() -> None:
    out = wherever.run(component("(loop (br 0)) unreachable"), fuel=10_000)
    assert (out.ended, out.limit, out.usage.fuel) == ("limit", "fuel", 10_000)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("(type $own (resource (rep i32)))", "it has resources of its own"),
        (
            '(component $inner) (instance (instantiate $inner)) (import "acme:db/query" (func))',
            "acme:db/query, which is not part of WASI",
        ),
    ],
)
def test_what_cannot_be_laid_out(more: str, what: str) -> None:
    with pytest.raises(NotRunnable) as caught:
        wherever.run(component("(i32.const 0)", more))
    assert what in caught.value.what


def test_a_component_without_a_command(tmp_path: Path) -> None:
    path = tmp_path / "library.wat"
    path.write_text(f"(component {HTTP})")
    with pytest.raises(NotRunnable) as caught:
        wherever.run(path)
    assert caught.value.what.startswith("it is a component without a command")
