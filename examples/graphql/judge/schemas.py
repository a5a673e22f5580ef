"""Schemas of the port's tests, handed over to the library."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import graphql
import references
import trees
from graphql.type import (
    GraphQLScalarType,
    is_abstract_type,
    is_enum_type,
    is_object_type,
    is_scalar_type,
    is_specified_scalar_type,
)
from guest import GuestTypeError, error, guests

import wherever

print_by_port = graphql.print_schema
build_by_port = graphql.build_ast_schema
extend_by_port = graphql.extend_schema
introspect_by_port = graphql.introspection_from_schema
sort_by_port = graphql.lexicographic_sort_schema

origins: WeakKeyDictionary[Any, tuple[Any, ...]] = WeakKeyDictionary()
"""What schemas were made of, where the library made them, too."""


def hooks(lib: Any, schema: Any, types: bool, valid: bool) -> Any:
    """What the library is to ask; `types` where the caller names all types of values."""
    names, members, scalars, enums = [], [], [], {}
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if is_abstract_type(kind) and (types or kind.resolve_type):
            names.append(name)
        elif is_object_type(kind) and kind.is_type_of:
            members.append(name)
        elif is_scalar_type(kind) and not is_specified_scalar_type(kind):
            for step, own in (
                ("serialized", "serialize"),
                ("parsed", "parse_value"),
                ("literal", "parse_literal"),
            ):
                if own in vars(kind) and vars(kind)[own] is not vars(GraphQLScalarType).get(own):
                    scalars.append(f"{name}.{step}")
        elif is_enum_type(kind):
            values = {key: each.value for key, each in kind.values.items()}
            if any(key != value for key, value in values.items()):
                enums[name] = {key: references.plain(value) for key, value in values.items()}
    text = json.dumps(enums) if enums else ""
    return lib.Hooks(["*"], names, members, scalars, text, valid)


def introspection(schema: Any) -> str:
    """What the port says of a schema, where it can."""
    try:
        return json.dumps(introspect_by_port(schema))
    except (TypeError, graphql.GraphQLError):
        return ""


def read(lib: Any, text: str) -> str:
    """The library's tree of a schema's text, in which directives may have directives."""
    if not text:
        return '{"kind":"Document","definitions":[]}'
    production = lib.Production.DOCUMENT
    none = (None, None, None, None)
    return str(lib.parse_as(text, lib.Reading(production, "", 1, 1, *none, False, True, True)))


def made(lib: Any, text: str, wanted: Any) -> Any:
    """The library's schema of a text."""
    return lib.Schema.build_with(read(lib, text), wanted)


asked: list[Any] = []
"""The schema that was handed over last: its scalars may be asked for."""


def handed(lib: Any, schema: Any, types: bool = False, introspected: bool = False) -> Any:
    """The library's own schema for one of the port's."""
    asked[:] = [schema]
    origin = origins.get(schema)
    wanted = hooks(lib, schema, types, True)
    key: Any = (repr(wanted), introspected)
    make: Any
    if origin is not None and origin[0] == "text":
        key += (origin[1],)
        make = partial(lib.Schema.build_with, origin[1], wanted)
    elif origin is not None and origin[0] == "sorted":
        return handed(lib, origin[1]).sorted()
    elif origin is not None:
        base = handed(lib, origin[1])
        return base.extend(origin[2], True)
    else:
        text = introspection(schema) if introspected else ""
        if text:
            make = partial(lib.Schema.from_introspection, text)
        else:
            text = print_by_port(schema)
            make = partial(made, lib, text, wanted)
        key += (text,)
    found = lib.schemas.get(key)
    if found is None:
        if len(lib.schemas) >= 40:
            lib.schemas.pop(next(iter(lib.schemas))).close()
        found = lib.schemas[key] = make()
    return found


def raised(problems: Any, source: Any = None) -> Exception:
    """The port raises a TypeError where the library throws an Error."""
    first = problems[0]
    if first.positions or first.message.startswith("Syntax Error"):
        return error(first, source)
    return GuestTypeError(first.message)


def build_ast_schema(
    document_ast: Any, assume_valid: bool = False, assume_valid_sdl: bool = False
) -> Any:
    text = trees.told(document_ast) if isinstance(document_ast, graphql.DocumentNode) else None
    if text is not None:
        with guests.one() as lib:
            plain = lib.Hooks([], [], [], [], "", assume_valid or assume_valid_sdl)
            try:
                lib.Schema.build_with(text, plain).close()
            except wherever.ResultError as wrong:
                raise raised(wrong.value, document_ast.loc and document_ast.loc.source) from None
    made = build_by_port(document_ast, assume_valid, assume_valid_sdl)
    if text is not None:
        origins[made] = ("text", text)
    return made


def extend_schema(
    schema: Any, document_ast: Any, assume_valid: bool = False, assume_valid_sdl: bool = False
) -> Any:
    is_own = isinstance(document_ast, graphql.DocumentNode) and isinstance(
        schema, graphql.GraphQLSchema
    )
    text = trees.told(document_ast) if is_own else ""
    if is_own:
        with guests.one() as lib:
            try:
                base = handed(lib, schema)
                base.extend(text, assume_valid or assume_valid_sdl).close()
            except wherever.ResultError as wrong:
                raise raised(wrong.value, document_ast.loc and document_ast.loc.source) from None
    made = extend_by_port(schema, document_ast, assume_valid, assume_valid_sdl)
    if is_own and made is not schema:
        origins[made] = ("extended", schema, text)
    return made


def lexicographic_sort_schema(schema: Any) -> Any:
    made = sort_by_port(schema)
    origins[made] = ("sorted", schema)
    return made


def print_schema(schema: Any) -> str:
    with guests.one() as lib:
        return handed(lib, schema, introspected=True).print()


def print_introspection_schema(schema: Any) -> str:
    with guests.one() as lib:
        return handed(lib, schema, introspected=True).print_introspection()


def print_type(type_: Any) -> str:
    if not graphql.is_named_type(type_) or graphql.is_introspection_type(type_):
        raise guests.refuse("a type without a schema cannot be handed over")
    with guests.one() as lib:
        schema = graphql.GraphQLSchema(types=[type_])
        return handed(lib, schema).print_type(type_.name)


def validate(
    schema: Any,
    document_ast: Any,
    rules: Any = None,
    max_errors: int | None = None,
    type_info: Any = None,
    hide_suggestions: bool = False,
) -> Any:
    if type_info is not None:
        raise guests.refuse("a TypeInfo of Python cannot be handed over")
    if not isinstance(document_ast, graphql.DocumentNode):
        raise TypeError("Must provide document.")
    graphql.assert_valid_schema(schema)
    with guests.one() as lib:
        judging = lib.Judging(names(rules), max_errors, hide_suggestions)
        try:
            found = handed(lib, schema).validate_by(trees.told(document_ast), judging)
        except wherever.ResultError as wrong:
            raise raised(wrong.value, document_ast.loc and document_ast.loc.source) from None
    source = document_ast.loc and document_ast.loc.source
    return [error(each, source, references.objects.get(each.original)) for each in found]


def validate_sdl(document_ast: Any, schema_to_extend: Any = None, rules: Any = None) -> Any:
    with guests.one() as lib:
        base = handed(lib, schema_to_extend) if schema_to_extend else None
        found = lib.validate_sdl(trees.told(document_ast), names(rules), base)
    return [error(each, document_ast.loc and document_ast.loc.source) for each in found]


def names(rules: Any) -> list[str]:
    if rules is None:
        return []
    for rule in rules:
        if not getattr(rule, "__module__", "").startswith("graphql.validation."):
            raise guests.refuse("a rule written in Python cannot be handed over")
    return [rule.__name__ for rule in rules]
