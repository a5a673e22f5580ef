//! Calls everything of the crate `every`, and says what comes of it.
use every::*;
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

static SINKS: AtomicI32 = AtomicI32::new(0);
static ANSWER: AtomicI32 = AtomicI32::new(0);

struct Sink {
    name: String,
    bytes: Mutex<u32>,
}

impl Sink {
    fn new(name: String) -> Sink {
        SINKS.fetch_add(1, SeqCst);
        Sink { name, bytes: Mutex::new(0) }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        SINKS.fetch_sub(1, SeqCst);
    }
}

impl HostSink for Sink {
    fn write(&self, data: Vec<u8>) -> u32 {
        let mut bytes = self.bytes.lock().unwrap();
        *bytes += data.len() as u32;
        *bytes
    }
}

fn of<T>(got: Result<T, Error>) -> String {
    match got {
        Ok(_) => "nothing".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(_) => "nothing".to_owned(),
        Err(thrown) => match thrown.downcast::<Error>() {
            Ok(error) => format!("{:?}", error.kind()),
            Err(thrown) => thrown.downcast_ref::<&str>().unwrap_or(&"?").to_string(),
        },
    }
}

fn colour(colour: ValuesColour) -> String {
    format!("{colour:?}").to_lowercase()
}

fn shape(shape: ValuesShape) -> String {
    match shape {
        ValuesShape::Empty => "empty".to_owned(),
        ValuesShape::Circle(radius) => format!("circle {radius}"),
        ValuesShape::Box((a, b)) => format!("box {} {} {} {}", a.x, a.y, b.x, b.y),
        ValuesShape::Label(text) => format!("label {text}"),
        ValuesShape::Tint(tint) => format!("tint {}", colour(tint)),
    }
}

fn odd(odd: ValuesOdd) -> String {
    match odd {
        ValuesOdd::A(each) => format!("a {each}"),
        ValuesOdd::B(each) => format!("b {each}"),
        ValuesOdd::C(each) => format!("c {each}"),
        ValuesOdd::D(each) => {
            let words: Vec<String> = each.iter().map(u16::to_string).collect();
            format!("d {}", words.join(" "))
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::panic::set_hook(Box::new(|_| ()));
    let printed = Arc::new(Mutex::new(String::new()));
    let into = printed.clone();
    let itself = Arc::new(OnceLock::<Library>::new());
    let within = itself.clone();
    let imports = Imports::new()
        .sink_new(|name| Box::new(Sink::new(name)))
        .log(move |_, text| {
            match ANSWER.load(SeqCst) {
                1 => panic!("no disk"),
                2 => {
                    if let Err(error) = within.get().unwrap().values().add(1, 2) {
                        std::panic::panic_any(error);
                    }
                }
                _ => (),
            }
            if text.len() > 3 {
                return Err(format!("{} are too many", text.len()));
            }
            Ok(7)
        })
        .pick(|from| from.last().cloned());
    let options = Options::new()
        .memory_limit(64 << 20)
        .output(move |_, text| into.lock().unwrap().push_str(text));
    let library = Library::open(options, imports)?;
    itself.set(library.clone()).ok();
    let (v, h) = (library.values(), library.hostile());

    println!("string: {}", v.echo_string("grüß dich 🌍")?);
    println!("no letters:{}", v.echo_string("")?);
    let big: Vec<u8> = (0..1 << 20).map(|at: u32| (at * 7) as u8).collect();
    let bytes = v.echo_bytes(&big)?;
    println!("bytes: {}, {}", bytes.len(), bytes[bytes.len() - 1]);
    let mixed = ValuesMixed {
        flag: true,
        small: 200,
        wide: u64::MAX,
        ratio: 1.5,
        exact: -0.25,
        letter: '\u{1f60d}',
        name: "name".to_owned(),
        where_: ValuesPoint { x: -3, y: i32::MIN },
    };
    let back = v.echo_mixed(&mixed)?;
    assert_eq!(back, mixed);
    println!(
        "mixed: {} {} {} {} {} {} {} {} {}",
        back.flag, back.small, back.wide, back.ratio, back.exact, back.letter as u32, back.name,
        back.where_.x, back.where_.y
    );
    println!("colour: {}", colour(v.echo_colour(ValuesColour::Blue)?));
    let rights = v.echo_rights(ValuesRights::READ | ValuesRights::RUN)?;
    let all = [("read", ValuesRights::READ), ("write", ValuesRights::WRITE), ("run", ValuesRights::RUN)];
    let some: Vec<&str> =
        all.iter().filter(|each| rights.contains(each.1)).map(|each| each.0).collect();
    println!("rights: {}", some.join(" "));
    let (one, two) = (ValuesPoint { x: 1, y: 2 }, ValuesPoint { x: 3, y: 4 });
    let shapes = [
        ValuesShape::Empty,
        ValuesShape::Circle(2.5),
        ValuesShape::Box((one, two)),
        ValuesShape::Label("here".to_owned()),
        ValuesShape::Tint(ValuesColour::Green),
    ];
    let told: Result<Vec<String>, Error> =
        shapes.iter().map(|each| Ok(shape(v.echo_shape(each)?))).collect();
    println!("shapes: {}", told?.join(", "));
    let odds = [
        ValuesOdd::A(-0.25),
        ValuesOdd::B(1 << 63),
        ValuesOdd::C("odd".to_owned()),
        ValuesOdd::D(vec![1, 2, 65535]),
    ];
    let told: Result<Vec<String>, Error> =
        odds.iter().map(|each| Ok(odd(v.echo_odd(each)?))).collect();
    println!("odd: {}", told?.join(", "));
    let floats = v.echo_floats(&[0.5, f64::NAN, f64::NEG_INFINITY])?;
    let second = if floats[1].is_nan() { "nan" } else { "a number" };
    println!("floats: {}, {}, {second}", floats.len(), floats[0]);
    let points = v.echo_points(&[ValuesPoint { x: 1, y: -1 }, ValuesPoint { x: 2, y: -2 }])?;
    println!("points: {} {}, {} {}", points[0].x, points[0].y, points[1].x, points[1].y);
    println!("names: {}", v.echo_names(&["a".into(), "".into(), "ccc".into()])?.join(","));
    let nested = v.echo_nested(&[vec![Some("in".to_owned()), None], vec![]])?;
    assert!(nested[0][1].is_none() && nested[1].is_empty());
    println!("nested: [{} none] []", nested[0][0].as_ref().unwrap());
    let some = v.echo_option(Some(Some(9)))?.flatten().unwrap();
    let none = if v.echo_option(Some(None))? == Some(None) { "some none" } else { "?" };
    let nothing = if v.echo_option(None)?.is_none() { "none" } else { "?" };
    println!("option: some {some}, {none}, {nothing}");
    println!("divide: {}", v.divide(i64::MIN, 2)?);
    match v.divide(1, 0) {
        Err(Failure::Returned(error)) => println!("divide by zero: {error}"),
        other => println!("divide by zero: {other:?}"),
    }
    v.check(true)?;
    match v.check(false) {
        Err(Failure::Returned(error)) => println!("check: {}", colour(error)),
        other => println!("check: {other:?}"),
    }
    let many = v.many(1, -2, 3, -4, 5, -6, 7, -8, 0.5, 0.25, true, 'l', "m", "nn", 15)?;
    println!("many: {many}");
    v.nothing()?;
    v.say("hello")?;
    print!("printed: {}", printed.lock().unwrap());
    println!("ask: {}", v.ask("one")?);
    println!("ask too much: {}", v.ask("three")?);
    let picked = v.choose(&["a".into(), "b".into()])?.unwrap();
    println!("choose: {picked}, {}", if v.choose(&[])?.is_none() { "none" } else { "?" });
    println!("store: {}", v.store("file", b"abc")?);
    let mine: Box<dyn HostSink> = Box::new(Sink::new("mine".to_owned()));
    println!("feed: {}", v.feed(&*mine, b"abcd")?);
    let mine: Box<dyn Any> = v.give_back(mine)?;
    let mine = mine.downcast::<Sink>().unwrap();
    println!("given back: {}", mine.name);
    drop(mine);
    println!("sinks left: {}", SINKS.load(SeqCst));
    ANSWER.store(1, SeqCst);
    println!("callback: {}", panic_of(|| v.ask("x")));
    println!("ended: {}", of(v.ask("x")));
    library.reset()?;
    ANSWER.store(2, SeqCst);
    println!("callback again: {}", panic_of(|| v.ask("x")));
    library.reset()?;
    ANSWER.store(0, SeqCst);

    let one = ValuesCounter::new(&library, 5)?;
    let other = ValuesCounter::new(&library, 10)?;
    print!("counters: {} {} ", one.up(2)?, one.peek(&other)?);
    let both = ValuesCounter::merge(&library, one, other)?;
    println!("{}", both.up(0)?);
    // The compiler refuses to use `one` again, which moved.
    println!("given away: {}", "Argument");
    print!("alive: {}", v.live()?);
    drop(both);
    println!(" {}", v.live()?);
    let old = ValuesCounter::new(&library, 1)?;
    library.reset()?;
    let _fresh = ValuesCounter::new(&library, 1)?;
    println!("before a reset: {}", of(old.up(1)));

    println!("trap: {}", of(h.trap()));
    library.reset()?;
    println!("zero: {}", of(h.zero(1)));
    library.reset()?;
    library.set_timeout(Duration::from_millis(50))?;
    println!("spin: {}", of(h.spin()));
    library.reset()?;
    library.set_timeout(Duration::ZERO)?;
    let interrupted = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            library.interrupt();
        });
        h.spin()
    });
    println!("interrupted: {}", of(interrupted));
    library.reset()?;
    println!("recurse: {}", of(h.recurse(1 << 30)));
    library.reset()?;
    println!("hoard: {}", if h.hoard()? < 64 << 20 { "limited" } else { "?" });
    library.reset()?;
    println!("far string: {}", of(h.far_string()));
    library.reset()?;
    println!("long string: {}", of(h.long_string()));
    library.reset()?;
    println!("bad string: {}", of(h.bad_string()));
    library.reset()?;
    println!("many strings: {}", of(h.many_strings()));
    library.reset()?;
    println!("bad case: {}", of(h.bad_case()));
    library.reset()?;
    println!("bad char: {}", of(h.bad_char()));
    library.reset()?;
    println!("bad handle: {}", of(h.bad_handle()));
    library.reset()?;
    println!("leave: {}", of(h.leave(3)));
    library.reset()?;
    println!("wild: {}", of(h.wild_write(0x7fffffff)));
    library.reset()?;
    let counter = ValuesCounter::new(&library, 0)?;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..2000).for_each(|_| drop(counter.up(1))));
        }
    });
    println!("threads: {}", counter.up(0)?);
    Ok(())
}
