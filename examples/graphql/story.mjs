// GraphQL from JavaScript, where it came from: the same sandboxed file, as an npm package.
import { open } from "graphql-everywhere";

const heroes = { NEWHOPE: "R2-D2", EMPIRE: "Luke Skywalker" };

// The value of a field, as JSON. The library runs in a worker, so this may take its time.
const resolve = async (call) => {
  const { episode } = JSON.parse(call.arguments);
  return JSON.stringify({ name: heroes[episode], films: [4, 5, 6] });
};

const graphql = await open({ imports: { resolvers: { resolve } }, timeout: 10_000 });
const schema = await graphql.Schema.build(
  `enum Episode { NEWHOPE, EMPIRE }
   type Hero { name: String!, films: [Int!]! }
   type Query { hero(episode: Episode!): Hero }`,
  ["Query.hero"],
);
const query = "query ($episode: Episode!) { hero(episode: $episode) { name films } }";
const response = await schema.execute(query, JSON.stringify({ episode: "EMPIRE" }));
console.log(response.data);

for (const { message, locations } of await schema.validate("{ hero(episode: JEDI) { nam } }")) {
  console.log(`${locations.map((each) => `${each.line}:${each.column}`).join(", ")}: ${message}`);
}
try {
  await graphql.parse("{ hero(");
} catch (error) {
  console.log(error.payload.message);
}
await graphql.close();
