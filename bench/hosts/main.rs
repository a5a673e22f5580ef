use border::{Imports, Library, Options, Point};
use std::hint::black_box;
use std::time::{Duration, Instant};

type Call<'a> = Box<dyn Fn() + 'a>;

#[repr(C)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Time) -> i32;
}

/// Seconds of the processor that this process has used.
fn processor() -> f64 {
    let mut now = Time { seconds: 0, nanoseconds: 0 };
    // SAFETY: it writes into the place that it is given; 2 is CLOCK_PROCESS_CPUTIME_ID on Linux.
    unsafe { clock_gettime(2, &mut now) };
    now.seconds as f64 + now.nanoseconds as f64 * 1e-9
}

fn took(call: &Call, count: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..count {
        call();
    }
    begun.elapsed().as_secs_f64()
}

fn turns(work: &str, ways: [(&str, Call); 2]) {
    let often = ways.each_ref().map(|(_, call)| {
        let mut many = 1;
        while took(call, many) < 0.001 {
            many *= 2;
        }
        many * 4
    });
    for _ in 0..7 {
        for ((way, call), many) in ways.iter().zip(often) {
            let cpu = processor();
            let wall = took(call, many) / f64::from(many);
            let cpu = (processor() - cpu) / f64::from(many);
            println!("{work}\t{way}\t{wall:.12}\t{cpu:.12}");
        }
    }
}

#[inline(never)]
fn text(of: &str) -> String {
    of.to_string()
}

#[inline(never)]
fn copied(of: &[u8]) -> Vec<u8> {
    of.to_vec()
}

fn main() {
    let options = Options::new().timeout(Duration::from_secs(60));
    let lib = &Library::open(options, Imports::new().double_(|n| 2 * n)).unwrap();
    let (shorter, longer) = (&"x".repeat(100), &"x".repeat(100_000));
    let bytes: &Vec<u8> = &(0..1 << 20).map(|each| each as u8).collect();
    let floats: &Vec<f64> = &(0..100_000).map(f64::from).collect();
    let points: &Vec<Point> = &(0..1000).map(|n| Point { x: 1.0, y: 2.0, n }).collect();
    let twice: &dyn Fn(u32) -> u32 = black_box(&|n| 2 * n);
    macro_rules! work {
        ($work:literal, $ours:expr, $plain:expr) => {
            turns($work, [
                ("ours", Box::new(|| drop(black_box($ours)))),
                ("plain", Box::new(|| drop(black_box($plain)))),
            ])
        };
    }
    work!("no arguments", lib.nothing().unwrap(), black_box(()));
    work!("two integers", lib.add(1, 2).unwrap(), black_box(1u32) + black_box(2));
    work!("text of 100 bytes", lib.text(shorter).unwrap(), text(shorter));
    work!("text of 100 KB", lib.text(longer).unwrap(), text(longer));
    work!("1 MiB of bytes", lib.bytes(bytes).unwrap(), copied(bytes));
    work!("100,000 floats", lib.sum(floats).unwrap(), black_box(floats).iter().sum::<f64>());
    work!(
        "1,000 records",
        lib.points(points).unwrap(),
        black_box(points).iter().fold(0u32, |sum, each| sum.wrapping_add(each.n))
    );
    work!("a callback", lib.callback(21).unwrap(), twice(black_box(21)));
}
