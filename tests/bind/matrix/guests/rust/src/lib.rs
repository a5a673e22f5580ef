#[path = "../build/bindings/world.rs"]
mod world;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use world::Own;
use world::lab_market::{BasketExports, Exports, Item, Missing, Service, Shape, Size, Trouble};
use world::lab_market_host::price;

const MOST: u64 = 1_000_000_000_000;
static GONE: AtomicU32 = AtomicU32::new(0);

struct Component;

struct Basket {
    owner: String,
    things: RefCell<Vec<Item>>,
}

impl Drop for Basket {
    fn drop(&mut self) {
        GONE.fetch_add(1, Ordering::Relaxed);
    }
}

fn fitting(cost: u64) -> Result<u64, Trouble> {
    if cost > MOST { Err(Trouble::TooMuch) } else { Ok(cost) }
}

impl Exports for Component {
    type Basket = Basket;

    fn greet(name: Option<String>) -> String {
        format!("hello, {}!", name.as_deref().unwrap_or("nobody"))
    }

    fn words(text: String) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn find(words: Vec<String>, word: String) -> Option<u32> {
        words.iter().position(|each| *each == word).map(|at| at as u32)
    }

    fn reverse(data: Vec<u8>) -> Vec<u8> {
        data.into_iter().rev().collect()
    }

    fn sum(values: Vec<i64>) -> i64 {
        values.into_iter().fold(0, i64::wrapping_add)
    }

    fn mean(values: Vec<f64>) -> Option<f64> {
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    fn number(text: String) -> Result<u32, String> {
        let is_number = text.len() <= 9 && text.bytes().all(|letter| letter.is_ascii_digit());
        let found = text.parse().ok().filter(|_| is_number);
        found.ok_or_else(|| format!("\"{text}\" is no number"))
    }

    fn change(item: Item) -> Item {
        let size = match item.size {
            None => Some(Size::Small),
            Some(Size::Small) => Some(Size::VeryLarge),
            Some(Size::VeryLarge) => None,
        };
        let service = Service(item.service.0 ^ (Service::GIFT_WRAPPED | Service::BY_POST));
        Item { count: item.count * 2, size, service, ..item }
    }

    fn sorted(mut items: Vec<Item>) -> Vec<Item> {
        items.sort_by_key(|item| std::cmp::Reverse(item.count));
        items
    }

    fn area(shape: Shape) -> f64 {
        match shape {
            Shape::Dot => 0.0,
            Shape::Square(side) => side * side,
            Shape::Box((width, height)) => width * height,
        }
    }

    fn stretch(shape: Shape, by: f64) -> Shape {
        match shape {
            Shape::Dot => Shape::Square(by),
            Shape::Square(side) => Shape::Box((side * by, side)),
            Shape::Box((width, height)) => Shape::Box((width * by, height)),
        }
    }

    fn cost(item: Item) -> Result<u64, Trouble> {
        match price(item.name.clone()) {
            Ok(price) => fitting(price * u64::from(item.count)),
            Err(reason) => Err(Trouble::Priceless(Missing { name: item.name, reason })),
        }
    }

    fn fuller(one: &Basket, other: &Basket) -> String {
        let more = one.things.borrow().len() >= other.things.borrow().len();
        if more { one.label() } else { other.label() }
    }

    fn sell(basket: Own<Basket>) -> String {
        basket.into_inner().label()
    }

    fn gone() -> u32 {
        GONE.load(Ordering::Relaxed)
    }
}

impl BasketExports for Basket {
    fn new(owner: String) -> Self {
        Basket { owner, things: RefCell::default() }
    }

    fn put(&self, item: Item) -> u32 {
        let mut things = self.things.borrow_mut();
        things.push(item);
        things.len() as u32
    }

    fn items(&self) -> Vec<Item> {
        self.things.borrow().clone()
    }

    fn total(&self) -> Result<u64, Trouble> {
        let things = self.things.borrow();
        if things.is_empty() {
            return Err(Trouble::Empty);
        }
        let costs = things.iter().cloned().map(Component::cost);
        fitting(costs.sum::<Result<u64, Trouble>>()?)
    }

    fn merge(first: &Basket, second: &Basket) -> Own<Basket> {
        let made = Basket::new(format!("{} and {}", first.owner, second.owner));
        for from in [first, second] {
            made.things.borrow_mut().extend(from.items());
        }
        made.into()
    }

    fn label(&self) -> String {
        format!("{} has {}", self.owner, self.things.borrow().len())
    }
}
