//! Makes addresses of titles, and counts what is in a text.

#[path = "../build/bindings/world.rs"]
mod world;

use world::my_text::Counts;

struct Component;

impl world::my_text::Exports for Component {
    fn slug(title: String) -> String {
        let words = title.split(|letter: char| letter.is_ascii() && !letter.is_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        words.join("-").to_lowercase()
    }

    fn count(text: String) -> Counts {
        let words: Vec<_> = text.split_whitespace().collect();
        let letters: usize = words.iter().map(|word| word.len()).sum();
        Counts {
            words: words.len() as u32,
            letters: letters as u32,
        }
    }
}

/// What `wherever run .` shows, and `wherever test` compares.
impl world::wasi_cli_run::Exports for Component {
    fn run() -> Result<(), ()> {
        use world::my_text::Exports;
        let title = "Hello, Rust library!".to_string();
        let counts = Component::count(title.clone());
        println!("{}", Component::slug(title));
        println!("{} words, {} letters", counts.words, counts.letters);
        Ok(())
    }
}
