"""GraphQL in JavaScript, called from Python with resolvers in Python: `examples/graphql`.

The port's own tests judge it in full: `examples/graphql/judge/run.py`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wherever
from wherever.build import building, project

pytestmark = pytest.mark.timeout(180)  # the first test builds it

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "graphql"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graphql") / "example"
    shutil.copytree(
        EXAMPLE, folder, ignore=shutil.ignore_patterns("build", "judge", "node_modules")
    )
    return building.build(project.find(folder), lambda text: None).wasm


class Host:
    """Objects that stay in Python, a scalar of its own, and promises."""

    def __init__(self) -> None:
        self.later = False

    def resolve(self, call: Any) -> str:
        if call.wanted.name == "SERIALIZED":
            return json.dumps(f"<{json.loads(call.source)}>")
        if call.wanted.name == "TYPE_NAME":
            return '"Dog"'
        if call.field == "broken":
            raise wherever.ResultError(
                {"message": "it is broken", "extensions": '{"code": 7}', "original": 0}
            )
        if call.field == "pets":
            assert json.loads(call.arguments) == {"first": 2}
            return '[{"$object": 1}, {"$object": 2}]'
        if self.later:
            return '{"$promise": 9}' if call.source == '{"$object":2}' else '"Rex"'
        return json.dumps({"name": "Rex", "tag": "t"}[call.field] + call.source[-2])


SDL = """
scalar Tag
interface Pet { name: String!, tag: Tag }
type Dog implements Pet { name: String!, tag: Tag }
type Query { pets(first: Int = 2): [Pet!]!, broken: Int }
"""


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def graphql(library: Path, host: Host) -> Iterator[Any]:
    with wherever.load(library, imports=host, timeout=60) as loaded:
        yield loaded


def schema_of(graphql: Any) -> Any:
    return graphql.Schema.build_with(
        SDL, graphql.Hooks(["*"], ["Pet"], [], ["Tag.serialized"], "", False)
    )


def test_resolvers_scalars_and_types_are_pythons(graphql: Any) -> None:
    schema = schema_of(graphql)
    response = schema.execute("{ pets { __typename name tag } broken }", "")
    assert json.loads(response.data) == {
        "pets": [
            {"__typename": "Dog", "name": "Rex1", "tag": "<t1>"},
            {"__typename": "Dog", "name": "Rex2", "tag": "<t2>"},
        ],
        "broken": None,
    }
    (problem,) = response.errors
    assert (problem.message, problem.path, problem.extensions) == (
        "it is broken",
        '["broken"]',
        '{"code":7}',
    )
    assert [(each.line, each.column) for each in problem.locations] == [(1, 32)]


def test_what_comes_later_is_waited_for(graphql: Any, host: Host) -> None:
    host.later = True
    request = graphql.Request(1, "{ pets { name } }", "", None, "null", False, None, False)
    execution = schema_of(graphql).start(request)
    assert execution.response() is None
    graphql.keep(9, '"Luna"')
    response = execution.response()
    assert json.loads(response.data) == {"pets": [{"name": "Rex"}, {"name": "Luna"}]}


def test_documents_and_schemas_are_judged_by_rules(graphql: Any) -> None:
    schema = schema_of(graphql)
    assert schema.print() == schema_of(graphql).print()
    assert [each.message for each in schema.validate("{ pets { nam } }")] == [
        'Cannot query field "nam" on type "Pet". Did you mean "name" or "tag"?'
    ]
    judging = graphql.Judging(["ScalarLeafsRule"], None, False)
    assert schema.validate_by("{ pets { nam } }", judging) == []
    twice = graphql.validate_sdl(
        "type A { a: Int } type A { b: Int }", ["UniqueTypeNamesRule"], None
    )
    assert [each.message for each in twice] == ['There can be only one type named "A".']
    assert graphql.print(graphql.parse("{a(b:{c:[1]})}")) == "{\n  a(b: {c: [1]})\n}"
    with pytest.raises(wherever.ResultError) as caught:
        graphql.Schema.build("type Query { a: Missing }", [])
    assert caught.value.value[0].message == 'Unknown type "Missing".'
