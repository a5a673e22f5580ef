"""What pytest loads before the port's tests: it puts the library in the place of the port."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import executing
import graphql
import language
import pytest
import schemas
from guest import Message, guests

PUT: dict[Any, Any] = {
    **{getattr(graphql, name): language.parser(name) for name in language.PRODUCTIONS},
    graphql.print_ast: language.print_ast,
    graphql.Lexer: language.GuestLexer,
    graphql.strip_ignored_characters: language.strip_ignored_characters,
    graphql.build_ast_schema: schemas.build_ast_schema,
    graphql.extend_schema: schemas.extend_schema,
    graphql.lexicographic_sort_schema: schemas.lexicographic_sort_schema,
    graphql.print_schema: schemas.print_schema,
    graphql.print_introspection_schema: schemas.print_introspection_schema,
    graphql.print_type: schemas.print_type,
    graphql.validate: schemas.validate,
    sys.modules["graphql.validation.validate"].validate_sdl: schemas.validate_sdl,
    graphql.execute: executing.execute,
    graphql.execute_sync: executing.execute_sync,
}
KEPT = {
    # What hands schemas over must not be what is judged.
    "graphql.utilities.print_schema",
    "graphql.utilities.introspection_from_schema",
    "graphql.utilities.lexicographic_sort_schema",
    "graphql.language.parser",
    "graphql.language.printer",
    "graphql.utilities.ast_from_value",
    "graphql.type.introspection",
}


def put() -> None:
    """Every module that has one of the port's functions gets ours."""
    for name, module in list(sys.modules.items()):
        if name != "graphql" and not name.startswith("graphql."):
            continue
        for key, value in list(vars(module).items()):
            try:
                ours = PUT.get(value)
            except TypeError:
                continue
            if ours is not None and name not in KEPT:
                setattr(module, key, ours)


put()
_shown = graphql.GraphQLError.__str__
graphql.GraphQLError.__str__ = lambda self: Message(_shown(self))

told: list[dict[str, Any]] = []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    outcome = yield
    report = outcome.get_result()
    if report.when == "setup":
        guests.calls = 0
        guests.reasons.clear()
        if report.skipped:
            told.append({"id": item.nodeid, "outcome": "skipped", "why": "the port skips it"})
        return
    if report.when != "call":
        return
    row = {"id": item.nodeid, "outcome": report.outcome, "calls": guests.calls, "why": ""}
    if report.failed:
        row["why"] = (
            report.longrepr.reprcrash.message if hasattr(report.longrepr, "reprcrash") else ""
        )
        row["reasons"] = list(guests.reasons)
    told.append(row)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        told.append(
            {
                "id": report.nodeid,
                "outcome": "failed",
                "calls": 0,
                "why": str(report.longrepr)[-300:],
            }
        )


def pytest_sessionfinish() -> None:
    Path(os.environ["GRAPHQL_JUDGE_OUT"]).write_text(json.dumps(told))
