"""Execution by the library, with the resolvers of the port's tests."""

from __future__ import annotations

import asyncio
import json
from itertools import count
from typing import Any

import graphql
import references
import schemas
import trees
from graphql.execution import ExecutionResult, default_field_resolver, default_type_resolver
from graphql.execution.execute import get_typename
from graphql.language import FieldNode, OperationDefinitionNode, Visitor, visit
from graphql.pyutils import Path, is_awaitable
from graphql.type import GraphQLResolveInfo
from guest import GuestRuntimeError, error, guests

import wherever

numbers = count(1)
running: dict[int, Request] = {}


class Request:
    """One request that the library executes for us."""

    def __init__(self, schema: Any, document: Any, root: Any, context: Any, variables: Any) -> None:
        self.schema, self.document = schema, document
        self.root, self.context, self.variables = root, context, variables or {}
        self.number = next(numbers)
        self.field_resolver: Any = default_field_resolver
        self.type_resolver: Any = default_type_resolver
        self.operation: Any = None
        self.promises: dict[int, Any] = {}
        self.nodes: dict[int, FieldNode] = {}
        collect = self.nodes

        class Fields(Visitor):
            def enter_field(self, node: Any, *_: Any) -> None:
                if node.loc:
                    collect[node.loc.start] = node

        visit(document, Fields())
        running[self.number] = self

    def promise(self, value: Any) -> int:
        """The number of what can be awaited."""
        number = len(self.promises) + self.number * 100_000
        self.promises[number] = value
        return number

    def info(self, call: Any) -> GraphQLResolveInfo:
        """What resolvers are told."""
        found = [self.nodes[at] for at in call.positions if at in self.nodes]
        parent = self.schema.get_type(call.type_name)
        fields = getattr(parent, "fields", {})
        path = None
        for key in json.loads(call.path):
            path = Path(path, key, None)
        if path is not None:
            path = Path(path.prev, path.key, call.type_name)
        fragments = {
            each.name.value: each
            for each in self.document.definitions
            if isinstance(each, graphql.FragmentDefinitionNode)
        }
        return GraphQLResolveInfo(
            call.field, found, fields[call.field].type if call.field in fields else None, parent,
            path, self.schema, fragments, self.root, self.operation, self.variables, self.context,
            is_awaitable,
        )  # fmt: skip

    def value(self, call: Any, source: Any) -> Any:
        """The value of a field."""
        if not call.type_name:  # of which type an object is
            return get_typename(source)
        field = self.schema.get_type(call.type_name).fields[call.field]
        args = references.read(call.arguments)
        for name, arg in field.args.items():
            if arg.out_name and name in args:
                args[arg.out_name] = args.pop(name)
        resolve = field.resolve or self.field_resolver
        return resolve(source, self.info(call), **args)

    def answer(self, call: Any) -> Any:
        """What the host says."""
        source = references.read(call.source)
        wanted = call.wanted.name
        if wanted == "VALUE":
            return self.value(call, source)
        kind = self.schema.get_type(call.type_name)
        if wanted == "TYPE_NAME":
            resolve = kind.resolve_type or self.type_resolver
            return resolve(source, self.info(call), kind)
        if wanted == "MEMBERSHIP":
            return kind.is_type_of(source, self.info(call))
        raise AssertionError(wanted)


def answer(call: Any) -> str:
    """What the guest is told when it asks."""
    wanted = call.wanted.name
    request = running.get(call.request)
    try:
        if wanted == "TEXT":
            return json.dumps(graphql.pyutils.inspect(references.read(call.source)))
        if wanted in ("SERIALIZED", "PARSED", "LITERAL"):
            return references.written(converted(call))
        if request is None:  # which type an object is of
            request = last()
        value = request.answer(call)
        if wanted == "TYPE_NAME" and graphql.is_object_type(value):
            raise guests.refuse("the port's deprecated resolve_type that returns a type")
        return references.written(value, request.promise)
    except Exception as problem:
        raise wherever.ResultError(references.failure(problem)) from None


def last() -> Request:
    """The request that began last."""
    return running[max(running)]


def converted(call: Any) -> Any:
    schema = schemas.asked[-1]
    kind = schema.get_type(call.type_name)
    if call.wanted.name == "SERIALIZED":
        return kind.serialize(references.read(call.source))
    if call.wanted.name == "PARSED":
        return kind.parse_value(references.read(call.source))
    node = trees.node(call.source, graphql.Source(""), None)
    return kind.parse_literal(node, references.read(call.arguments))


guests.answer = answer


def execute(
    schema: Any,
    document: Any,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: Any = None,
    operation_name: str | None = None,
    field_resolver: Any = None,
    type_resolver: Any = None,
    subscribe_field_resolver: Any = None,
    max_coercion_errors: int = 50,
    middleware: Any = None,
    execution_context_class: Any = None,
    is_awaitable: Any = None,
    hide_suggestions: bool = False,
    synchronous: bool = False,
) -> Any:
    if middleware is not None:
        raise guests.refuse("middleware is the port's own")
    if execution_context_class is not None:
        raise guests.refuse("a class of Python for execution is the port's own")
    if not isinstance(document, graphql.DocumentNode):
        raise TypeError("Must provide document.")
    graphql.assert_valid_schema(schema)
    if variable_values is not None and not isinstance(variable_values, dict):
        raise TypeError("Variable values must be provided as a dictionary.")
    request = Request(schema, document, root_value, context_value, variable_values)
    if field_resolver:
        request.field_resolver = field_resolver
    if type_resolver:
        request.type_resolver = type_resolver
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            if operation_name is None or (each.name and each.name.value == operation_name):
                request.operation = each
    source = document.loc and document.loc.source
    with guests.one() as lib:
        own = schemas.handed(lib, schema, types=type_resolver is not None)
        try:
            execution = own.start(
                lib.Request(
                    request.number,
                    trees.told(document),
                    json.dumps(references.data(variable_values)) if variable_values else "",
                    operation_name,
                    references.written(root_value),
                    hide_suggestions,
                    max_coercion_errors,
                    synchronous,
                )
            )
        except wherever.ResultError as problem:
            if not problem.positions and not problem.path:
                raise GuestRuntimeError(problem.message) from None
            raise error(problem, source) from None
        response = execution.response()
    if response is not None:
        return result(response, source)
    return waited(lib, request, execution, source)


async def waited(lib: Any, request: Request, execution: Any, source: Any) -> ExecutionResult:
    """The result, when all that was promised has come."""
    tasks: dict[Any, int] = {}
    begun: set[int] = set()
    while True:
        for number, each in list(request.promises.items()):
            if number not in begun:
                begun.add(number)
                tasks[asyncio.ensure_future(each)] = number
        if not tasks:
            raise AssertionError("the library waits for nothing")
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in sorted(done, key=tasks.__getitem__):
            number = tasks.pop(task)
            guests.calls += 1
            try:
                value = references.written(task.result(), request.promise)
            except Exception as problem:
                lib.break_(number, references.failure(problem))
            else:
                lib.keep(number, value)
        response = execution.response()
        if response is not None:
            for task in tasks:
                task.cancel()
            return result(response, source)


def result(response: Any, source: Any) -> ExecutionResult:
    """The port's result for the library's."""
    errors = []
    for each in response.errors:
        original = references.objects.get(each.original)
        errors.append(error(each, source, original))
    data = references.read(response.data) if response.data else None
    return ExecutionResult(data, errors or None)


def execute_sync(*args: Any, check_sync: bool = False, **more: Any) -> Any:
    return execute(*args, **more, synchronous=True)
