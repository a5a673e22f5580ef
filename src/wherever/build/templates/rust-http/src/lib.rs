//! Answers HTTP requests: a page, an echo, and nothing else.

mod http;
#[path = "../build/bindings/world.rs"]
mod world;

use world::wherever_http_handler::{Exports, Request, Response};

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

struct Component;

impl Exports for Component {
    /// Answers one request. What it prints to stderr goes to the log.
    fn handle(request: Request) -> Response {
        match (request.method.as_str(), request.path()) {
            (_, "/") => page(&request),
            ("POST", "/echo") => Response::new(200, TEXT, request.body),
            _ => Response::new(404, TEXT, "Not found\n"),
        }
    }
}

fn page(request: &Request) -> Response {
    let asked = request.query("name").filter(|name| !name.is_empty());
    let name = asked.unwrap_or("World".to_string());
    // What a visitor has sent is escaped wherever it stands in HTML.
    let [name, method, path] = [&name, &request.method, request.path()].map(http::escaped);
    Response::new(
        200,
        HTML,
        format!(
            "<!doctype html>\n<title>Hello</title>\n<h1>Hello, {name}!</h1>\n<p>{method} {path}</p>\n"
        ),
    )
}
