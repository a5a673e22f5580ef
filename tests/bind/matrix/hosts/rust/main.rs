//! What a market tells a program in Rust.
use market::*;
use std::time::Duration;

fn some(name: &str, count: u32) -> Item {
    Item { name: name.into(), count, size: None, service: Service::empty() }
}

fn shown(item: &Item) -> String {
    let size = match item.size {
        None => "no size",
        Some(Size::Small) => "small",
        Some(Size::VeryLarge) => "very-large",
    };
    let mut text = format!("{} {}, {size}", item.count, item.name);
    for (word, service) in
        [(", gift-wrapped", Service::GIFT_WRAPPED), (", by-post", Service::BY_POST)]
    {
        if item.service.contains(service) {
            text += word;
        }
    }
    text
}

fn all(items: &[Item]) -> String {
    let words: Vec<String> = items.iter().map(shown).collect();
    words.join("; ")
}

fn shape(shape: Shape) -> String {
    match shape {
        Shape::Dot => "dot".into(),
        Shape::Square(side) => format!("square {side}"),
        Shape::Box((width, height)) => format!("box {width} by {height}"),
    }
}

fn cost(got: Result<u64, Failure<Trouble>>) -> String {
    match got {
        Ok(cost) => cost.to_string(),
        Err(Failure::Returned(Trouble::Empty)) => "empty".into(),
        Err(Failure::Returned(Trouble::TooMuch)) => "too-much".into(),
        Err(Failure::Returned(Trouble::Priceless(Missing { name, reason }))) => {
            format!("priceless {name}: {reason}")
        }
        Err(Failure::Broken(error)) => error.to_string(),
    }
}

fn line(label: &str, text: &str) {
    println!("{}", format!("{label}: {text}").trim_end());
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|each| format!("{each:02x}")).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let imports = Imports::new().price(|name| match name.as_str() {
        "tea" => Ok(250),
        "gold" => Ok(900000000001),
        _ => Err(format!("we have no {name}")),
    });
    let lib = Library::open(Options::new().timeout(Duration::from_secs(30)), imports)?;
    line("greet someone", &lib.greet(Some("Zażółć 🙂"))?);
    line("greet nobody", &lib.greet(None)?);
    line("greet no letters", &lib.greet(Some(""))?);
    let words: Vec<String> =
        lib.words("one  żółć 🙂 ")?.iter().map(|each| format!("[{each}]")).collect();
    line("words", &words.join(" "));
    let among = ["a", "", "żółć", "żółć"].map(String::from);
    line("find", &format!("{}", lib.find(&among, "żółć")?.unwrap()));
    line("find nothing", if lib.find(&[], "")?.is_none() { "none" } else { "some" });
    line("reverse", &hex(&lib.reverse(&[255, 2, 1, 0, 128, 254])?));
    line("reverse nothing", &hex(&lib.reverse(&[])?));
    let much: Vec<u8> = (0..100_000).map(|at| (at % 251) as u8).collect();
    let much = lib.reverse(&much)?;
    line("reverse much", &format!("{} bytes, {} at 10", much.len(), much[10]));
    line("sum", &lib.sum(&[1 << 62, -3, 4])?.to_string());
    line("sum of the least", &lib.sum(&[i64::MIN])?.to_string());
    line("sum of nothing", &lib.sum(&[])?.to_string());
    line("mean", &lib.mean(&[1.5, 2.25, 3.0])?.unwrap().to_string());
    line("mean of nothing", if lib.mean(&[])?.is_none() { "none" } else { "some" });
    line("number", &lib.number("123456789")?.to_string());
    if let Err(Failure::Returned(error)) = lib.number("12x") {
        line("no number", &error);
    }
    let once = lib.change(&Item { service: Service::GIFT_WRAPPED, ..some("tea", 2) })?;
    line("change", &shown(&once));
    line("change again", &shown(&lib.change(&once)?));
    let back = lib.change(&Item { size: Some(Size::VeryLarge), ..some("żółć", 0) })?;
    line("change back", &shown(&back));
    let third = Item { size: Some(Size::Small), ..some("c", 3) };
    line("sorted", &all(&lib.sorted(&[some("a", 2), some("b", 3), third])?));
    line("sorted nothing", &all(&lib.sorted(&[])?));
    let areas = [Shape::Dot, Shape::Square(2.5), Shape::Box((1.5, 2.0))]
        .map(|each| lib.area(&each).unwrap().to_string());
    line("area", &areas.join(", "));
    let stretched =
        [(Shape::Dot, 1.5), (Shape::Square(2.0), 1.5), (Shape::Box((4.0, 0.25)), 2.5)]
            .map(|(each, by)| shape(lib.stretch(&each, by).unwrap()));
    line("stretch", &stretched.join(", "));
    line("cost", &cost(lib.cost(&some("tea", 2))));
    line("cost beyond 32 bits", &cost(lib.cost(&some("gold", 1))));
    line("cost of what is not there", &cost(lib.cost(&some("silk", 1))));
    line("cost of too much", &cost(lib.cost(&some("gold", 2))));
    let ann = Basket::new(&lib, "Ann")?;
    line("empty basket", &cost(ann.total()));
    let tea =
        Item { size: Some(Size::VeryLarge), service: Service::BY_POST, ..some("tea", 2) };
    line("put", &format!("{}, {}", ann.put(&tea)?, ann.put(&some("gold", 1))?));
    line("items", &all(&ann.items()?));
    line("total", &cost(ann.total()));
    let bob = Basket::new(&lib, "Bob")?;
    bob.put(&some("silk", 1))?;
    line("other total", &cost(bob.total()));
    line("fuller", &lib.fuller(&bob, &ann)?);
    let both = Basket::merge(&lib, &ann, &bob)?;
    line("merged", &both.label()?);
    drop(both);
    drop(bob);
    // `bob` is dropped, and `ann` moves below: the compiler refuses to use them.
    line("closed", "refused");
    line("gone", &lib.gone()?.to_string());
    line("sold", &lib.sell(ann)?);
    line("given away", "refused");
    line("gone when sold", &lib.gone()?.to_string());
    Ok(())
}
