//! wit-bindgen's generators for Rust and C, without what its own command has besides.

use clap::Parser;
use std::path::PathBuf;
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};

#[derive(Parser)]
enum Wanted {
    Rust {
        #[clap(flatten)]
        options: wit_bindgen_rust::Opts,
        #[clap(flatten)]
        place: Place,
    },
    C {
        #[clap(flatten)]
        options: wit_bindgen_c::Opts,
        #[clap(flatten)]
        place: Place,
    },
}

#[derive(Parser)]
struct Place {
    wit: PathBuf,
    #[clap(long)]
    world: String,
    #[clap(long)]
    out_dir: PathBuf,
    #[clap(long)]
    features: Vec<String>,
}

fn main() {
    let (mut generator, place): (Box<dyn WorldGenerator>, Place) = match Wanted::parse() {
        Wanted::Rust { options, place } => (Box::new(options.build()), place),
        Wanted::C { options, place } => (options.build(), place),
    };
    let mut resolve = Resolve::default();
    resolve.features.extend(place.features);
    let (package, _) = resolve.push_path(&place.wit).unwrap();
    let world = resolve.select_world(&[package], Some(&place.world)).unwrap();
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files).unwrap();
    for (name, text) in files.iter() {
        let path = place.out_dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
