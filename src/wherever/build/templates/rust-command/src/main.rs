//! Greets whoever is named, or the whole world.

use std::env;

fn main() {
    let names: Vec<String> = env::args().skip(1).collect();
    let whom = if names.is_empty() { "world".to_string() } else { names.join(" and ") };
    println!("Hello, {whom}, from Rust!");
}
