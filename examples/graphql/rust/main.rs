//! GraphQL from Rust: its reference implementation in JavaScript, in a sandbox.

use graphql::{Failure, Imports, Library, Options, Schema};
use std::time::Duration;

const SCHEMA: &str = "
    enum Episode { NEWHOPE, EMPIRE }
    type Hero { name: String!, films: [Int!]! }
    type Query { hero(episode: Episode!): Hero }
";
const QUERY: &str =
    "query ($episode: Episode!) { hero(episode: $episode) { name films } }";

fn main() {
    // The value of a field, as JSON: this is Rust, called by JavaScript.
    let imports = Imports::new().resolve(|call| {
        let name = if call.arguments.contains("EMPIRE") { "Luke Skywalker" } else { "R2-D2" };
        Ok(format!(r#"{{"name": "{name}", "films": [4, 5, 6]}}"#))
    });
    let library = Library::open(Options::new().timeout(Duration::from_secs(20)), imports)
        .expect("the library begins");
    let schema = Schema::build(&library, SCHEMA, &["Query.hero".to_string()])
        .unwrap_or_else(|_| panic!("the schema is one"));
    let response = schema.execute(QUERY, r#"{"episode": "EMPIRE"}"#).expect("a response");
    println!("{}", response.data);

    for problem in schema.validate("{ hero(episode: JEDI) { nam } }").expect("an answer") {
        let places: Vec<String> =
            problem.locations.iter().map(|each| format!("{}:{}", each.line, each.column)).collect();
        println!("{}: {}", places.join(", "), problem.message);
    }
    if let Err(Failure::Returned(problem)) = library.parse("{ hero(") {
        println!("{}", problem.message);
    }
}
