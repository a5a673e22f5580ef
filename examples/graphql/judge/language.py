"""The port's functions on texts and trees, done by the library."""

from __future__ import annotations

from typing import Any

import trees
from graphql.language import Lexer, Node, Source, Token, TokenKind
from graphql.language.source import is_source
from guest import error, guests

import wherever

PRODUCTIONS = {
    "parse": "DOCUMENT",
    "parse_value": "VALUE",
    "parse_const_value": "CONST_VALUE",
    "parse_type": "TYPE",
    "parse_schema_coordinate": "SCHEMA_COORDINATE",
}


def parser(name: str) -> Any:
    """What stands for one of the port's parsers."""

    def parse(
        source: Any,
        no_location: bool = False,
        max_tokens: int | None = None,
        allow_legacy_fragment_variables: bool = False,
        experimental_directives_on_directive_definitions: bool = False,
        max_lexical_tokens: int | None = None,
        max_comments: int | None = None,
        max_source_length: int | None = None,
    ) -> Any:
        source = source if is_source(source) else Source(source)
        where = source.location_offset
        with guests.one() as lib:
            reading = lib.Reading(
                getattr(lib.Production, PRODUCTIONS[name]),
                source.name,
                where.line,
                where.column,
                max_tokens,
                max_lexical_tokens,
                max_comments,
                max_source_length,
                no_location,
                allow_legacy_fragment_variables,
                experimental_directives_on_directive_definitions,
            )
            try:
                text = lib.parse_as(source.body, reading)
            except wherever.ResultError as problem:
                raise error(problem, source) from None
        if no_location:
            return trees.node(text, source, None)
        if name == "parse_schema_coordinate":
            return trees.node(text, source, [Token(TokenKind.SOF, 0, 0, 0, 0)])
        return trees.node(text, source, trees.tokens(source.body)[0])

    return parse


class GuestLexer(Lexer):
    """The port's lexer, whose tokens the library reads."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        chain, self._wrong = trees.tokens(source.body)
        self._made = True
        self.last_token = self.token = chain[0]

    def lookahead(self) -> Any:
        token = self.token
        while token.kind.value != "<EOF>":
            token = token.next
            if token is None:
                raise error(self._wrong, self.source)
            if token.kind.value != "Comment":
                break
        return token


def print_ast(ast: Any, max_indent_depth: int | None = None) -> str:
    if max_indent_depth is not None:
        raise guests.refuse("a limit of indentation is the port's own")
    if not isinstance(ast, Node):
        raise guests.refuse("what is no node cannot be handed over")
    with guests.one() as lib:
        return lib.print(trees.told(ast))


def strip_ignored_characters(source: Any) -> str:
    source = source if is_source(source) else Source(source)
    with guests.one() as lib:
        try:
            return lib.strip(source.body)
        except wherever.ResultError as problem:
            raise error(problem, source) from None
