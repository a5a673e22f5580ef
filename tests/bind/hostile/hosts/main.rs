//! How each attack ends in Rust.
use hostile::*;
use std::time::Duration;

struct Given;

impl HostSink for Given {
    fn write(&self, text: String) -> u32 {
        text.len() as u32
    }
}

type Attack = Box<dyn Fn(&Library) -> Result<(), Error>>;

fn opened() -> Library {
    let options = Options::new().timeout(Duration::from_secs(1)).memory_limit(16 << 20);
    let imports = Imports::new().note(|text| text.len() as u32).name(|| "a host".into());
    Library::open(options, imports).unwrap()
}

fn how(found: Result<(), Error>) -> &'static str {
    match found {
        Ok(()) => "not refused",
        Err(error) if error.kind() == ErrorKind::Timeout => "out of time",
        Err(_) => "an error",
    }
}

fn ended(library: &Library) -> String {
    match library.well("fine") {
        Ok(text) => format!("goes on: {text}"),
        Err(error) if error.kind() == ErrorKind::Ended => "ended".into(),
        Err(error) => error.to_string(),
    }
}

fn main() {
    macro_rules! calls {
        ($($label:literal $name:ident)*) => {
            vec![$(($label.to_string(), Box::new(|lib: &Library| lib.$name().map(|_| ())) as Attack)),*]
        };
    }
    let mut attacks = calls! {
        "trap" trap "zero" zero "spin" spin "recurse" recurse "grow" grow "wild-read" wild_read
        "wild-write" wild_write "wild-call" wild_call "far-string" far_string
        "long-string" long_string "torn-string" torn_string "surrogate" surrogate
        "far-list" far_list "wrapping-list" wrapping_list "odd-list" odd_list
        "far-result" far_result "odd-result" odd_result "inner-string" inner_string "bomb" bomb
        "bad-enum" bad_enum "bad-option" bad_option
    };
    attacks.push((
        "bad-case".into(),
        Box::new(|lib| match lib.bad_case() {
            Err(Failure::Broken(error)) => Err(error),
            _ => Ok(()),
        }),
    ));
    attacks.extend(calls! {
        "bad-variant" bad_variant "bad-char" bad_char "half-char" half_char "forged" forged
        "given-twice" given_twice "dropped-twice" dropped_twice "not-there" not_there
        "late-call" late_call "tell-far" tell_far "tell-torn" tell_torn "tell-nobody" tell_nobody
    });
    let mut add = |label: &str, attack: Attack| attacks.push((label.into(), attack));
    add("confused", Box::new(|lib| lib.confused(&Given).map(|_| ())));
    add("kept borrow", Box::new(|lib| lib.kept_borrow(&Given)));
    add("late borrow", Box::new(|lib| {
        lib.lent(&Given)?;
        lib.late_borrow().map(|_| ())
    }));
    add("owned twice", Box::new(|lib| lib.owned_twice(Box::new(Given)).map(|_| ())));
    for (number, way) in (1..).zip(["far", "odd", "endless", "trapping", "calling"]) {
        add(&format!("{way} room"), Box::new(move |lib| {
            lib.sly(number)?;
            lib.take(&[1, 2, 3]).map(|_| ())
        }));
        if way == "odd" {
            continue; // which no string can be
        }
        add(&format!("{way} room for the host"), Box::new(move |lib| {
            lib.sly(number)?;
            lib.ask().map(|_| ())
        }));
    }
    add("trapping destructor", Box::new(|lib| Thing::new(lib, 13).map(drop)));
    add("endless destructor", Box::new(|lib| Thing::new(lib, 14).map(drop)));

    let first = opened();
    for (label, attack) in attacks {
        let library = opened();
        let end = how(attack(&library));
        let after = ended(&library);
        // No language's destructors can tell how they ended.
        let told = if label.ends_with("destructor") { String::new() } else { format!("{end}, ") };
        println!("{label}: {told}{after}, then {}", opened().well("fine").unwrap());
    }
    println!("the first: {}", first.well("fine").unwrap());
}
