"""SQL of one dialect as another's: formatted, taken apart, traced and optimised, by sqlglot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlglot
from sqlglot import exp, optimizer
from sqlglot.dialects import DIALECTS
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.lineage import lineage

__all__ = [
    "Column", "Output", "SqlError", "Table",
    "dialects", "optimize", "outputs", "tables", "transpile", "tree",
]  # fmt: skip


@dataclass
class SqlError(Exception):
    """What is wrong with a text, and where; line and column are 0 where that is not known."""

    message: str
    line: int
    column: int


@dataclass
class Column:
    """A column of a table, with its type as SQL has it."""

    name: str
    type: str


@dataclass
class Table:
    """A table of a database."""

    name: str
    columns: list[Column]


@dataclass
class Output:
    """A column of a query's result, and the columns of tables that it is computed from."""

    name: str
    sources: list[str]


def dialects() -> list[str]:
    """The dialects that can be named; "" is one that takes what most of them do."""
    return sorted(name.lower() for name in DIALECTS if name != "Dialect")


def transpile(sql: str, read: str = "", write: str = "", pretty: bool = False) -> list[str]:
    """Each statement of a text, from one dialect to another.

    Raises:
        SqlError: it is no SQL of the dialect.
    """
    with errors():
        return sqlglot.transpile(sql, read=read, write=write, pretty=pretty)


def tables(sql: str, dialect: str = "") -> list[str]:
    """The tables that a text names, in the order of the alphabet, but for what it makes by WITH.

    Raises:
        SqlError: it is no SQL of the dialect.
    """
    seen: set[str] = set()
    with errors():
        for statement in filter(None, sqlglot.parse(sql, read=dialect)):
            own = {each.alias for each in statement.find_all(exp.CTE)}
            for table in statement.find_all(exp.Table):
                name = ".".join(part.name for part in table.parts)
                if name not in own:
                    seen.add(name)
    return sorted(seen)


def outputs(sql: str, schema: list[Table], dialect: str = "") -> list[Output]:
    """The columns that a query gives, and what each is computed from, through every subquery.

    Raises:
        SqlError: it is no query, or names what the schema has not.
    """
    with errors():
        query = sqlglot.parse_one(sql, read=dialect)
        if not isinstance(query, exp.Query):
            raise SqlError("it is no query", 0, 0)
        known = of_tables(schema)
        query = optimizer.qualify.qualify(query, schema=known, dialect=dialect)
        return [Output(name, sources(name, query, known, dialect)) for name in query.named_selects]


def optimize(sql: str, schema: list[Table], dialect: str = "") -> str:
    """A statement that does the same with less: names in full, constants computed, filters early.

    Raises:
        SqlError: it is no SQL of the dialect, or names what the schema has not.
    """
    with errors():
        statement = sqlglot.parse_one(sql, read=dialect)
        better = optimizer.optimize(statement, schema=of_tables(schema), dialect=dialect)
        return better.sql(dialect=dialect, pretty=True)


def tree(sql: str, dialect: str = "") -> str:
    """The syntax tree of each statement, as JSON.

    Raises:
        SqlError: it is no SQL of the dialect.
    """
    with errors():
        return json.dumps([each and each.dump() for each in sqlglot.parse(sql, read=dialect)])


def of_tables(schema: list[Table]) -> dict[str, dict[str, str]]:
    return {table.name: {each.name: each.type for each in table.columns} for table in schema}


def sources(
    name: str, query: exp.Expression, schema: dict[str, dict[str, str]], dialect: str
) -> list[str]:
    found = set()
    for node in lineage(name, query, schema=schema, dialect=dialect).walk():
        if isinstance(node.expression, exp.Table):
            column = exp.to_column(node.name)
            found.add(f"{node.expression.name}.{column.name}")
    return sorted(found)


@contextmanager
def errors() -> Iterator[None]:
    try:
        yield
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        message = first.get("description") or str(error)
        raise SqlError(message, first.get("line") or 0, first.get("col") or 0) from None
    except (SqlglotError, ValueError) as error:
        raise SqlError(str(error), 0, 0) from None
    except RecursionError:
        raise SqlError("it is nested too deeply", 0, 0) from None
