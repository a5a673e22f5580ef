//! Finds the library's code, as `wherever bind` compiled it, in `native/lib`; for other machines it
//! compiles the C there. `CC` and `AR` name other tools than `cc` and `ar`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::{env, fs};

const FLAGS: &[&str] = &[FLAGS_HERE];

fn main() {
    println!("cargo:rerun-if-changed=native");
    println!("cargo:rerun-if-env-changed=CC");
    println!("cargo:rerun-if-env-changed=AR");
    let native = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("native");
    let ready = native.join("lib").join(env::var("TARGET").unwrap());
    let place = if ready.join("libLIB.a").is_file() { ready } else { compiled(&native) };
    println!("cargo:rustc-link-search=native={}", place.display());
    println!("cargo:rustc-link-lib=static=LIB");
    println!("cargo:rustc-link-lib=m");
    println!("cargo:rustc-link-lib=pthread");
}

fn compiled(native: &Path) -> PathBuf {
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    let mut sources: Vec<PathBuf> = fs::read_dir(native)
        .expect("the folder of the library's C is not there")
        .map(|each| each.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "c"))
        .collect();
    sources.sort();
    let jobs = env::var("NUM_JOBS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for some in sources.chunks(jobs) {
        let running: Vec<Child> = some.iter().map(|source| compile(source, native, &out)).collect();
        for mut each in running {
            assert!(each.wait().unwrap().success(), "the C compiler refused the library");
        }
    }
    let archive = out.join("libLIB.a");
    let _ = fs::remove_file(&archive);
    let objects = sources.iter().map(|source| object(source, &out));
    let done = tool("AR", "ar").arg("rcs").arg(&archive).args(objects).status();
    assert!(done.expect("there is no ar: AR names one").success(), "ar failed");
    out
}

fn compile(source: &Path, native: &Path, out: &Path) -> Child {
    let mut command = tool("CC", "cc");
    command.args(FLAGS).arg("-I").arg(native).arg("-c").arg(source).arg("-o");
    let started = command.arg(object(source, out)).spawn();
    started.expect("there is no C compiler: install gcc or clang, or name one in CC")
}

fn object(source: &Path, out: &Path) -> PathBuf {
    out.join(source.file_stem().unwrap()).with_extension("o")
}

fn tool(variable: &str, usual: &str) -> Command {
    let named = env::var(variable).unwrap_or_default();
    let mut words = named.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or(usual));
    command.args(words);
    command
}
