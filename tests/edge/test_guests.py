"""Apps of their settings: what is made ready, and what is refused, before the first request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wherever.edge.config import AppSpec, Serving
from wherever.edge.guests import open_app
from wherever.edge.host.apps import Around
from wherever.edge.internal import Neighbours
from wherever.errors import InputError, NotRunnable


def opened(path: Path, **serving: Any) -> Any:
    spec = AppSpec("shop", str(path), serving=Serving(**serving))

    async def made() -> Any:
        return open_app(spec, Around(Neighbours({})))

    return asyncio.run(made())


def test_a_command_is_compiled_before_anybody_asks_for_it(
    fresh_home: Path, wat: Callable[..., Path]
) -> None:
    program = wat('(module (memory (export "memory") 1) (func (export "_start")))')
    assert not list(fresh_home.rglob("*.cwasm"))
    opened(program).close()
    assert list(fresh_home.rglob("*.cwasm"))


def test_a_command_that_cannot_run_is_refused_at_once(
    fresh_home: Path, wat: Callable[..., Path]
) -> None:
    program = wat('(module (import "env" "magic" (func)) (func (export "_start")))')
    with pytest.raises(NotRunnable, match="env"):
        opened(program)


@pytest.mark.parametrize(
    "serving", [{"isolation": "pool"}, {"isolation": "actor"}, {"pool": 8}, {"reuse": 100}]
)
def test_a_command_is_run_anew_for_each_request_and_never_otherwise(
    fresh_home: Path, wat: Callable[..., Path], serving: dict[str, Any]
) -> None:
    program = wat('(module (memory (export "memory") 1) (func (export "_start")))')
    with pytest.raises(InputError, match="shop answers by CGI, where each request is a run of"):
        opened(program, **serving)
    opened(program, isolation="fresh").close()
