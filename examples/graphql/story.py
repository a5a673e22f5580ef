"""GraphQL from Python: its reference implementation in JavaScript, in a sandbox."""

import json
from pathlib import Path

import wherever

HEROES = {"NEWHOPE": "R2-D2", "EMPIRE": "Luke Skywalker"}


def resolve(call):
    """The value of a field, as JSON: this is Python, called by JavaScript."""
    arguments = json.loads(call.arguments)
    return json.dumps({"name": HEROES[arguments["episode"]], "films": [4, 5, 6]})


built = Path(__file__).parent / "build" / "graphql.wasm"
with wherever.load(built, imports={"resolve": resolve}) as graphql:
    schema = graphql.Schema.build(
        """
        enum Episode { NEWHOPE, EMPIRE }
        type Hero { name: String!, films: [Int!]! }
        type Query { hero(episode: Episode!): Hero }
        """,
        ["Query.hero"],
    )
    query = "query ($episode: Episode!) { hero(episode: $episode) { name films } }"
    response = schema.execute(query, json.dumps({"episode": "EMPIRE"}))
    print(response.data)

    for problem in schema.validate("{ hero(episode: JEDI) { nam } }"):
        places = ", ".join(f"{each.line}:{each.column}" for each in problem.locations)
        print(f"{places}: {problem.message}")
    try:
        graphql.parse("{ hero(")
    except wherever.ResultError as problem:
        print(problem.message)
